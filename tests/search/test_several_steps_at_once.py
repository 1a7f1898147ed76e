"""A search whose steps Keras runs several at once moves as any other."""

import keras
import numpy as np
import pytest

import keras_darts as kd
from keras_darts.runs import manifest
from keras_darts.testing.small import small_batch
from keras_darts.testing.small import small_search

SPACE = kd.search_spaces.darts_cnn(
    2, 1, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
)


def searched(steps_per_execution, callbacks=(), **folders):
    """Two epochs of four steps."""
    search = small_search(SPACE, "darts")
    search.compile(run_eagerly=True, steps_per_execution=steps_per_execution)
    search.fit(
        *small_batch(SPACE, count=16),
        batch_size=2,
        epochs=2,
        warn_on_collapse=False,
        verbose=0,
        checkpoint_minutes=0,
        callbacks=list(callbacks),
        **folders,
    )
    variables = (*search.variables, *search.optimizer.variables)
    return np.concatenate([np.ravel(v.numpy()) for v in variables])


def interrupt(batch, logs=None):
    if batch == 2:
        raise KeyboardInterrupt


def test_it_ends_the_same_also_when_it_is_cut_within_an_epoch(tmp_path):
    cut = keras.callbacks.LambdaCallback(on_train_batch_begin=interrupt)
    with pytest.raises(KeyboardInterrupt):
        searched(2, [cut], output_dir=tmp_path)
    newest = manifest.manifests(tmp_path / "checkpoints")[0]
    assert (newest.epochs_done, newest.step) == (0, 2)
    with pytest.raises(ValueError, match="=4, 4 steps, 2 of them done"):
        searched(4, resume_from=tmp_path)
    resumed = searched(2, resume_from=tmp_path)
    np.testing.assert_array_equal(resumed, searched(1))


def test_it_must_divide_the_steps_of_an_epoch():
    with pytest.raises(ValueError, match="`steps_per_execution` must divide"):
        searched(3)
