"""Learning rates that change from epoch to epoch."""

import keras
import numpy as np
import pytest

from keras_darts.schedules import CosineByEpoch
from keras_darts.schedules import ExponentialByEpoch


def rates(schedule, steps):
    return [float(schedule(step)) for step in steps]


def test_cosine_is_that_of_the_original_and_constant_within_an_epoch():
    schedule = CosineByEpoch(0.025, 0.001, epochs=50, steps_per_epoch=7)
    epochs = np.arange(50)
    expected = 0.001 + 0.024 * (1 + np.cos(np.pi * epochs / 50)) / 2
    first, last = 7 * epochs, 7 * epochs + 6
    np.testing.assert_allclose(rates(schedule, first), expected, rtol=1e-5)
    np.testing.assert_array_equal(rates(schedule, last), rates(schedule, first))


def test_cosine_equals_that_of_torch():
    torch = pytest.importorskip(
        "torch", reason="the oracle needs torch==2.13.0"
    )
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], 0.1)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10, 0.01)
    ours = CosineByEpoch(0.1, 0.01, epochs=10, steps_per_epoch=3)
    for epoch in range(10):
        assert float(ours(3 * epoch)) == pytest.approx(theirs.get_last_lr()[0])
        optimizer.step()
        theirs.step()


def test_exponential_falls_by_its_rate_each_epoch():
    schedule = ExponentialByEpoch(0.1, 0.97, steps_per_epoch=5)
    expected = 0.1 * 0.97 ** np.arange(250)
    np.testing.assert_allclose(
        rates(schedule, 5 * np.arange(250)), expected, rtol=1e-4
    )
    assert rates(schedule, [4]) == rates(schedule, [0])


@pytest.mark.parametrize(
    "schedule",
    [
        CosineByEpoch(0.1, 0.01, epochs=3, steps_per_epoch=2),
        ExponentialByEpoch(0.1, 0.9, steps_per_epoch=2),
    ],
)
def test_config_gives_an_equal_schedule(schedule):
    config = keras.optimizers.schedules.serialize(schedule)
    again = keras.optimizers.schedules.deserialize(config)
    assert type(again) is type(schedule)
    assert again.get_config() == schedule.get_config()
    assert rates(again, range(8)) == rates(schedule, range(8))


def test_optimizer_follows_its_schedule():
    schedule = CosineByEpoch(1.0, 0.0, epochs=2, steps_per_epoch=1)
    optimizer = keras.optimizers.SGD(schedule)
    weight = keras.Variable([0.0])
    for expected in (-1.0, -1.5):
        optimizer.apply([np.ones(1, "float32")], [weight])
        assert float(weight[0]) == pytest.approx(expected)
