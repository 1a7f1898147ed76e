"""Which devices a search runs on, without any that differ."""

import types

import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.distributed import devices

TINY = kd.search_spaces.darts_cnn(
    2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
)


def of_replicas(count):
    return types.SimpleNamespace(num_replicas_in_sync=count)


@pytest.fixture
def made(monkeypatch):
    """The strategies that were made, none of them real."""
    made = []

    def make(names):
        made.append(names)
        return of_replicas(len(names))

    devices._mirrored.cache_clear()
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", make)
    yield made
    devices._mirrored.cache_clear()


@pytest.fixture
def two_accelerators(monkeypatch):
    monkeypatch.setattr(devices, "accelerators", lambda: ["GPU:0", "GPU:1"])


def test_all_accelerators_are_taken_and_their_strategy_is_made_once(
    made, two_accelerators
):
    first, second = (
        devices.distribution_strategy(),
        devices.distribution_strategy(2),
    )
    assert made == [["GPU:0", "GPU:1"]]
    assert first is second


def test_a_process_has_one_mirrored_strategy(made, monkeypatch):
    names = ["GPU:0", "GPU:1", "GPU:2"]
    monkeypatch.setattr(devices, "accelerators", lambda: names)
    devices.distribution_strategy(2)
    with pytest.raises(ValueError, match="`devices` must be the same in the"):
        devices.distribution_strategy(3)
    assert len(made) == 1


def test_the_strategy_of_a_scope_comes_first(made, two_accelerators):
    strategy = tf.distribute.OneDeviceStrategy("CPU:0")
    with strategy.scope():
        assert devices.distribution_strategy() is strategy
    assert made == []


def test_one_device_needs_no_strategy(made, two_accelerators):
    assert devices.distribution_strategy(1) is tf.distribute.get_strategy()
    assert made == []


def test_more_devices_than_there_are_is_an_error(made, two_accelerators):
    with pytest.raises(ValueError, match=r"at most 2.*Received: devices=3"):
        devices.distribution_strategy(3)


def test_a_processor_is_not_divided_once_tensorflow_runs(made):
    tf.zeros(())
    with pytest.raises(ValueError, match=r"before TensorFlow begins to run"):
        devices.distribution_strategy(64)


@pytest.mark.parametrize("count", [0, -1, 1.5, True])
def test_devices_are_a_positive_integer(count):
    with pytest.raises(ValueError, match="`devices` must be a positive"):
        devices.distribution_strategy(count)


def test_a_batch_must_be_shared_out_evenly():
    devices.check_batch_size(6, of_replicas(3))
    with pytest.raises(ValueError, match=r"batch_size=7 for 3 devices"):
        devices.check_batch_size(7, of_replicas(3))


@pytest.mark.parametrize("replicas", [1, 2, 4])
def test_no_device_is_idle_in_the_last_batch(replicas, monkeypatch):
    monkeypatch.setattr(
        tf.distribute, "get_strategy", lambda: of_replicas(replicas)
    )
    for count in range(replicas, 200):
        size = devices.evaluation_batch_size(32, count)
        # TensorFlow fills up the first devices before the others.
        before_last = size - size // replicas
        assert replicas == 1 or not 0 < count % size <= before_last
    assert devices.evaluation_batch_size(32, 64) == 32
    assert devices.evaluation_batch_size(32, -1) == 32


def test_a_search_belongs_to_the_strategy_it_chose(monkeypatch):
    chosen = tf.distribute.OneDeviceStrategy("CPU:0")
    monkeypatch.setattr(
        "keras_darts.search.darts_search.distribution_strategy", lambda: chosen
    )
    search = kd.DartsSearch(TINY, num_classes=2, input_shape=(8, 8, 1))
    assert search.distribute_strategy is chosen
    network = search.derived_network(filters=2, num_cells=2, auxiliary=False)
    assert network.distribute_strategy is chosen


def test_a_batch_that_devices_cannot_share_ends_before_the_search(monkeypatch):
    search = kd.DartsSearch(TINY)
    monkeypatch.setattr(
        kd.DartsSearch, "distribute_strategy", of_replicas(2), raising=True
    )
    images = np.zeros((16, 8, 8, 1), "float32")
    with pytest.raises(ValueError, match="batch_size=3 for 2 devices"):
        search.fit(images, np.arange(16) % 2, batch_size=3, epochs=1)
