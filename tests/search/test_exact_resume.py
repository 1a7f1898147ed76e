"""A run that was cut at any moment ends where it would have ended."""

import dataclasses
import json
import shutil
import signal

import keras
import numpy as np
import pytest

import keras_darts as kd
from keras_darts.runs import manifest
from keras_darts.runs import monitor
from keras_darts.runs.resume import MidEpochState
from keras_darts.strategies import RECIPES
from keras_darts.testing.small import small_batch
from keras_darts.testing.small import small_search

SPACE = kd.search_spaces.darts_cnn(
    2, 1, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
)
STEPS, EPOCHS = 3, 2


class Cut(Exception):
    """As a kill, after a number of steps."""


class CutAfter(keras.callbacks.Callback):
    """Cuts in the step after so many, when the last checkpoint is whole."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_train_batch_begin(self, batch, logs=None):
        if not self.steps:
            raise Cut
        self.steps -= 1


class SignalWhenValidating(keras.callbacks.Callback):
    """Raises SIGINT in the first batch of a validation after some steps."""

    def __init__(self, steps):
        super().__init__()
        self.steps, self.validated = steps, 0

    def on_test_batch_begin(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == self.steps:
            self.validated += 1
            if self.validated == 1:
                signal.raise_signal(signal.SIGINT)


class Seen(keras.callbacks.Callback):
    """All that a user's callback is told of a training."""

    def __init__(self):
        super().__init__()
        self.events = []

    def on_train_begin(self, logs=None):
        self.events.append("begin")

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self.events.append((self.epoch, batch))

    def on_train_end(self, logs=None):
        self.events.append("end")


def strategy():
    return kd.SearchStrategy(
        connection=kd.connections.DropPath(
            kd.connections.FullConnection(0.5), 0.5
        ),
        relaxation="gumbel_softmax",
        callbacks=[kd.callbacks.WeightWarmUp(epochs=0, every=2)],
    )


def searched(*, callbacks=(), epochs=EPOCHS, batch_size=2, **folders):
    search = small_search(SPACE, strategy())
    search.compile(run_eagerly=True)
    search.fit(
        *small_batch(SPACE, count=12),
        batch_size=batch_size,
        epochs=epochs,
        warn_on_collapse=False,
        verbose=0,
        checkpoint_minutes=0,
        callbacks=list(callbacks),
        **folders,
    )
    return search


def cut_after(steps, folder):
    with pytest.raises(Cut):
        searched(callbacks=[CutAfter(steps)], output_dir=folder)


def assert_same(one, other):
    for part in ("", "optimizer", "arch_optimizer"):
        pairs = [getattr(s, part) if part else s for s in (one, other)]
        for a, b in zip(*(p.variables for p in pairs), strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)


def files(folder):
    """What a run says at its end, apart from the course of time."""
    with np.load(folder / "alphas.npz") as saved:
        arrays = {name: saved[name].tolist() for name in saved.files}
    return arrays, (folder / "history.csv").read_text()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return searched(output_dir=folder), files(folder)


@pytest.fixture(scope="module")
def cuts(tmp_path_factory):
    """Runs that were cut, by the steps after which they were."""
    folders = {}
    for steps in (2, 3, 4, 5):
        folders[steps] = tmp_path_factory.mktemp(f"cut{steps}")
        cut_after(steps, folders[steps])
    return folders


@pytest.fixture
def cut(cuts, tmp_path):
    """Gives a test a copy of a run that was cut."""
    return lambda steps: shutil.copytree(
        cuts[steps], tmp_path, dirs_exist_ok=True
    )


# In the midst of the first epoch, at its end, and twice in the second.
@pytest.mark.parametrize("steps", [2, 3, 4, 5])
def test_a_run_cut_at_any_step_ends_bit_for_bit_the_same(
    steps, whole, cut, tmp_path
):
    cut(steps)
    newest = manifest.manifests(tmp_path / "checkpoints")[0]
    assert (newest.epochs_done, newest.step) == divmod(steps, STEPS)
    seen = Seen()
    resumed = searched(resume_from=tmp_path, callbacks=[seen])
    assert_same(whole[0], resumed)
    assert files(tmp_path) == whole[1]
    left = [divmod(step, STEPS) for step in range(steps, STEPS * EPOCHS)]
    assert seen.events == ["begin", *left, "end"]


@pytest.mark.parametrize("epochs", range(1, EPOCHS + 1))
def test_a_signal_cuts_a_long_validation_and_no_figure_is_lost(
    epochs, whole, tmp_path, monkeypatch
):
    monkeypatch.setattr(monitor, "_SECONDS_TO_VALIDATE", 0.0)
    cut = SignalWhenValidating(epochs * STEPS)
    with pytest.raises(KeyboardInterrupt, match=f"epoch {epochs}, after 3 of"):
        searched(callbacks=[cut], output_dir=tmp_path)
    # Of three batches the one in which it came, and the one after.
    assert cut.validated == 2
    newest = manifest.manifests(tmp_path / "checkpoints")[0]
    assert (newest.epochs_done, newest.step) == (epochs - 1, STEPS)
    seen = Seen()
    resumed = searched(resume_from=tmp_path, callbacks=[seen])
    assert_same(whole[0], resumed)
    assert files(tmp_path) == whole[1]
    left = [divmod(s, STEPS) for s in range(epochs * STEPS, STEPS * EPOCHS)]
    assert seen.events == ["begin", *left, "end"]


def truncated(path):
    path.write_bytes(path.read_bytes()[:-100])


def flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def missing(path):
    path.unlink()


SUFFIXES = (".data-00000-of-00001", ".index", ".json")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("damage", [truncated, flipped, missing])
def test_damage_is_seen_and_the_checkpoint_before_is_whole(
    damage, suffix, cut, tmp_path
):
    cut(4)
    newest, before, *_ = manifest.manifests(tmp_path / "checkpoints")
    assert (newest.step, before.step) == (1, 0)
    damage(newest.prefix.parent / f"{newest.prefix.name}{suffix}")
    whole = [
        s
        for s in manifest.manifests(newest.prefix.parent)
        if not s.find_corruption()
    ]
    assert whole[0] == before


# Files that are not what they were, a manifest that can't be read, and none.
@pytest.mark.parametrize(
    ("damage", "suffix"),
    [(flipped, SUFFIXES[0]), (truncated, ".json"), (missing, ".json")],
)
def test_after_damage_the_checkpoint_before_is_taken(
    damage, suffix, whole, cut, tmp_path
):
    cut(4)
    newest = manifest.manifests(tmp_path / "checkpoints")[0]
    damage(newest.prefix.parent / f"{newest.prefix.name}{suffix}")
    with pytest.warns(UserWarning, match="damaged, the one before it is taken"):
        resumed = searched(resume_from=tmp_path)
    assert_same(whole[0], resumed)
    assert files(tmp_path) == whole[1]


def test_with_other_devices_it_goes_on_from_the_end_of_an_epoch(
    whole, tmp_path, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(MidEpochState, "_present_devices", lambda self: 2)
        cut_after(5, tmp_path)
    newest = manifest.manifests(tmp_path / "checkpoints")[0]
    assert (newest.epochs_done, newest.step) == (1, 2)
    seen = Seen()
    assert_same(whole[0], searched(resume_from=tmp_path, callbacks=[seen]))
    assert seen.events[1] == (1, 0)


def test_a_run_of_which_no_checkpoint_is_whole_is_refused(cut, tmp_path):
    cut(2)
    for saved in manifest.manifests(tmp_path / "checkpoints"):
        truncated(saved.prefix.parent / f"{saved.prefix.name}.index")
    with (
        pytest.warns(UserWarning, match="damaged"),
        pytest.raises(ValueError, match="checkpoints are all damaged: ckpt-2"),
    ):
        searched(resume_from=tmp_path)


def test_the_last_checkpoints_are_kept(cut, tmp_path):
    cut(5)
    result = manifest.manifests(tmp_path / "checkpoints")
    assert [(s.epochs_done, s.step) for s in result] == [(1, 2), (1, 1), (1, 0)]


@pytest.mark.parametrize("minutes", [-1, True, "ten", float("nan")])
def test_minutes_must_be_a_number(minutes):
    with pytest.raises(ValueError, match="`checkpoint_minutes` must be a"):
        small_search(SPACE, strategy()).fit(
            *small_batch(SPACE, count=12), checkpoint_minutes=minutes
        )


def test_an_unfinished_run_goes_on_by_itself(whole, cut, tmp_path, caplog):
    cut(2)
    with caplog.at_level("INFO", logger="keras_darts"):
        assert_same(whole[0], searched(output_dir=tmp_path))
    place = "resuming in epoch 1 of 2, after 2 of 3 steps"
    assert f"{place}, from {tmp_path}" in caplog.text
    assert files(tmp_path) == whole[1]


def test_a_run_cut_before_its_first_checkpoint_begins_anew(whole, tmp_path):
    cut_after(0, tmp_path)
    assert not manifest.manifests(tmp_path / "checkpoints")
    assert_same(whole[0], searched(output_dir=tmp_path))
    assert files(tmp_path) == whole[1]


@pytest.mark.parametrize("steps", [0, 2])
def test_an_unfinished_run_of_another_configuration_is_refused(
    steps, cut, tmp_path
):
    cut(steps) if steps else cut_after(0, tmp_path)
    with pytest.raises(ValueError, match="epochs=3, 2 in the run"):
        searched(output_dir=tmp_path, epochs=3)
    with pytest.raises(ValueError, match="batch_size: 2 in the run, 3 now"):
        searched(output_dir=tmp_path, batch_size=3)


def test_a_finished_run_is_made_longer_by_resume_from_alone(tmp_path):
    searched(output_dir=tmp_path, epochs=1)
    with pytest.raises(ValueError, match="makes it longer, overwrite=True"):
        searched(output_dir=tmp_path, epochs=2)
    with pytest.raises(Cut):
        searched(callbacks=[CutAfter(1)], resume_from=tmp_path)
    # Cut again, it is unfinished again.
    searched(output_dir=tmp_path)
    assert manifest.is_finished(tmp_path)


def test_hidden_states_go_on_within_an_epoch(tmp_path):
    def fit(**options):
        recipe = dataclasses.replace(
            RECIPES["language_modeling"], segment_length=4
        )
        search = small_search(
            kd.search_spaces.darts_rnn(1, hidden_size=4),
            kd.SearchStrategy(recipe=recipe),
        )
        search.compile(run_eagerly=True)
        ids = np.random.default_rng(0).integers(0, 20, 60)
        options = {"verbose": 0, "checkpoint_minutes": 0, **options}
        search.fit(ids, batch_size=2, steps_per_epoch=3, epochs=2, **options)
        return search

    whole = fit(output_dir=tmp_path / "whole")
    with pytest.raises(Cut):
        fit(output_dir=tmp_path / "cut", callbacks=[CutAfter(2)])
    assert_same(whole, fit(output_dir=tmp_path / "cut"))
    assert files(tmp_path / "cut") == files(tmp_path / "whole")


@pytest.mark.parametrize("lacking", ["no search", "no seals"])
def test_a_run_of_another_kind_is_not_gone_on_with(lacking, tmp_path):
    config = {"search": {}} if lacking == "no seals" else {"network": {}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "checkpoints").mkdir()
    if lacking == "no seals":
        (tmp_path / "checkpoints" / "checkpoint").write_text("")
    with pytest.raises(ValueError, match="must not hold a run already"):
        searched(output_dir=tmp_path)
