"""Guards fire at the right epoch, and give back the right architecture."""

import csv
import json
import logging

import keras
import numpy as np
import pytest
from small_searches import EPOCHS
from small_searches import TINY
from small_searches import Script
from small_searches import alphas
from small_searches import driven
from small_searches import fitted
from small_searches import make_search
from small_searches import prefer

import keras_darts as kd
from keras_darts import testing
from keras_darts.search import steps

SKIP, CONV, POOL = "skip_connect", "dil_conv_3x3", "max_pool_3x3"
EDGES = 5


CALLBACKS = [
    kd.callbacks.WeightWarmUp(3),
    kd.callbacks.DecisionMonitor(patience=2),
    kd.callbacks.ScheduleVariable("temperature", kd.schedules.Linear(2.0, 1.0)),
    kd.callbacks.StopOnEigenvalue("adapt", factor=1.5, extra_epochs=2),
    kd.callbacks.StopOnSkipConnects(3, start_epoch=4),
    kd.callbacks.StopOnStableRanking(7, compare="order"),
]


@pytest.mark.parametrize("callback", CALLBACKS, ids=lambda c: type(c).__name__)
def test_a_callback_comes_back_from_its_config(callback):
    testing.run_config_test(callback)
    strategy = kd.SearchStrategy(callbacks=[callback])
    config = json.loads(json.dumps(strategy.get_config()))
    (again,) = kd.SearchStrategy.from_config(config).callbacks
    (clone,) = strategy.clone().callbacks
    for copy in (again, clone):
        assert type(copy) is type(callback)
        assert copy is not callback
        assert copy.get_config() == callback.get_config()


# Skip-connects


def skips_from(start):
    """A cell with one skip-connect, and with three from an epoch on."""

    def script(search, epoch):
        prefer(search, *[SKIP] * 3 if epoch >= start else [POOL, SKIP])
        # The other cell tells epochs apart.
        search.arch_variables[1].assign(np.full((EDGES, 2), epoch, "float32"))

    return script


def test_skip_connects_give_back_the_epoch_before():
    guard = kd.callbacks.StopOnSkipConnects(2)
    search = make_search()
    assert driven(guard, skips_from(7), search=search) == 7
    assert guard.restored_epoch == 6
    assert search.genotype().num_skip_connects("normal") < 2
    np.testing.assert_array_equal(search.arch_variables[1].numpy(), 6.0)
    assert "stopped after epoch 7" in search.stop_reason
    assert "epoch 6" in guard.stop_reason


@pytest.mark.parametrize(
    ("settings", "last"),
    [
        ({"max_skip_connects": 2}, 7),
        ({"max_skip_connects": 5}, 49),
        ({"max_skip_connects": 2, "start_epoch": 8}, 49),
    ],
)
def test_skip_connects_stop_where_their_number_says(settings, last):
    guard = kd.callbacks.StopOnSkipConnects(**settings)
    assert driven(guard, skips_from(7)) == last
    assert (guard.stop_reason is None) == (last == 49)


def test_too_many_from_the_begin_stop_nothing_until_there_were_fewer():
    def script(search, epoch):
        prefer(search, *[SKIP] * 3 if epoch not in (4, 5) else [POOL] * 3)

    guard = kd.callbacks.StopOnSkipConnects(2)
    assert driven(guard, script) == 6
    assert guard.restored_epoch == 5


def test_a_space_without_skip_connects_is_refused():
    space = kd.search_spaces.darts_cnn(2, 2, num_nodes=1, primitives=(POOL,))
    search = make_search(kd.callbacks.StopOnSkipConnects(), space=space)
    with pytest.raises(ValueError, match="StopOnSkipConnects must be used in"):
        fitted(search, epochs=1)


# The ranking


def test_a_stable_ranking_stops_after_so_many_epochs_without_a_change():
    """Pools and skips, which have no weights, may change places."""

    def script(search, epoch):
        prefer(search, *[[SKIP, POOL][epoch % 2]] * 2)

    guard = kd.callbacks.StopOnStableRanking(epochs=3)
    assert driven(guard, script, search=two_convolutions()) == 3
    assert guard.restored_epoch == 2


def two_convolutions():
    space = kd.search_spaces.darts_cnn(
        2, 2, num_nodes=1, primitives=(SKIP, CONV, "sep_conv_3x3", POOL)
    )
    return make_search(space=space)


@pytest.mark.parametrize(
    ("settings", "last"),
    [
        ({"epochs": 6}, 5 + 6),
        ({"epochs": 6, "start_epoch": 10}, 15),
        ({"epochs": 6, "compare": "order"}, 8 + 6),
    ],
)
def test_a_change_begins_the_count_anew(settings, last):
    def script(search, epoch):
        # The first of the convolutions changes at 5, the last of them at 8.
        rows = {5: [9.0, 0.0, 1.0, 0.0], 8: [9.0, 0.0, 2.0, 0.0]}
        first = [9.0, 2.0, 1.0, 0.0]
        row = first if epoch < 5 else rows[5] if epoch < 8 else rows[8]
        if settings.get("compare") == "order" and epoch >= 8:
            row = first
        values = np.tile(row, (2, 1))
        values[:, 3] = epoch
        search.arch_variables[0].assign(values)

    guard = kd.callbacks.StopOnStableRanking(**settings)
    assert driven(guard, script, search=two_convolutions()) == last
    assert guard.restored_epoch == last - 1


def test_epochs_in_which_nothing_moves_do_not_count():
    def script(search, epoch):
        search.arch_variables[0].assign(
            np.full((2, 4), max(0.0, epoch - 15), "float32")
        )

    guard = kd.callbacks.StopOnStableRanking(epochs=2)
    # The warm-up ends with epoch 15; 16 and 17 are the first that move.
    assert driven(guard, script, search=two_convolutions()) == 17


def test_every_activation_of_a_recurrent_cell_is_ranked():
    space = kd.search_spaces.darts_rnn(2, hidden_size=4)
    search = kd.DartsSearch(space, vocabulary_size=7)
    search.compile(run_eagerly=True)
    guard = kd.callbacks.StopOnStableRanking(epochs=2, compare="order")

    def script(search, epoch):
        (alphas,) = search.arch_variables
        alphas.assign((epoch + 1.0) * np.tile([0, 4, 3, 2, 1], (3, 1)))

    assert driven(guard, script, search=search) == 2
    assert guard._present_ranking()[0] == [
        "tanh",
        "relu",
        "sigmoid",
        "identity",
    ]


def test_an_unknown_comparison_names_the_known():
    with pytest.raises(
        ValueError, match="`compare` must be one of best, order"
    ):
        kd.callbacks.StopOnStableRanking(compare="all")


# The eigenvalue


def first_stop(series, epochs=EPOCHS, start=10, factor=1.3):
    """The rule of R-DARTS as the published code computes it, with lists.

    Gives the epoch at which it stops and the one that it returns.
    """
    values, means = [], []
    for epoch in range(epochs - 1):
        if epoch % 2:
            continue
        values.append(series[epoch])
        if len(values) >= 3:
            means.append(np.mean(values[-5:]))
            # means[-1] stands for epoch - 4.
            if epoch - 4 - 8 >= start and means[-1] / means[-5] > factor:
                return epoch, epoch - 12
    return None


def moving(search, epoch):
    for variable in search.arch_variables:
        variable.assign(np.full(variable.shape, epoch, "float32"))


@pytest.fixture
def measured(monkeypatch):
    """Lets a series, by epoch, stand for the measurements; what was asked."""
    asked = []

    def use(series):
        def made_up(search, batch):
            asked.append(batch)
            return float(series[batch])

        monkeypatch.setattr(steps, "largest_eigenvalue", made_up)
        return asked

    return use


def on_series(guard, series, use, epochs=EPOCHS):
    asked = use(series)
    search = make_search()
    valid_batch = lambda epoch: epoch  # noqa: E731

    def script(search, epoch):
        search.valid_batch = valid_batch
        moving(search, epoch)

    return search, driven(guard, script, epochs=epochs, search=search), asked


RISE = np.concatenate([np.full(20, 0.2), 0.2 * 1.05 ** np.arange(40)])


@pytest.mark.parametrize("seed", range(6))
def test_the_eigenvalue_stops_where_the_published_rule_does(measured, seed):
    noise = np.random.default_rng(seed).uniform(0.8, 1.25, len(RISE))
    series = np.roll(RISE, -3 * seed) if seed < 5 else RISE[:1].repeat(60)
    series = series * noise
    guard = kd.callbacks.StopOnEigenvalue()
    search, last, _ = on_series(guard, series, measured)
    expected = first_stop(series)
    if expected is None:
        assert guard.stop_reason is None and last == EPOCHS - 1
        return
    assert (last, guard.restored_epoch) == expected
    for values in alphas(search):
        np.testing.assert_array_equal(values, expected[1])


def test_it_fires_at_an_epoch_that_can_be_counted_by_hand(measured):
    """Ones, and from epoch 20 on twos.

    At epoch 22 the means are 7/5 around 18, of the epochs 14 to 22, and 1
    around 10: their ratio of 1.4 is above 1.3.
    """
    series = np.where(np.arange(60) < 20, 1.0, 2.0)
    guard = kd.callbacks.StopOnEigenvalue()
    search, last, _ = on_series(guard, series, measured)
    assert (last, guard.restored_epoch) == (22, 10)
    np.testing.assert_array_equal(search.arch_variables[0].numpy(), 10.0)
    assert "grown by 1.4" in search.stop_reason


def test_nothing_is_considered_before_epoch_22_or_at_the_last(measured):
    early = np.where(np.arange(60) < 12, 1.0, 2.0)
    early[20:] = 0.1
    for series, epochs in ((early, 50), (RISE, 29)):
        guard = kd.callbacks.StopOnEigenvalue(
            factor=1.2, every=2, start_epoch=10
        )
        _, last, _ = on_series(guard, series, measured, epochs=epochs)
        assert last == epochs - 1
        assert guard.stop_reason is None
    assert first_stop(RISE, factor=1.2) == (28, 16)


def test_it_is_measured_every_second_epoch_and_at_the_last(measured):
    guard = kd.callbacks.StopOnEigenvalue(every=2)
    _, _, asked = on_series(guard, np.ones(60), measured, epochs=10)
    assert asked == [0, 2, 4, 6, 8, 9]
    assert sorted(guard.eigenvalues) == asked


def test_a_resumed_guard_decides_as_one_that_was_never_cut(measured):
    whole = kd.callbacks.StopOnEigenvalue()
    _, last, _ = on_series(whole, RISE, measured)
    second = make_search()
    cut = kd.callbacks.StopOnEigenvalue()
    search = make_search()
    measured(RISE)

    def script(search, epoch):
        search.valid_batch = lambda epoch: epoch
        moving(search, epoch)
        if epoch == 21:
            search.stop_training = True

    driven(cut, script, search=search)
    resumed = kd.callbacks.StopOnEigenvalue()
    resumed.set_state(json.loads(json.dumps(cut.get_state())))

    def rest(search, epoch):
        search.valid_batch = lambda epoch: epoch
        moving(search, epoch)

    assert driven(resumed, rest, first=22, search=second) == last
    assert resumed.restored_epoch == whole.restored_epoch == last - 12
    np.testing.assert_array_equal(second.arch_variables[0].numpy(), last - 12)


@pytest.mark.parametrize(
    ("epochs", "every", "stop"), [(25, 1, (11, 5)), (100, 4, (44, 20))]
)
def test_it_is_in_proportion_in_other_runs(measured, epochs, every, stop):
    """Ones, and twos from where they are in a run of 50 from epoch 20 on."""
    series = np.where(np.arange(101) < epochs * 0.4, 1.0, 2.0)
    guard = kd.callbacks.StopOnEigenvalue()
    _, last, asked = on_series(guard, series, measured, epochs=epochs)
    assert (last, guard.restored_epoch) == stop
    assert asked == list(range(0, last + 1, every))


def test_a_run_too_short_to_compare_is_warned_of(measured, caplog):
    for epochs, short in ((9, True), (10, False)):
        caplog.clear()
        guard = kd.callbacks.StopOnEigenvalue()
        on_series(guard, np.ones(60), measured, epochs=epochs)
        assert ("can't compare" in caplog.text) == short


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mode": "ada"}, "`mode` must be one of adapt, stop"),
        ({"window": 4}, "`window` must be odd"),
        ({"factor": 1.0}, "`factor` must be above 1"),
        ({"every": 0}, "`every` must be an integer of 1 or more"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        kd.callbacks.StopOnEigenvalue(**settings)


# In a search


def rows_of(folder):
    with (folder / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_stopped_search_agrees_with_all_that_it_leaves(tmp_path, caplog):
    script = Script(skips_from(2))
    search = make_search()
    history = fitted(
        search,
        epochs=5,
        callbacks=[script, kd.callbacks.StopOnSkipConnects()],
        output_dir=tmp_path,
    )
    assert history.epoch == [0, 1, 2]
    assert {len(column) for column in history.history.values()} == {3}
    assert [row["epoch"] for row in rows_of(tmp_path)] == ["0", "1", "2"]
    genotype = search.genotype()
    assert genotype.num_skip_connects("normal") == 1
    assert kd.genotypes.load(tmp_path / "genotype.json") == genotype
    drawn = (tmp_path / "cells" / "normal.svg").read_text()
    kd.plot_cell(genotype, "normal", tmp_path / "again.svg")
    assert drawn == (tmp_path / "again.svg").read_text()
    with np.load(tmp_path / "alphas.npz") as saved:
        # The last row is what the search has at its end.
        assert saved["alphas_reduce"][:, 0, 0].tolist() == [0, 1, 1]
    records = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert [r.getMessage() for r in records] == [search.stop_reason]
    # Resumed, it is still a run that was stopped.
    again = make_search()
    guard = kd.callbacks.StopOnSkipConnects()
    history = fitted(again, epochs=5, callbacks=[guard], resume_from=tmp_path)
    assert history.epoch == []
    assert again.stop_reason == search.stop_reason
    assert again.genotype() == genotype
    # A new run of the same search begins without it.
    fitted(again, epochs=1, callbacks=[guard])
    assert again.stop_reason is None


def test_the_eigenvalue_is_a_column_of_the_history(tmp_path):
    guard = kd.callbacks.StopOnEigenvalue(every=2)
    search = make_search(guard, space=TINY)
    column = fitted(search, epochs=3, output_dir=tmp_path).history["eigenvalue"]
    assert len(column) == 3 and np.isfinite(column).all()
    assert column[0] == column[1] != column[2]
    assert [float(row["eigenvalue"]) for row in rows_of(tmp_path)] == column


class Recorder(keras.callbacks.Callback):
    """All variables at the start of each epoch that is run."""

    def __init__(self):
        super().__init__()
        self.seen, self.ends = [], []

    def on_train_begin(self, logs=None):
        self.ends.append(len(self.seen))

    def on_train_end(self, logs=None):
        self.ends.append(len(self.seen))

    def on_epoch_begin(self, epoch, logs=None):
        search = self.model
        groups = (search, search.optimizer, search.arch_optimizer)
        values = [v.numpy() for group in groups for v in group.variables]
        decay = search.optimizer.weight_decay
        self.seen.append((epoch, decay, values))


def adaptive(**settings):
    """Looks back by two epochs, one measurement each."""
    return kd.callbacks.StopOnEigenvalue(
        "adapt",
        every=1,
        window=1,
        delta=2,
        start_epoch=0,
        **{"decay_factor": 10.0, "max_weight_decay": 0.03, **settings},
    )


def grows_until(monkeypatch, decay):
    """Eigenvalues grow by half an epoch below a weight decay."""
    course = []

    def made_up(search, batch):
        course.append(search.optimizer.weight_decay)
        calm = search.optimizer.weight_decay >= decay
        return 1.0 if calm else 1.5 ** len(course)

    monkeypatch.setattr(steps, "largest_eigenvalue", made_up)


def test_a_roll_back_restores_everything_but_the_weight_decay(monkeypatch):
    grows_until(monkeypatch, 2e-3)
    recorder = Recorder()
    search = make_search(adaptive(), space=TINY)
    history = fitted(search, epochs=4, callbacks=[recorder])
    # At epoch 2 it is 2.25 times what it was at epoch 0.
    assert history.epoch == [0, 1, 2, 1, 2, 3]
    assert {len(column) for column in history.history.values()} == {6}
    assert search.stop_reason is None
    epochs, decays, values = zip(*recorder.seen, strict=True)
    assert list(epochs) == history.epoch
    assert recorder.ends == [0, 6]
    assert decays == pytest.approx([3e-4] * 3 + [3e-3] * 3)
    for first, again in zip(values[1], values[3], strict=True):
        np.testing.assert_array_equal(first, again)
    moved = [np.any(a != b) for a, b in zip(values[2], values[4], strict=True)]
    assert any(moved)


def test_the_weight_decay_grows_to_its_bound_and_is_then_left_alone(
    monkeypatch,
):
    grows_until(monkeypatch, 1.0)
    search = make_search(adaptive(), space=TINY)
    history = fitted(search, epochs=4)
    assert history.epoch == [0, 1, 2, 1, 2, 1, 2, 3]
    assert search.optimizer.weight_decay == pytest.approx(3e-2)


class Cut(keras.callbacks.Callback):
    """Lets a run die at the start of a step, after so many."""

    def __init__(self, count):
        super().__init__()
        self.left = count

    def on_train_batch_begin(self, batch, logs=None):
        if not self.left:
            raise InterruptedError
        self.left -= 1


def test_a_run_that_was_cut_as_it_went_back_keeps_all_rows(
    tmp_path, monkeypatch
):
    def search_for(**options):
        grows_until(monkeypatch, 2e-3)
        search = make_search(adaptive(), space=TINY)
        options = {"steps": 2, "checkpoint_minutes": 0, **options}
        return search, fitted(search, epochs=4, **options)

    whole, expected = search_for()
    # As it is decided, and a step later.
    for count in (6, 7):
        run = tmp_path / str(count)
        with pytest.raises(InterruptedError):
            search_for(output_dir=run, callbacks=[Cut(count)])
        resumed, rest = search_for(resume_from=run)
        assert rest.epoch == expected.epoch[3:] == [1, 2, 3]
        for a, b in zip(whole.variables, resumed.variables, strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy(), a.path)
        rows = rows_of(run)
        assert [int(row["epoch"]) for row in rows] == expected.epoch
        losses = [float(row["loss"]) for row in rows]
        assert losses == expected.history["loss"]
        with np.load(run / "alphas.npz") as saved:
            assert len(saved["alphas_normal"]) == len(rows)


def test_going_back_needs_a_weight_decay():
    search = make_search(adaptive(), space=TINY, optimizer="sgd")
    with pytest.raises(ValueError, match="`optimizer` must have a weight dec"):
        fitted(search, epochs=1)
