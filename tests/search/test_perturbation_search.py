"""Searches that decide while they run."""

import keras
import numpy as np
import pytest
from small_searches import fitted

import keras_darts as kd
from keras_darts.search import fit_plan
from keras_darts.search.steps import SupernetEvaluator
from keras_darts.testing.small import small_data
from keras_darts.testing.small import small_search

SPACE = kd.search_spaces.darts_cnn(
    2, 1, num_nodes=2, primitives=("none", "skip_connect", "max_pool_3x3")
)
# Five edges, and one node that has one too many.
TUNED = 6


def make_search(space=SPACE, eager=True, **options):
    rule = kd.discretizers.Perturbation(**{"tune_epochs": 1, **options})
    search = kd.DartsSearch(
        space,
        kd.SearchStrategy(discretizer=rule),
        num_classes=2,
        input_shape=(8, 8, 1),
    )
    search.compile(run_eagerly=eager)
    return search


def values(search):
    return [v.numpy() for v in search.variables]


class Cut(keras.callbacks.Callback):
    """Ends a run as if it were killed, in the midst of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


class RunMonitor(keras.callbacks.Callback):
    """Writes down what an epoch begins with."""

    def __init__(self):
        super().__init__()
        self.decided, self.rates, self.momenta = [], [], []

    def on_epoch_begin(self, epoch, logs=None):
        decided, _ = self.model.supernet.arch.decisions("normal")
        optimizer = self.model.optimizer
        self.decided.append(int(decided.sum()))
        self.rates.append(float(optimizer.learning_rate))
        self.momenta.append(
            max(float(abs(m.numpy()).max()) for m in optimizer.momentums)
        )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    search, watch = make_search(), RunMonitor()
    folder = tmp_path_factory.mktemp("perturbation") / "run"
    history = fitted(search, epochs=2, callbacks=[watch], output_dir=folder)
    return search, watch, history, folder


def test_the_epochs_of_the_decisions_follow_those_of_the_user(run):
    _, watch, history, folder = run
    assert history.epoch == list(range(2 + TUNED))
    assert watch.decided == [0, 0, 1, 2, 3, 4, 5, 5]
    rows = (folder / "history.csv").read_text().splitlines()
    assert len(rows) == 1 + 2 + TUNED


def test_the_weights_start_anew_at_a_tenth_of_the_learning_rate(run):
    _, watch, _, _ = run
    assert watch.rates[0] == pytest.approx(0.025)
    assert watch.rates[2:] == pytest.approx([0.0025] * TUNED)
    assert watch.momenta[1] > 0 and watch.momenta[3] > 0
    assert watch.momenta[0] == watch.momenta[2] == 0


def test_the_genotype_is_what_the_mixing_weights_say_at_the_end(run):
    search, _, _, _ = run
    mixing = search.supernet.arch(training=True)
    for cell_type, spec in SPACE.cells.items():
        decided, rows = search.supernet.arch.decisions(cell_type)
        assert decided.all()
        np.testing.assert_array_equal(mixing[cell_type].weights, rows)
        np.testing.assert_array_equal(np.sort(rows.sum(1)), [0, 1, 1, 1, 1])
        kept = {
            (spec.primitives[edge][int(np.argmax(row))], *spec.edges[edge])
            for edge, row in enumerate(rows)
            if row.any()
        }
        nodes = search.genotype().nodes(cell_type)
        assert kept == {
            (name, node, source)
            for node, pairs in enumerate(nodes, start=2)
            for name, source in pairs
        }


def test_a_run_that_was_cut_decides_as_one_that_was_not(run, tmp_path):
    whole = run[0]
    with pytest.raises(KeyboardInterrupt):
        fitted(make_search(), epochs=2, output_dir=tmp_path, callbacks=[Cut(5)])
    resumed = make_search()
    fitted(resumed, epochs=2, resume_from=tmp_path)
    assert resumed.genotype() == whole.genotype()
    for one, other in zip(values(resumed), values(whole), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_supernet_of_which_something_is_decided_is_not_extended(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        fitted(make_search(), epochs=1, output_dir=tmp_path, callbacks=[Cut(3)])
    with pytest.raises(ValueError, match="`epochs` must stay.*Received"):
        fitted(make_search(), epochs=6, resume_from=tmp_path)


def test_a_second_fit_decides_anew():
    search, watch = make_search(tune_epochs=0), RunMonitor()
    fitted(search, epochs=1)
    fitted(search, epochs=1, callbacks=[watch])
    assert watch.decided == [0, 5]


def test_trials_leave_weights_as_they_are_and_move_no_state():
    search = make_search()
    fitted(search, epochs=1)
    arch = search.supernet.arch
    arch.forget_decisions()
    images = np.random.default_rng(1).normal(size=(4, 8, 8, 1))
    batch = images.astype("float32"), np.arange(4) % 2
    trials = SupernetEvaluator(search, lambda epoch, count: [batch])
    # The one cell is a reduction cell.
    before, whole = values(search), trials(0)
    row = np.array(arch(training=False)["reduce"].weights)[0]
    with arch.tried("reduce", 0, row):
        assert trials(0) == whole
    row[1] = 0.0
    with arch.tried("reduce", 0, row):
        weights = np.array(arch(training=True)["reduce"].weights)
        np.testing.assert_array_equal(weights[0], row)
        assert weights[0].sum() < 0.9
        assert trials(0) != whole
    for one, other in zip(values(search), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_graph_decides_as_python_does_and_is_traced_once(run, monkeypatch):
    made = []

    def remembered(*arguments):
        made.append(SupernetEvaluator(*arguments))
        return made[-1]

    monkeypatch.setattr(fit_plan, "SupernetEvaluator", remembered)
    search = make_search(eager=False)
    fitted(search, epochs=2)
    assert search.genotype() == run[0].genotype()
    assert made[0]._function.experimental_get_tracing_count() == 1


@pytest.mark.parametrize(
    "space",
    [
        kd.search_spaces.nas_bench_201(
            2, 1, num_nodes=2, primitives=("none", "skip_connect")
        ),
        kd.search_spaces.text_cnn(
            2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_1d_3")
        ),
        kd.SearchSpace(
            kd.CellSpec([("skip_connect",), ("none", "max_pool_3x3")]),
            kd.CellSpec(
                [("skip_connect", "max_pool_3x3"), ("skip_connect",)],
                reduction=True,
            ),
            filters=2,
            num_cells=2,
        ),
    ],
    ids=["nas_bench_201", "text_cnn", "candidates_by_edge"],
)
def test_every_kind_of_space_is_decided(space):
    rule = kd.discretizers.Perturbation(0, batches=1)
    search = small_search(space, kd.SearchStrategy(discretizer=rule))
    search.compile(run_eagerly=True)
    history = search.fit(
        *small_data(space),
        batch_size=4,
        epochs=1,
        steps_per_epoch=1,
        verbose=0,
    )
    assert history.epoch == [0, 1]
    for cell_type in space.cells:
        assert search.supernet.arch.decisions(cell_type)[0].all()
    assert search.genotype() == search.genotype()


def test_numbers_are_told_by_the_loss_and_not_by_accuracy():
    def fit(**options):
        search = make_search(tune_epochs=0, **options)
        search = kd.DartsSearch(SPACE, search.strategy, 1, (8, 8, 1))
        search.compile(loss="mse", run_eagerly=True)
        x = np.random.default_rng(0).normal(size=(8, 8, 8, 1))
        y = x.mean(axis=(1, 2))
        search.fit(x, y, batch_size=4, epochs=1, steps_per_epoch=1, verbose=0)
        return search

    assert fit().supernet.arch.decisions("normal")[0].all()
    with pytest.raises(ValueError, match="`criterion` must be 'loss'"):
        fit(criterion="accuracy")


def test_a_recurrent_space_is_refused():
    space = kd.search_spaces.darts_rnn(2, hidden_size=4)
    search = small_search(space, "darts_pt")
    with pytest.raises(ValueError, match="recurrent search space"):
        search.fit(*small_data(space), batch_size=4, epochs=1, verbose=0)
