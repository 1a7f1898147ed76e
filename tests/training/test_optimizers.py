"""Coupled weight decay, against PyTorch and against plain NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts.training import CoupledAdam
from keras_darts.training import CoupledSGD

STEPS = 20
RATE = 0.0625
DECAY = 0.1
SHAPES = ((3, 4), (5,))

SGD = {"momentum": 0.9}
ADAM = {"beta_1": 0.5, "beta_2": 0.999}


def start_and_gradients(seed=0):
    rng = np.random.default_rng(seed)
    start = [rng.standard_normal(shape) for shape in SHAPES]
    gradients = [
        # Of very different sizes, so that every epsilon would show.
        [10.0 ** -(step % 8) * rng.standard_normal(shape) for shape in SHAPES]
        for step in range(STEPS)
    ]
    return start, gradients


def run(optimizer, start, gradients):
    variables = [keras.Variable(value, dtype="float64") for value in start]
    for step in gradients:
        optimizer.apply([tf.constant(g) for g in step], variables)
    return [variable.numpy() for variable in variables]


def run_torch(make, start, gradients, clip_norm=None):
    torch = pytest.importorskip(
        "torch", reason="the oracle needs torch==2.13.0"
    )
    weights = [torch.nn.Parameter(torch.tensor(value)) for value in start]
    optimizer = make(torch.optim, weights)
    for step in gradients:
        for weight, gradient in zip(weights, step, strict=True):
            weight.grad = torch.tensor(gradient)
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(weights, clip_norm)
        optimizer.step()
    return [weight.detach().numpy() for weight in weights]


def assert_close(results, expected):
    # Keras keeps momentum and learning rate in float32.
    for result, other in zip(results, expected, strict=True):
        np.testing.assert_allclose(result, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("decay", [0.0, DECAY])
@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_equals_torch(decay, nesterov):
    start, gradients = start_and_gradients()
    ours = run(
        CoupledSGD(RATE, weight_decay=decay, nesterov=nesterov, **SGD),
        start,
        gradients,
    )
    expected = run_torch(
        lambda optim, weights: optim.SGD(
            weights, RATE, weight_decay=decay, nesterov=nesterov, **SGD
        ),
        start,
        gradients,
    )
    assert_close(ours, expected)


def test_gradients_are_clipped_before_decay_is_added():
    start, gradients = start_and_gradients()
    ours = run(
        CoupledSGD(RATE, weight_decay=DECAY, global_clipnorm=0.5, **SGD),
        start,
        gradients,
    )
    expected = run_torch(
        lambda optim, weights: optim.SGD(
            weights, RATE, weight_decay=DECAY, **SGD
        ),
        start,
        gradients,
        clip_norm=0.5,
    )
    assert_close(ours, expected)


@pytest.mark.parametrize("decay", [0.0, DECAY])
def test_adam_equals_torch(decay):
    start, gradients = start_and_gradients()
    ours = run(CoupledAdam(RATE, weight_decay=decay, **ADAM), start, gradients)
    expected = run_torch(
        lambda optim, weights: optim.Adam(
            weights, RATE, betas=(0.5, 0.999), weight_decay=decay
        ),
        start,
        gradients,
    )
    assert_close(ours, expected)


def test_sgd_equals_its_equation():
    start, gradients = start_and_gradients()
    expected = [value.copy() for value in start]
    velocities = [np.zeros(shape) for shape in SHAPES]
    for step in gradients:
        for w, v, g in zip(expected, velocities, step, strict=True):
            v[...] = 0.9 * v - RATE * (g + DECAY * w)
            w += v
    optimizer = CoupledSGD(RATE, weight_decay=DECAY, **SGD)
    assert_close(run(optimizer, start, gradients), expected)
    assert_close(optimizer.momentums, velocities)


def test_adam_equals_its_equation():
    start, gradients = start_and_gradients()
    expected = [value.copy() for value in start]
    moments = [(np.zeros(shape), np.zeros(shape)) for shape in SHAPES]
    for number, step in enumerate(gradients, 1):
        for w, (m, v), g in zip(expected, moments, step, strict=True):
            g = g + DECAY * w
            m[...] = 0.5 * m + 0.5 * g
            v[...] = 0.999 * v + 0.001 * g**2
            root = np.sqrt(v / (1 - 0.999**number))
            w -= RATE * (m / (1 - 0.5**number)) / (root + 1e-8)
    optimizer = CoupledAdam(RATE, weight_decay=DECAY, **ADAM)
    assert_close(run(optimizer, start, gradients), expected)


def test_excluded_variables_do_not_decay():
    decayed = keras.Variable([1.0], name="kernel")
    kept = keras.Variable([1.0], name="bias")
    optimizer = CoupledSGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.apply([tf.zeros(1), tf.zeros(1)], [decayed, kept])
    assert float(decayed[0]) == pytest.approx(0.95)
    assert float(kept[0]) == 1.0


@pytest.mark.parametrize("cls", [CoupledSGD, CoupledAdam])
def test_sparse_gradient_equals_the_dense_one(cls):
    results = []
    for sparse in (False, True):
        table = keras.Variable(np.arange(6.0).reshape(3, 2))
        gradient = tf.IndexedSlices(
            tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([2, 2]), (3, 2)
        )
        if not sparse:
            gradient = tf.convert_to_tensor(gradient)
        cls(0.1, weight_decay=0.5).apply([gradient], [table])
        results.append(table.numpy())
    np.testing.assert_allclose(*results)
    assert np.all(results[0][1] != [2.0, 3.0])


@pytest.mark.parametrize(
    "optimizer",
    [
        CoupledSGD(0.2, weight_decay=0.1, global_clipnorm=5.0, **SGD),
        CoupledAdam(0.2, weight_decay=0.1, epsilon=1e-6, **ADAM),
    ],
)
def test_config_gives_an_equal_optimizer(optimizer):
    config = keras.optimizers.serialize(optimizer)
    again = keras.optimizers.deserialize(config)
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()


def test_first_step_of_adam_is_exact_in_float32():
    weight = keras.Variable([1.0, 1.0])
    optimizer = CoupledAdam(0.125, beta_1=0.0, beta_2=0.999)
    optimizer.apply([tf.constant([3.0, -1e-3])], [weight])
    np.testing.assert_allclose(weight, [0.875, 1.125], rtol=2e-6)


def test_adam_has_the_epsilon_of_torch():
    assert CoupledAdam().epsilon == 1e-8


def test_amsgrad_is_refused():
    with pytest.raises(ValueError, match="`amsgrad` is not offered"):
        CoupledAdam(amsgrad=True)
