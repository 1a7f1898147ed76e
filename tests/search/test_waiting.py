"""How long a search waits for its input, and where that is said."""

import csv

import pytest
import tensorflow as tf

import keras_darts as kd


@pytest.fixture
def space():
    """The smallest one, since each step of it is waited for."""
    return kd.search_spaces.darts_cnn(
        2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
    )


def fitted(space, x, y=None, *, eager=True, **options):
    search = kd.DartsSearch(space)
    search.compile(run_eagerly=eager)
    search.fit(x, y, epochs=2, steps_per_epoch=2, verbose=0, **options)
    return search


def shares(folder):
    (events,) = (folder / "tensorboard" / "search" / "train").iterdir()
    return [
        float(tf.make_ndarray(value.tensor))
        for event in tf.compat.v1.train.summary_iterator(str(events))
        for value in event.summary.value
        if value.tag == "speed/data_wait_fraction"
    ]


def test_the_share_is_in_tensorboard_and_not_in_the_history(
    space, images, labels, tmp_path
):
    fitted(space, images, labels, batch_size=8, output_dir=tmp_path)
    assert len(shares(tmp_path)) == 2
    assert all(0 < share < 1 for share in shares(tmp_path))
    with (tmp_path / "history.csv").open(newline="") as file:
        assert "data_wait_fraction" not in next(csv.reader(file))


def test_a_step_can_be_called_by_itself_after_fit(space, images, labels):
    search = fitted(space, images, labels, batch_size=8, eager=False)
    pair = tuple((images[:8], labels[:8]) for _ in range(2))
    stream = iter(tf.data.Dataset.from_tensors(pair).repeat())
    assert search.train_function(stream)["loss"] > 0
