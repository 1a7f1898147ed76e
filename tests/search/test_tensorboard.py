"""What TensorBoard shows of searches and trainings: each quantity once."""

import collections

import keras
import numpy as np
import pytest
import tensorflow as tf
from less_work import with_pictures
from small_searches import TINY
from small_searches import fitted
from small_searches import make_search

import keras_darts as kd
from keras_darts.supernet import arch_parameters

# Of no registered name, as those of users are.
OWN = kd.search_spaces.darts_cnn(
    2, 3, num_nodes=1, primitives=("skip_connect", "avg_pool_3x3")
)
SCALARS = {
    "accuracy",
    "architecture/loss",
    "architecture/normalized_entropy",
    "architecture/skip_connects",
    "learning_rate/alphas",
    "learning_rate/weights",
    "loss",
    "memory/process_gigabytes",
    "speed/data_wait_fraction",
    "speed/milliseconds_per_step",
}
SHOWN = {
    f"architecture/{name}_{cell_type}"
    for name in ("cell", "heat_map", "mixing_weights")
    for cell_type in ("normal", "reduce")
}
TEXTS = {"architecture/genotype", "config"}


@pytest.fixture(scope="module", autouse=True)
def pictures():
    with with_pictures():
        yield


class Cut(Exception):
    pass


class CutAt(keras.callbacks.Callback):
    """Ends a run as a kill would, in the epoch after so many points."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if self.epoch == 0:
            raise Cut

    def on_epoch_end(self, epoch, logs=None):
        self.epoch -= 1


def points(folder):
    """The values of each run, by tag and step."""
    result = collections.defaultdict(list)
    for file in folder.rglob("*tfevents*"):
        run = file.parent.relative_to(folder).as_posix()
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            for value in event.summary.value:
                result[run, value.tag, event.step].append(value)
    return result


def steps_of(scalars, run, tag):
    return sorted(step for r, t, step in scalars if (r, t) == (run, tag))


def tags(scalars, run):
    return {tag for r, tag, _ in scalars if r == run}


def value(scalars, *key):
    (only,) = scalars[key]
    return float(tf.make_ndarray(only.tensor))


def trained(folder, **options):
    images = np.random.default_rng(0).integers(0, 255, (12, 8, 8, 1), "uint8")
    network = kd.networks.CifarNetwork(
        "darts_v2", 2, 2, 2, auxiliary=False, input_shape=(8, 8, 1)
    )
    network.run_eagerly = True
    data = tf.data.Dataset.from_tensor_slices((images, np.arange(12) % 2))
    recipe = kd.training.small_image_recipe(
        network,
        12,
        mean=(127.0,),
        variance=(5000.0,),
        epochs=3,
        batch_size=6,
    )
    recipe.fit(network, data, data, verbose=0, output_dir=folder, **options)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A search and a training, each cut in its second epoch and resumed."""
    root = tmp_path_factory.mktemp("runs")

    def searched(folder, **options):
        rate = keras.optimizers.Adam(3e-4)
        search = make_search(space=TINY, arch_optimizer=rate)
        fitted(search, epochs=3, steps=2, output_dir=folder, **options)

    scalars = {}
    for name, run in (("search", searched), ("training", trained)):
        with pytest.raises(Cut):
            run(root / name, callbacks=[CutAt(1)])
        run(root / name)
        scalars[name] = points(root / name / "tensorboard")
    return scalars


def test_search_and_training_have_runs_of_their_own(runs):
    for name, scalars in runs.items():
        assert {run for run, _, _ in scalars} == {
            f"{name}/train",
            f"{name}/validation",
        }


def test_each_quantity_is_shown_once_by_one_name(runs):
    scalars = runs["search"]
    assert tags(scalars, "search/train") == {*SCALARS, *SHOWN, *TEXTS}
    assert tags(scalars, "search/validation") == {"accuracy", "loss"}
    ours = {tag for tag in SCALARS if "arch" not in tag and "alph" not in tag}
    scalars = runs["training"]
    assert tags(scalars, "training/train") == {*ours, "config", "genotype"}
    assert tags(scalars, "training/validation") == {"accuracy", "loss"}


def test_a_resumed_run_has_one_point_an_epoch(runs):
    for name, scalars in runs.items():
        assert {len(values) for values in scalars.values()} == {1}
        for part in ("train", "validation"):
            for tag in tags(scalars, f"{name}/{part}") - {"config", "genotype"}:
                assert steps_of(scalars, f"{name}/{part}", tag) == [0, 1, 2], (
                    tag
                )


def test_scalars_say_what_they_mean(runs):
    for scalars in runs.values():
        for (_, tag, step), (only,) in scalars.items():
            if tag in SCALARS and step == 0:
                assert only.metadata.summary_description, tag


def test_undecided_alphas_have_an_entropy_of_one(runs):
    key = ("search/train", "architecture/normalized_entropy", 0)
    assert value(runs["search"], *key) == pytest.approx(1.0, abs=1e-4)


def test_rates_are_those_of_the_epoch(runs):
    key = ("search/train", "learning_rate/weights", 0)
    assert value(runs["search"], *key) == pytest.approx(0.025)
    key = ("search/train", "learning_rate/alphas", 2)
    assert value(runs["search"], *key) == pytest.approx(3e-4)


def test_a_step_takes_some_time_and_memory(runs):
    for name, scalars in runs.items():
        for tag in ("speed/milliseconds_per_step", "memory/process_gigabytes"):
            assert value(scalars, f"{name}/train", tag, 1) > 0.01


def test_an_epoch_is_not_doubled_that_the_checkpoint_does_not_have(tmp_path):
    """What was drawn is older than what the run goes on from."""
    fitted(make_search(space=TINY), epochs=3, output_dir=tmp_path)
    for file in (tmp_path / "checkpoints").glob("*-3*"):
        file.unlink()
    resumed = fitted(make_search(space=TINY), epochs=3, resume_from=tmp_path)
    assert resumed.epoch[-1:] == [2]
    scalars = points(tmp_path / "tensorboard")
    assert {len(values) for values in scalars.values()} == {1}
    assert steps_of(scalars, "search/train", "loss") == [0, 1, 2]


def test_a_file_that_was_cut_in_a_record_goes_on(tmp_path):
    fitted(make_search(space=TINY), epochs=2, output_dir=tmp_path)
    (file,) = (tmp_path / "tensorboard" / "search" / "train").iterdir()
    file.write_bytes(file.read_bytes()[:-7])
    fitted(make_search(space=TINY), epochs=3, resume_from=tmp_path)
    scalars = points(tmp_path / "tensorboard")
    assert steps_of(scalars, "search/train", "loss")[-1] == 2
    assert {len(values) for values in scalars.values()} == {1}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[0.25] * 4] * 5, 1.0),
        ([[1.0, 0, 0, 0]] * 5, 0.0),
        ([[0.5, 0.5, 0, 0]] * 5, 0.5),
    ],
)
def test_entropy_is_a_share_of_the_largest(rows, expected):
    names = ("none", "skip_connect", "max_pool_3x3", "avg_pool_3x3")
    spec = kd.search_spaces.CellSpec.uniform(names, num_nodes=2)
    result = arch_parameters.normalized_entropy(
        {"normal": np.array(rows)}, {"normal": spec}
    )
    assert result == pytest.approx(expected)


@pytest.mark.parametrize(
    ("space", "strategy", "words"),
    [
        ("darts_cnn", "darts", ("darts_cnn", "strategy darts", "waits")),
        ("darts_rnn", "fair_darts", ("darts_rnn", "fair_darts")),
        (OWN, kd.SearchStrategy(relaxation="sigmoid"), ("2 cand", "Sigmoid")),
    ],
)
def test_a_search_says_what_it_is(space, strategy, words):
    output = repr(kd.DartsSearch(space, strategy))
    assert all(word in output for word in words), output


def test_a_search_says_how_far_it_has_come():
    search = make_search(space=TINY)
    assert "not searched yet" in repr(search)
    fitted(search, epochs=2, steps=1)
    assert "searched for 2 steps" in repr(search)
