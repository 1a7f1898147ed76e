"""Primitives along time: against PyTorch and NumPy, and blind to padding."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts import primitives
from keras_darts.primitives import make_primitive

NAMES = (
    "none",
    "skip_connect",
    "max_pool_1d_3",
    "avg_pool_1d_3",
    "conv_1d_3",
    "conv_1d_5",
    "conv_1d_7",
    "dil_conv_1d_3",
    "dil_conv_1d_5",
    "self_attention",
)
TRAINED = [n for n in NAMES if "conv" in n or "attention" in n]
RNG = np.random.default_rng(0)


def sequences(count=2, length=8, channels=6):
    shape = (count, length, channels)
    return RNG.normal(size=shape).astype("float32")


def padded(x, positions):
    return np.pad(x, [(0, 0), (0, positions), (0, 0)])


@pytest.fixture(scope="module")
def functional():
    """`torch.nn.functional`, for arrays (B, T, C) and kernels (K, I, O)."""
    torch = pytest.importorskip("torch", reason="pip install torch")

    def call(name, x, *arguments, **options):
        tensors = [
            torch.from_numpy(np.array(a).transpose(2, 1, 0).copy())
            if isinstance(a, np.ndarray)
            else a
            for a in arguments
        ]
        x = torch.from_numpy(x.transpose(0, 2, 1).copy())
        outputs = getattr(torch.nn.functional, name)(x, *tensors, **options)
        return outputs.numpy().transpose(0, 2, 1)

    return call


def assert_equal(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_the_names_for_sequences_are_known():
    assert set(primitives.names(rank=3)) >= set(NAMES)
    assert "sep_conv_3x3" not in primitives.names(rank=3)
    assert primitives.ranks("none") == (4, 3)


@pytest.mark.parametrize("rank", [2, (3, 5), ()])
def test_a_rank_that_nothing_has_is_refused(rank):
    with pytest.raises(ValueError, match="`rank` must be 4 for images, 3"):
        kd.register_primitive("test_ranked", rank=rank)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_the_stride_divides_the_length(name, stride):
    outputs = make_primitive(name, 6, stride=stride)(sequences())
    assert outputs.shape == (2, 8 // stride, 6)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", TRAINED)
def test_a_gradient_reaches_each_variable_and_the_input(name, stride):
    layer = make_primitive(name, 6, stride=stride)
    x = tf.constant(sequences())
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.sin(layer(x, training=True)))
    assert layer.trainable_variables
    gradients = tape.gradient(loss, [x, *layer.trainable_variables])
    assert all(np.any(gradient) for gradient in gradients)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [3, 5, 7])
def test_a_convolution_is_that_of_pytorch(functional, size, stride):
    layer, x = make_primitive(f"conv_1d_{size}", 4, stride=stride), sequences()
    outputs = layer(x) * np.sqrt(1 + 1e-5)
    expected = functional(
        "conv1d",
        np.maximum(x, 0),
        layer.kernel.numpy(),
        stride=stride,
        padding=size // 2,
    )
    assert_equal(outputs, expected)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [3, 5])
def test_a_dilated_convolution_is_that_of_pytorch(functional, size, stride):
    layer = make_primitive(f"dil_conv_1d_{size}", 4, stride=stride)
    x = sequences()
    outputs = layer(x) * np.sqrt(1 + 1e-5)
    depthwise = layer.depthwise.numpy().transpose(0, 2, 1)
    expected = functional(
        "conv1d",
        np.maximum(x, 0),
        depthwise,
        stride=stride,
        padding=size - 1,
        dilation=2,
        groups=6,
    )
    expected = functional("conv1d", expected, layer.pointwise.numpy())
    assert_equal(outputs, expected)


@pytest.mark.parametrize("shift", [0.0, -10.0])
@pytest.mark.parametrize("stride", [1, 2])
def test_pools_are_those_of_pytorch(functional, stride, shift):
    x = sequences() + np.float32(shift)
    expected = functional("max_pool1d", x, 3, stride=stride, padding=1)
    assert_equal(primitives.MaxPool1D(stride)(x), expected)
    expected = functional(
        "avg_pool1d", x, 3, stride=stride, padding=1, count_include_pad=False
    )
    assert_equal(primitives.AvgPool1D(stride)(x), expected)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_reduction_sees_even_and_odd_positions(stride):
    layer, x = primitives.FactorizedReduce(4, normalization=None), sequences()
    outputs = layer(x)
    even = np.maximum(x[:, ::2], 0) @ layer.even.numpy()[0]
    odd = np.maximum(x[:, 1::2], 0) @ layer.odd.numpy()[0]
    assert_equal(outputs, np.concatenate([even, odd], axis=-1))


@pytest.mark.parametrize("stride", [1, 2])
def test_attention_is_its_formula(stride):
    layer = primitives.SelfAttention(6, stride, normalization=None, heads=3)
    x = sequences()
    outputs = layer(x)
    query, key, value, output = (v.numpy() for v in layer.trainable_variables)
    heads = []
    for head in range(3):
        of_head = slice(2 * head, 2 * head + 2)
        q = x[:, ::stride] @ query[:, of_head]
        scores = q @ (x @ key[:, of_head]).transpose(0, 2, 1) / np.sqrt(2)
        weights = np.exp(scores)
        weights /= weights.sum(axis=-1, keepdims=True)
        heads.append(weights @ (x @ value[:, of_head]))
    assert_equal(outputs, np.concatenate(heads, axis=-1) @ output)


@pytest.mark.parametrize("stride", [1, 2])
def test_attention_to_padded_sentences_is_the_same_in_litert(stride, tmp_path):
    litert = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="pip install keras_darts[litert]"
    )
    layer, x = make_primitive("self_attention", 6, stride=stride), sequences()
    x = padded(x, 4)
    expected = layer(x)
    archive = keras.export.ExportArchive()
    archive.track(layer)
    signature = [tf.TensorSpec((None, *x.shape[1:]), tf.float32, name="x")]
    archive.add_endpoint("serving_default", layer, input_signature=signature)
    archive.write_out(str(tmp_path), verbose=False)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path))
    interpreter = litert.Interpreter(model_content=converter.convert())
    (outputs,) = interpreter.get_signature_runner()(x=x).values()
    assert_equal(outputs, expected)


def test_heads_divide_the_filters():
    heads = [make_primitive("self_attention", n).heads for n in (8, 6, 5)]
    assert heads == [4, 2, 1]
    with pytest.raises(ValueError, match="`heads` must divide `filters`"):
        primitives.SelfAttention(6, heads=4)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_padding_moves_no_output_before_it(name, stride):
    layer, x = make_primitive(name, 6, stride=stride), sequences(length=6)
    expected = layer(x)
    outputs = layer(padded(x, 10))
    assert_equal(outputs[:, : expected.shape[1]], expected)


def test_nothing_but_padding_gives_finite_outputs():
    x = np.zeros((2, 8, 6), "float32")
    for name in NAMES:
        assert np.isfinite(make_primitive(name, 6)(x, training=True)).all()


def test_mean_and_maximum_are_those_of_the_words():
    x = sequences() - 10
    present = primitives.presence(padded(x, 4))
    result = primitives.mean_and_max(padded(x, 4), present)
    expected = np.concatenate([x.mean(axis=1), x.max(axis=1)], axis=-1)
    assert_equal(result, expected)


def test_the_stem_gives_zeros_for_padding_alone():
    ids = np.array([[3, 5, 9, 0, 0, 0], [1, 2, 0, 0, 0, 0]])
    stem = primitives.TokenStem(10, embedding_size=5, filters=4)
    features = stem(ids, training=True).numpy()
    np.testing.assert_array_equal(np.any(features, axis=-1), ids > 0)


def test_the_stem_drops_features_in_training_only():
    ids = np.arange(1, 9).reshape(1, 8)
    stem = primitives.TokenStem(10, 5, filters=4, dropout=0.5)
    np.testing.assert_array_equal(stem(ids), stem(ids))
    assert np.any(stem(ids, training=True) != stem(ids, training=True))
    kd.testing.run_config_test(stem)
