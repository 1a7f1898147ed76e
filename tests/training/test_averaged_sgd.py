"""Averaged SGD, against a closed form, PyTorch and itself."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts.training import AveragedSGD
from keras_darts.training import CoupledSGD

# Powers of two, exact in float32.
RATE = 0.0625
DECAY = 0.125
CURVATURE = np.array([0.5, 1.0, 4.0])
START = np.array([1.0, -2.0, 3.0])
BEFORE, AFTER = 7, 400


def descend(optimizer, weight, steps):
    """Steps on the loss 1/2 * sum(CURVATURE * weight**2)."""
    for _ in range(steps):
        optimizer.apply([tf.constant(CURVATURE) * weight], [weight])


def iterate(step):
    return START * (1 - RATE * (CURVATURE + DECAY)) ** step


@pytest.fixture
def weight():
    return keras.Variable(START, dtype="float64")


def test_the_average_on_a_quadratic_is_its_closed_form(weight):
    optimizer = AveragedSGD(RATE, weight_decay=DECAY)
    descend(optimizer, weight, BEFORE)
    optimizer.start_averaging()
    descend(optimizer, weight, AFTER)
    factor = 1 - RATE * (CURVATURE + DECAY)
    # A geometric series from the first iterate after the switch on.
    series = iterate(BEFORE + 1) * (1 - factor**AFTER) / (1 - factor)
    np.testing.assert_allclose(weight, iterate(BEFORE + AFTER), rtol=1e-12)
    np.testing.assert_allclose(
        optimizer.averages[0], series / AFTER, rtol=1e-12
    )


def test_averaging_does_not_change_the_iterates(weight):
    plain = keras.Variable(START, dtype="float64")
    averaged = AveragedSGD(RATE, momentum=0.5, weight_decay=DECAY)
    averaged.start_averaging()
    descend(averaged, weight, 10)
    descend(CoupledSGD(RATE, momentum=0.5, weight_decay=DECAY), plain, 10)
    np.testing.assert_array_equal(weight, plain)


def test_averages_are_the_weights_until_averaging_starts(weight):
    optimizer = AveragedSGD(RATE)
    descend(optimizer, weight, 3)
    assert not optimizer.averaging
    np.testing.assert_allclose(optimizer.averages[0], weight, rtol=1e-15)
    optimizer.start_averaging()
    assert optimizer.averaging
    np.testing.assert_allclose(optimizer.averages[0], weight, rtol=1e-15)


def test_a_later_start_begins_a_new_mean(weight):
    optimizer = AveragedSGD(RATE)
    optimizer.start_averaging()
    descend(optimizer, weight, 5)
    optimizer.start_averaging()
    descend(optimizer, weight, 1)
    np.testing.assert_allclose(optimizer.averages[0], weight, rtol=1e-12)


def torch_averages(rates):
    torch = pytest.importorskip(
        "torch", reason="the oracle needs torch==2.13.0"
    )
    weight = torch.nn.Parameter(torch.tensor(START))
    optimizer = torch.optim.ASGD(
        [weight], lr=rates[0], lambd=0.0, t0=0, weight_decay=DECAY
    )
    iterates = []
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        weight.grad = torch.tensor(CURVATURE) * weight.detach()
        optimizer.step()
        iterates.append(weight.detach().numpy().copy())
    return iterates, optimizer.state[weight]["ax"].numpy()


def test_torch_averages_all_of_our_iterates_but_the_first(weight):
    optimizer = AveragedSGD(RATE, weight_decay=DECAY)
    optimizer.start_averaging()
    ours = []
    for _ in range(20):
        descend(optimizer, weight, 1)
        ours.append(weight.numpy())
    theirs, average = torch_averages([RATE] * 20)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    # PyTorch keeps the weight of an iterate in float32.
    np.testing.assert_allclose(average, np.mean(ours[1:], axis=0), rtol=1e-6)
    np.testing.assert_allclose(
        optimizer.averages[0], np.mean(ours, axis=0), rtol=1e-12
    )


def test_torch_applies_a_new_learning_rate_one_step_late(weight):
    rates = [RATE, RATE / 2, RATE / 4, RATE / 8]
    theirs, _ = torch_averages(rates)
    optimizer = AveragedSGD(RATE, weight_decay=DECAY)
    for rate, expected in zip([RATE, *rates], theirs, strict=False):
        optimizer.learning_rate = rate
        descend(optimizer, weight, 1)
        np.testing.assert_allclose(weight, expected, rtol=1e-12)


def test_a_traced_step_sees_the_switch(weight):
    optimizer = AveragedSGD(RATE)
    optimizer.build([weight])

    @tf.function(autograph=False)
    def step():
        optimizer.apply([tf.constant(CURVATURE) * weight], [weight])

    factor = 1 - RATE * CURVATURE
    step()
    optimizer.start_averaging()
    step()
    step()
    assert step.experimental_get_tracing_count() == 1
    expected = START * (factor**2 + factor**3) / 2
    np.testing.assert_allclose(optimizer.averages[0], expected, rtol=1e-12)


def test_swapping_twice_gives_the_weights_back(weight):
    optimizer = AveragedSGD(RATE)
    optimizer.start_averaging()
    descend(optimizer, weight, 4)
    last, mean = weight.numpy(), optimizer.averages[0].numpy()
    optimizer.swap()
    np.testing.assert_array_equal(weight, mean)
    np.testing.assert_array_equal(optimizer.averages[0], last)
    optimizer.swap()
    np.testing.assert_array_equal(weight, last)
    np.testing.assert_array_equal(optimizer.averages[0], mean)
    optimizer.take_averages()
    np.testing.assert_array_equal(weight, mean)
    np.testing.assert_array_equal(optimizer.averages[0], mean)


def test_averages_of_nothing_are_an_error():
    with pytest.raises(ValueError, match="once the optimizer is built"):
        AveragedSGD(RATE).swap()


def test_gradients_of_several_batches_are_one_iterate():
    weight = keras.Variable([1.0])
    optimizer = AveragedSGD(0.5, gradient_accumulation_steps=2)
    optimizer.start_averaging()
    for _ in range(4):
        optimizer.apply([tf.ones(1)], [weight])
    # Iterates 0.5 and 0.
    assert float(optimizer.averages[0][0]) == pytest.approx(0.25)


# Keras' way to NumPy arrays.
@pytest.mark.filterwarnings("ignore:__array__ implementation")
def test_the_state_is_saved_and_restored(tmp_path):
    def model():
        inputs = keras.Input((3,))
        model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
        model.compile(AveragedSGD(0.25, global_clipnorm=0.5), "mse")
        return model

    x, y = np.eye(3, dtype="float32"), np.ones((3, 2), "float32")
    first = model()
    first.train_on_batch(x, y)
    first.optimizer.start_averaging()
    first.train_on_batch(x, y)
    first.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.optimizer.averaging
    for _ in range(3):
        first.train_on_batch(x, y)
        again.train_on_batch(x, y)
    for ours, theirs in zip(
        first.optimizer.averages, again.optimizer.averages, strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_config_gives_an_equal_optimizer():
    optimizer = AveragedSGD(20.0, weight_decay=8e-7, global_clipnorm=0.25)
    config = keras.optimizers.serialize(optimizer)
    again = keras.optimizers.deserialize(config)
    assert type(again) is AveragedSGD
    assert again.get_config() == optimizer.get_config()
