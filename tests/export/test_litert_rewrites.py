"""A model of 8 bits does the same after its ReLUs were put otherwise."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts.export.litert_converter import with_fast_relus
from keras_darts.export.litert_converter import without_interpreter_warning

interpreter = pytest.importorskip(
    "ai_edge_litert.interpreter", reason="pip install keras_darts[litert]"
)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).standard_normal((16, 8, 8, 3), "float32")


def _converted(images, *, integers):
    """A cell in small: ReLUs of what has other uses, and one of a sum."""
    layers = keras.layers
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(8, 3, padding="same")(image)
    y = layers.Conv2D(8, 1)(layers.ReLU()(x))
    x = layers.Add()([x, y])
    x = layers.Conv2D(8, 1)(layers.ReLU()(layers.Concatenate()([x, y])))
    logits = layers.Dense(4)(layers.GlobalAveragePooling2D()(x))
    converter = tf.lite.TFLiteConverter.from_keras_model(
        keras.Model(image, logits)
    )
    if integers:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([x[None]] for x in images)
    with without_interpreter_warning():
        return converter.convert()


def _operations(model):
    plain = interpreter.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    opened = interpreter.Interpreter(
        model_content=model, experimental_op_resolver_type=plain
    )
    return [details["op_name"] for details in opened._get_ops_details()]


def _logits(model, images):
    runner = interpreter.Interpreter(model_content=model).get_signature_runner()
    (name,) = runner.get_input_details()
    (logits,) = runner(**{name: images}).values()
    return logits


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")
def test_the_answers_are_the_same_to_the_last_bit(images):
    model = _converted(images, integers=True)
    before = _operations(model)
    assert before.count("RELU") == 2
    rewritten = with_fast_relus(model)
    after = _operations(rewritten)
    assert "RELU" not in after
    assert after.count("MINIMUM") == after.count("SUB") == 2
    assert len(after) == len(before) + 2
    # Of one image and of several.
    for batch in (images[:1], images):
        np.testing.assert_array_equal(
            _logits(rewritten, batch), _logits(model, batch)
        )
    assert with_fast_relus(rewritten) == rewritten


def test_models_of_floats_stay_as_they_are(images):
    model = _converted(images, integers=False)
    assert "RELU" in _operations(model)
    assert with_fast_relus(model) == model
