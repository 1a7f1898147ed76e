"""Drop path: which samples go, how the others grow, and what decides."""

import numpy as np
import pytest
import tensorflow as tf

from keras_darts.primitives import DropPath


def ones(count):
    return np.ones((count, 2, 2, 3), "float32")


def test_whole_samples_are_dropped_and_the_others_scaled():
    outputs = DropPath(0.2, seed=0)(ones(200), training=True).numpy()
    by_sample = outputs.reshape(200, -1)
    assert np.ptp(by_sample, axis=1).max() == 0
    np.testing.assert_allclose(np.unique(outputs), [0, 1.25])


def test_the_share_of_the_kept_is_one_minus_the_rate():
    outputs = DropPath(0.3, seed=0)(np.ones((10000, 1)), training=True)
    # Four standard deviations of a mean of ten thousand draws.
    assert np.mean(outputs.numpy() > 0) == pytest.approx(0.7, abs=0.019)
    assert np.mean(outputs) == pytest.approx(1.0, abs=0.027)


def test_inference_and_a_rate_of_zero_change_nothing():
    np.testing.assert_array_equal(DropPath(0.5)(ones(9)), ones(9))
    np.testing.assert_array_equal(
        DropPath(0.0)(ones(9), training=True), ones(9)
    )


def test_the_rate_moves_without_a_new_trace():
    layer, traces = DropPath(0.0, seed=0), []

    @tf.function
    def call(x):
        traces.append(1)
        return layer(x, training=True)

    assert np.all(call(ones(50)) == 1)
    layer.rate.assign(0.5)
    assert set(np.unique(call(ones(50)))) == {0, 2}
    assert len(traces) == 1


def test_one_seed_gives_one_stream_and_each_call_another_mask():
    first, second = DropPath(0.5, seed=3), DropPath(0.5, seed=3)
    calls = [layer(ones(64), training=True) for layer in (first, second)]
    np.testing.assert_array_equal(*calls)
    assert np.any(first(ones(64), training=True) != calls[0])
    other = DropPath(0.5, seed=4)(ones(64), training=True)
    assert np.any(other != calls[0])


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_rate_out_of_range_is_refused(rate):
    with pytest.raises(ValueError, match=r"`rate` must be in \[0, 1\)"):
        DropPath(rate)
