"""What goes wrong outside of a search leaves its finished work intact."""

import errno
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_searches import TINY
from small_searches import fitted
from small_searches import make_search

from keras_darts.runs import monitor

TESTS = pathlib.Path(__file__).parent


class At(keras.callbacks.Callback):
    """Does something at the start of a step."""

    def __init__(self, action, epoch=1, step=1):
        super().__init__()
        self.action, self.at = action, (epoch, step)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            self.action(self.model)


def run(folder, *callbacks, epochs=3, **options):
    """Three steps an epoch."""
    search = make_search(space=TINY)
    fitted(
        search,
        epochs=epochs,
        steps=3,
        output_dir=folder,
        callbacks=list(callbacks),
        **options,
    )
    return search


def resumes(folder):
    """Whether the run in a folder is whole after its first epoch."""
    search = make_search(space=TINY)
    history = fitted(search, epochs=3, steps=3, resume_from=folder)
    rows = (folder / "history.csv").read_text().splitlines()
    with np.load(folder / "alphas.npz") as arrays:
        counts = {len(arrays[name]) for name in arrays.files}
    return history.epoch == [1, 2] and len(rows) == 4 and counts == {3}


def spoil(search):
    variable = search.weight_variables[0]
    variable.assign(variable * np.nan)


def spoil_architecture(search):
    for variable in search.arch_variables:
        variable.assign(variable + np.inf)


# Looked for soon, and late.
@pytest.mark.parametrize(
    ("action", "seconds"), [(spoil, 1000), (spoil_architecture, 0)]
)
def test_a_loss_that_is_not_finite_names_its_step_and_keeps_the_state_before(
    tmp_path, action, seconds, monkeypatch
):
    monkeypatch.setattr(monitor, "_SECONDS_BETWEEN_LOOKS", seconds)
    searches = []
    spoiled = At(lambda search: (searches.append(search), action(search)))
    with pytest.raises(FloatingPointError) as caught:
        run(tmp_path, spoiled)
    message = str(caught.value)
    assert "in epoch 2, step 2 of 3" in message
    assert "`learning_rate`" in message
    assert f"output_dir={str(tmp_path)!r} holds the state after epoch 1" in (
        message
    )
    (search,) = searches
    assert all(np.isfinite(v.numpy()).all() for v in search.supernet.variables)
    assert int(search.optimizer.iterations) == 3
    assert resumes(tmp_path)


def test_what_the_last_step_has_spoilt_is_written_nowhere(tmp_path):
    class AfterLast(keras.callbacks.Callback):
        def on_test_begin(self, logs=None):
            if self.model.optimizer.iterations == 6:
                spoil(self.model)

    with pytest.raises(FloatingPointError, match="the validation"):
        run(tmp_path, AfterLast())
    assert resumes(tmp_path)


def test_a_loss_that_is_not_finite_ends_a_search_without_a_folder():
    with pytest.raises(FloatingPointError, match="without `output_dir`"):
        run(None, At(spoil))


def test_a_disk_that_is_full_leaves_the_epochs_before(tmp_path):
    process = subprocess.run(
        [sys.executable, TESTS / "limited_search.py", tmp_path],
        capture_output=True,
        text=True,
        timeout=300,
    )
    last = process.stderr.strip().splitlines()[-1]
    assert "RunWriteError: `output_dir` must be a folder with room" in last
    assert f"output_dir={str(tmp_path)!r} holds the state after epoch 1" in last
    assert resumes(tmp_path)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        tf.errors.ResourceExhaustedError(None, None, "No space left on device"),
    ],
    ids=["Python", "TensorFlow"],
)
def test_a_checkpoint_that_finds_no_room_is_no_lack_of_memory(
    tmp_path, error, monkeypatch
):
    def full(checkpoint, path):
        pathlib.Path(f"{path}_temp").mkdir()
        raise error

    fill = At(
        lambda search: monkeypatch.setattr(tf.train.Checkpoint, "write", full)
    )
    with pytest.raises(OSError, match="No space left on device") as caught:
        run(tmp_path, fill)
    assert caught.value.__cause__ is error
    assert "holds the state after epoch 1" in str(caught.value)
    assert not list(tmp_path.glob("checkpoints/*_temp"))
    monkeypatch.undo()
    assert resumes(tmp_path)


def test_curves_that_find_no_room_are_no_lack_of_memory(tmp_path, monkeypatch):
    error = tf.errors.ResourceExhaustedError(
        None, None, "events.v2; No space left on device"
    )

    def full(*args, **kwargs):
        raise error

    monkeypatch.setattr(tf.summary, "scalar", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        run(tmp_path)
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.__cause__ is error
    assert "holds the state after epoch 1" in str(caught.value)


def test_what_a_kill_left_half_written_is_cleared_away(tmp_path):
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, At(lambda search: 1 / 0))
    half = tmp_path / "checkpoints" / "ckpt-9_temp"
    half.mkdir()
    (half / "part-00000-of-00001").write_bytes(b"a")
    with pytest.warns(UserWarning, match="ckpt-9 is half written"):
        assert resumes(tmp_path)
    assert not half.exists()


def test_a_folder_that_is_taken_away_is_named(tmp_path):
    folder, moved = tmp_path / "run", tmp_path / "moved"

    def take_away(search):
        os.rename(folder, moved)
        folder.write_text("a file where the folder was")

    with pytest.raises(OSError, match="`output_dir`") as caught:
        run(folder, At(take_away))
    assert isinstance(caught.value.__cause__, OSError)
    assert resumes(moved)


def broken_images(folder):
    """Batches of 48 files, of which one is missing."""

    def element(name, label):
        pixels = tf.io.decode_raw(tf.io.read_file(name), tf.uint8)
        return tf.reshape(pixels, (8, 8, 1)), label

    files = [folder / f"{i}.raw" for i in range(48)]
    for file in files:
        file.write_bytes(bytes(64))
    files[20].unlink()
    names = [str(file) for file in files]
    dataset = tf.data.Dataset.from_tensor_slices((names, [0, 1] * 24))
    return dataset.map(element).batch(4)


def test_data_that_break_off_are_named_before_the_first_epoch(tmp_path):
    search = make_search(space=TINY)
    with pytest.raises(RuntimeError, match="`x` must be data") as caught:
        search.fit(broken_images(tmp_path), epochs=2, verbose=0)
    assert "20.raw" in str(caught.value)
    assert "before the first epoch" in str(caught.value)
    assert isinstance(caught.value.__cause__, tf.errors.OpError)


def test_data_that_break_off_later_are_named_with_the_step(tmp_path):
    images = broken_images(tmp_path)
    with pytest.raises(RuntimeError, match="`x` must be data") as caught:
        run(tmp_path / "run", At(lambda search: list(images)))
    assert "20.raw" in str(caught.value)
    assert "in epoch 2, after 1 of 3 steps" in str(caught.value)
    assert resumes(tmp_path / "run")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("no room"),
        tf.errors.ResourceExhaustedError(
            None, None, "OOM when allocating tensor with shape[64]"
        ),
    ],
    ids=["Python", "TensorFlow"],
)
def test_a_lack_of_memory_names_what_shrinks_the_search(tmp_path, error):
    def exhaust(search):
        raise error

    with pytest.raises(MemoryError) as caught:
        run(tmp_path, At(exhaust))
    message = str(caught.value)
    for name in ("`batch_size`", "`filters` (now 2)", "`num_cells` (now 1)"):
        assert name in message
    assert "in epoch 2, after 1 of 3 steps" in message
    assert "pc_darts" in message
    assert str(error).split(" with")[0] in message
    assert caught.value.__cause__ is error
    assert resumes(tmp_path)
