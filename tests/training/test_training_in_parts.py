"""A batch in parts trains as the whole batch does."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.networks.cell_network import ScaledImages
from keras_darts.networks.gradient_accumulation import TrainedInParts


class Small(ScaledImages, TrainedInParts):
    """A network without batch normalisation, as recipes take it."""

    num_classes = 2
    input_shape = (None, 2, 2, 1)

    def __init__(self):
        super().__init__()
        self.flatten = keras.layers.Flatten()
        self.dense = keras.layers.Dense(2)
        self.build((None, 2, 2, 1))

    def build(self, input_shape):
        self.dense.build((None, 4))

    def call(self, images, training=None):
        return self.dense(self.flatten(self._scaled(images)))


def trained(steps, network=None, *, batch_size=8, optimizer=None, **options):
    """Clipped at every step, at a rate that falls with the steps."""
    keras.utils.set_random_seed(0)
    network = network or Small()
    schedule = kd.schedules.EpochCosineDecay(0.5, 0.0, 2, 2)
    recipe = kd.training.Recipe(
        num_train=16,
        epochs=2,
        batch_size=batch_size,
        optimizer=optimizer
        or kd.training.CoupledSGD(
            schedule, momentum=0.9, weight_decay=1e-2, global_clipnorm=0.1
        ),
        mean=(0.0,),
        variance=(1.0,),
    )
    recipe.compile(network)
    shape = (16, *network.input_shape[1:])
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    y = np.arange(16) % 2
    history = recipe.fit(
        network,
        tf.data.Dataset.from_tensor_slices((x, y)),
        verbose=0,
        gradient_accumulation_steps=steps,
        **options,
    )
    return network, history.history


def test_parts_give_the_step_of_the_whole_batch():
    (whole, losses), (parts, others) = trained(1), trained(4)
    for one, other in (
        (whole.variables, parts.variables),
        (whole.optimizer.variables, parts.optimizer.variables),
    ):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-6)
    assert int(parts.optimizer.iterations) == 4
    rates = [float(n.optimizer.learning_rate) for n in (whole, parts)]
    assert rates[0] == rates[1] < 0.5
    np.testing.assert_allclose(losses["loss"], others["loss"], rtol=1e-5)
    assert losses["accuracy"] == others["accuracy"]


def test_each_part_goes_through_the_network_by_itself(monkeypatch):
    sizes, call = [], Small.call

    def measured(self, images, training=None):
        sizes.append(images.shape[0])
        return call(self, images, training)

    monkeypatch.setattr(Small, "call", measured)
    network = Small()
    trained(2, network)
    assert set(sizes) == {4}
    # Traced again, where the parts are others.
    trained(1, network)
    assert set(sizes) == {4, 8}


@pytest.mark.parametrize("optimizer", ["CoupledSGD", "CoupledAdam"])
def test_half_precision_in_parts_scales_the_loss(optimizer, policy):
    policy("mixed_float16")
    made = getattr(kd.training, optimizer)(0.1, global_clipnorm=1.0)
    network = Small()
    before = network.dense.kernel.numpy()
    network, history = trained(2, network, optimizer=made)
    scaled = network.optimizer
    assert isinstance(scaled, keras.optimizers.LossScaleOptimizer)
    assert isinstance(scaled.inner_optimizer, type(made))
    assert int(scaled.inner_optimizer.iterations) == 4
    assert np.any(network.dense.kernel.numpy() != before)
    # Too large a scale: the step is left out, and the scale halved.
    kernel = network.dense.kernel.numpy()
    scaled.dynamic_scale.assign(2.0**127)
    network.train_on_batch(np.ones((8, 2, 2, 1), "float32"), np.ones(8))
    assert float(scaled.dynamic_scale) == 2.0**126
    np.testing.assert_array_equal(network.dense.kernel.numpy(), kernel)


@pytest.mark.parametrize("steps", [3, 0, 1.5])
def test_parts_that_are_none_of_a_batch_are_refused(steps):
    with pytest.raises(ValueError, match="`gradient_accumulation_steps` must"):
        trained(steps)


def test_texts_are_not_cut_into_parts():
    model = kd.networks.RecurrentLanguageModel("rnn_darts_v2", 5, hidden_size=3)
    recipe = kd.training.small_language_model_recipe(model, batch_size=2)
    ids = np.arange(200) % 5
    with pytest.raises(ValueError, match="must be 1 for language"):
        recipe.fit(model, ids, ids, gradient_accumulation_steps=2)
