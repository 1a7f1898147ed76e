"""Contract tests of layers and of pieces with a config."""

from __future__ import annotations

import inspect
import json
import pathlib
import tempfile
import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_darts.search.mixed_precision import default_policy
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape


def run_config_test(piece: Any) -> None:
    """Every argument of the constructor comes back from `get_config`.

    Args:
        piece: Object with `get_config`: a layer, or a piece of a strategy.

    Raises:
        AssertionError: if an argument is missing, the config is not plain
            data, or what is made from it has another config.

    Example:

    >>> run_config_test(kd.architects.Unrolled(hessian="exact"))
    """
    cls, config = type(piece), piece.get_config()
    missing = _arguments(cls) - set(config)
    assert not missing, f"the config of {cls.__name__} lacks {missing}"
    plain = json.loads(json.dumps(config))
    copy = from_config(cls, plain)
    again = json.loads(json.dumps(copy.get_config()))
    assert again == plain, f"{again} from {plain}"


def run_layer_test(layer: keras.Layer, input_shape: Shape) -> None:
    """A layer of one input keeps what Keras' layers promise.

    Its config gives an equal layer, a gradient reaches each trainable
    variable, its outputs are finite in half precision too, and a model that
    holds it is the same after it was saved and loaded.

    Args:
        layer: A Keras layer, not built yet.
        input_shape: Tuple, without the batch.

    Raises:
        AssertionError: if one of these does not hold.

    Example:

    >>> run_layer_test(keras.layers.Dense(3), (4,))
    """
    run_config_test(layer)
    inputs = images(input_shape)
    assert_gradient_reaches_variables(layer, inputs)
    assert_finite(layer(inputs))
    assert_serves_in_half_precision(layer, inputs)
    assert_saves(layer, inputs)


def from_config(cls: type, config: Config) -> Any:
    """An object of a class from its config, in Keras' way or plainly."""
    if hasattr(cls, "from_config"):
        return cls.from_config(config)
    return cls(**config)


def images(shape: Sequence[int], count: int = 2, seed: int = 0) -> np.ndarray:
    """Normal numbers, the same for the same arguments."""
    generator = np.random.default_rng(seed)
    return generator.normal(size=(count, *shape)).astype("float32")


def assert_finite(values: Any) -> None:
    assert np.isfinite(keras.ops.convert_to_numpy(values)).all()


def assert_gradient_reaches_variables(layer: keras.Layer, *inputs: Any) -> None:
    """Of a random projection of the outputs, so that no sum is constant."""
    with tf.GradientTape() as tape:
        outputs = layer(*inputs, training=True)
        projection = images(outputs.shape[1:], outputs.shape[0], seed=1)
        loss = tf.reduce_sum(outputs * projection)
    variables = layer.trainable_variables
    gradients = tape.gradient(loss, [v.value for v in variables])
    for variable, gradient in zip(variables, gradients, strict=True):
        assert gradient is not None, f"no gradient reaches {variable.path}"
        assert np.any(gradient), f"the gradient of {variable.path} is zero"


def assert_serves_in_half_precision(layer: keras.Layer, inputs: Any) -> None:
    config = {**layer.get_config()}
    config.pop("dtype", None)
    with default_policy("mixed_float16"):
        half = from_config(type(layer), config)
        outputs = half(inputs.astype("float16"), training=True)
    assert outputs.dtype == "float16", f"the outputs are {outputs.dtype}"
    assert_finite(outputs)


def assert_saves(layer: keras.Layer, inputs: Any) -> None:
    tensor = keras.Input(inputs.shape[1:])
    model = keras.Model(tensor, layer(tensor))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # Keras 3.15 saves by a way of NumPy that NumPy 2.4 deprecates.
        warnings.filterwarnings("ignore", "__array__ implementation")
        # A layer may leave its `build` out; whether it comes back is seen.
        warnings.filterwarnings("ignore", r"`build\(\)` was called")
        path = pathlib.Path(folder) / "model.keras"
        model.save(path)
        loaded = keras.models.load_model(path)
    np.testing.assert_array_equal(model(inputs), loaded(inputs))


def _arguments(cls):
    if cls.__module__.startswith("keras."):
        return set()  # Some of Keras' own layers leave arguments out.
    named = (
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.KEYWORD_ONLY,
    )
    parameters = inspect.signature(cls).parameters.values()
    return {p.name for p in parameters if p.kind in named}
