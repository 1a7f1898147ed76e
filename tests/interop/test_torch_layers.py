"""Each primitive against PyTorch's: values, statistics and gradients."""

import numpy as np
import pytest
import tensorflow as tf

from keras_darts.interop import load_torch_weights
from keras_darts.interop import to_torch_weights
from keras_darts.primitives import ConvBN
from keras_darts.primitives import FactorizedReduce
from keras_darts.primitives import ReLUConvBN
from keras_darts.primitives import make_primitive
from keras_darts.primitives import names
from keras_darts.supernet import MixedOp

torch = pytest.importorskip("torch", reason="pip install keras_darts[torch]")
oracle = pytest.importorskip("darts_oracle")

PRIMITIVES = (
    "none",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "sep_conv_7x7",
    "dil_conv_3x3",
    "dil_conv_5x5",
    "conv_7x1_1x7",
)
CASES = [(name, stride) for name in PRIMITIVES for stride in (1, 2)]


def images(shape=(3, 8, 10, 6), seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def to_torch(array):
    return torch.from_numpy(array.transpose(0, 3, 1, 2).copy())


def to_keras(tensor):
    return tensor.detach().numpy().transpose(0, 2, 3, 1)


def floats(module):
    return {
        name: value.numpy().copy()
        for name, value in module.state_dict().items()
        if value.is_floating_point()
    }


def moved_by(layer, gradients):
    """Gradients under PyTorch's names, read from what a step of 1 changes."""
    before = to_torch_weights(layer)
    for variable, gradient in zip(
        layer.trainable_variables, gradients, strict=True
    ):
        variable.assign_sub(gradient)
    after = to_torch_weights(layer)
    return {name: before[name] - after[name] for name in before}


def assert_equal(ours, theirs, tolerance=1e-5):
    scale = max(1.0, float(np.abs(theirs).max()))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * scale)


def assert_same(layer, module, inputs, *arguments):
    """Outputs in both modes, statistics after training, gradients."""
    oracle.shaken(module)
    layer.build(inputs.shape)
    load_torch_weights(layer, module.state_dict())
    x, theirs = tf.constant(inputs), to_torch(inputs).requires_grad_()
    extra = [torch.from_numpy(a) for a in arguments]
    module.eval()
    expected = to_keras(module(theirs, *extra))
    assert_equal(layer(x, *arguments, training=False), expected)
    module.train()
    expected = module(theirs, *extra)
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x, *arguments, training=True)
        loss = tf.reduce_sum(tf.sin(outputs))
    assert_equal(outputs, to_keras(expected))
    statistics = floats(module)
    for name, value in to_torch_weights(layer).items():
        assert_equal(value, statistics[name])
    expected.sin().sum().backward()
    by_input, by_weights = tape.gradient(
        loss,
        (x, layer.trainable_variables),
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    assert_equal(by_input, to_keras(theirs.grad))
    moved = moved_by(layer, by_weights)
    for name, parameter in module.named_parameters():
        assert_equal(moved[name], parameter.grad.numpy(), 2e-5)


def test_the_table_knows_every_primitive_of_the_field():
    ours = {name for name in names() if "doctest" not in name}
    assert set(PRIMITIVES) <= ours


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(("name", "stride"), CASES)
def test_a_primitive_is_that_of_pytorch(name, stride, affine):
    layer = make_primitive(name, 6, stride=stride, affine=affine)
    module = oracle.primitive(name, 6, stride, affine)
    assert_same(layer, module, images())


@pytest.mark.parametrize("stride", [1, 2])
def test_a_mixed_edge_is_that_of_pytorch(stride):
    layer = MixedOp(PRIMITIVES, 6, stride)
    module = oracle.MixedEdge(PRIMITIVES, 6, stride)
    weights = np.random.default_rng(1).random(len(PRIMITIVES), "float32")
    assert_same(layer, module, images(), weights)


@pytest.mark.parametrize("affine", [True, False])
def test_what_comes_before_a_cell_is_that_of_pytorch(affine):
    wide = images((2, 8, 8, 12))
    assert_same(
        ReLUConvBN(6, 1, affine=affine),
        oracle.relu_conv_bn(12, 6, affine),
        wide,
    )
    assert_same(
        FactorizedReduce(6, affine), oracle.Halving(12, 6, affine), wide
    )


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_stem_is_that_of_pytorch(channels, stride):
    module = torch.nn.Sequential(
        oracle.conv(channels, 12, 3, stride, padding=1),
        torch.nn.BatchNorm2d(12),
    )
    inputs = images((2, 8, 8, channels))
    assert_same(ConvBN(12, 3, stride), module, inputs)
