"""Learning rates and other numbers that change from epoch to epoch."""

import keras
import numpy as np
import pytest

from keras_darts import testing
from keras_darts.schedules import Cosine
from keras_darts.schedules import EpochCosineDecay
from keras_darts.schedules import EpochExponentialDecay
from keras_darts.schedules import Linear
from keras_darts.schedules import Piecewise


def rates(schedule, steps):
    return [float(schedule(step)) for step in steps]


def test_cosine_is_that_of_the_original_and_constant_within_an_epoch():
    schedule = EpochCosineDecay(0.025, 0.001, epochs=50, steps_per_epoch=7)
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
    ours = EpochCosineDecay(0.1, 0.01, epochs=10, steps_per_epoch=3)
    for epoch in range(10):
        assert float(ours(3 * epoch)) == pytest.approx(theirs.get_last_lr()[0])
        optimizer.step()
        theirs.step()


def test_exponential_falls_by_its_rate_each_epoch():
    schedule = EpochExponentialDecay(0.1, 0.97, steps_per_epoch=5)
    expected = 0.1 * 0.97 ** np.arange(250)
    np.testing.assert_allclose(
        rates(schedule, 5 * np.arange(250)), expected, rtol=1e-4
    )
    assert rates(schedule, [4]) == rates(schedule, [0])


@pytest.mark.parametrize(
    "schedule",
    [
        EpochCosineDecay(0.1, 0.01, epochs=3, steps_per_epoch=2),
        EpochExponentialDecay(0.1, 0.9, steps_per_epoch=2),
    ],
)
def test_config_gives_an_equal_schedule(schedule):
    config = keras.optimizers.schedules.serialize(schedule)
    again = keras.optimizers.schedules.deserialize(config)
    assert type(again) is type(schedule)
    assert again.get_config() == schedule.get_config()
    assert rates(again, range(8)) == rates(schedule, range(8))


def test_optimizer_follows_its_schedule():
    schedule = EpochCosineDecay(1.0, 0.0, epochs=2, steps_per_epoch=1)
    optimizer = keras.optimizers.SGD(schedule)
    weight = keras.Variable([0.0])
    for expected in (-1.0, -1.5):
        optimizer.apply([np.ones(1, "float32")], [weight])
        assert float(weight[0]) == pytest.approx(expected)


def values(schedule, epochs):
    return [schedule(epoch, epochs) for epoch in range(epochs)]


@pytest.mark.parametrize("endpoint", [True, False])
def test_linear_is_numpys_over_the_epochs_of_the_run(endpoint):
    expected = np.linspace(10.0, 0.1, 250, endpoint=endpoint)
    result = values(Linear(10.0, 0.1, endpoint=endpoint), 250)
    np.testing.assert_allclose(result, expected)


def test_a_way_of_its_own_length_stays_at_its_end():
    for schedule in (Linear, Cosine):
        result = values(schedule(1.0, 0.0, epochs=3), 6)
        np.testing.assert_allclose(result, [1, 0.5, 0, 0, 0, 0], atol=1e-12)


def test_cosine_falls_slowly_at_both_ends():
    falls = -np.diff(values(Cosine(2.0, 1.0), 21))
    assert falls.sum() == pytest.approx(1.0)
    assert falls[0] < falls[10] / 5 > falls[-1]


def test_a_run_of_one_epoch_is_at_the_end():
    assert values(Linear(1.0, 0.25), 1) == [0.25]
    assert values(Linear(1.0, 0.25, endpoint=False), 1) == [1.0]


def test_pieces_are_constant():
    result = values(Piecewise([1.0, 2.0, 3.0], boundaries=[2, 3]), 5)
    assert result == [1.0, 1.0, 2.0, 3.0, 3.0]
    for boundaries in ([2], [3, 2], [2, 2]):
        with pytest.raises(ValueError, match="`boundaries` must rise"):
            Piecewise([1.0, 2.0, 3.0], boundaries)


@pytest.mark.parametrize(
    "schedule",
    [
        Linear(1.0, 0.0, epochs=3),
        Cosine(1.0, 0.0, endpoint=False),
        Piecewise([1.0, 2.0], [1]),
    ],
)
def test_a_schedule_by_epoch_comes_back_from_its_config(schedule):
    testing.run_config_test(schedule)
    config = keras.saving.serialize_keras_object(schedule)
    assert keras.saving.deserialize_keras_object(config) == schedule
