"""Primitives by name, the user's own among them."""

import keras
import numpy as np
import pytest

import keras_darts as kd
from keras_darts import primitives
from keras_darts.primitives import make_primitive


def test_the_names_of_the_field_are_known():
    assert set(primitives.names()) >= {
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
    }


def test_unknown_primitive_names_the_nearest():
    with pytest.raises(ValueError, match="Did you mean sep_conv_3x3"):
        make_primitive("sep_conv_3x", 8)


def test_skip_connect_reduces_where_it_has_to():
    assert isinstance(make_primitive("skip_connect", 8), primitives.Identity)
    reduce = make_primitive("skip_connect", 8, stride=2, affine=False)
    assert isinstance(reduce, primitives.FactorizedReduce)
    assert not reduce.affine


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Twice (k*k depthwise + filters pointwise + 2 of the BN) a channel.
        ("sep_conv_3x3", 2 * 8 * (9 + 8 + 2)),
        ("sep_conv_7x7", 2 * 8 * (49 + 8 + 2)),
        ("dil_conv_5x5", 8 * (25 + 8 + 2)),
        ("conv_7x1_1x7", 8 * (7 * 8 + 7 * 8 + 2)),
        ("skip_connect", 0),
        ("max_pool_3x3", 0),
        ("none", 0),
    ],
)
def test_weights_are_as_many_as_the_definition_says(name, expected):
    layer = make_primitive(name, 8)
    layer(np.ones((1, 8, 8, 8), "float32"))
    sizes = [int(np.prod(v.shape)) for v in layer.trainable_variables]
    assert sum(sizes) == expected


@pytest.mark.parametrize("normalization", ["batch", None])
def test_normalization_reaches_the_primitive(normalization):
    layer = make_primitive("dil_conv_3x3", 8, normalization=normalization)
    layer(np.ones((1, 8, 8, 8), "float32"))
    assert bool(layer.non_trainable_variables) == (normalization == "batch")


@kd.register_primitive("test_ghost_conv")
class GhostConv(keras.layers.Layer):
    """Without a `build`: its layers are made when it is first called."""

    def __init__(self, filters, stride=1, affine=True, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.stride = stride
        self.affine = affine
        half = filters // 2
        self.primary = keras.layers.Conv2D(half, 1, stride, use_bias=False)
        self.cheap = keras.layers.DepthwiseConv2D(3, padding="same")

    def call(self, inputs):
        x = self.primary(keras.ops.relu(inputs))
        return keras.ops.concatenate([x, self.cheap(x)], axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "stride": self.stride,
            "affine": self.affine,
        }


@kd.register_primitive("test_plain_conv")
def plain_conv(filters, stride, affine):
    return keras.layers.Conv2D(
        filters, 3, stride, padding="same", use_bias=affine
    )


@pytest.mark.parametrize("name", ["test_ghost_conv", "test_plain_conv"])
def test_a_users_primitive_stands_every_test(name):
    kd.testing.run_primitive_test(name)


def test_a_users_mistakes_are_found():
    @kd.register_primitive("test_widening_conv")
    def widening(filters, stride, affine):
        return keras.layers.Conv2D(2 * filters, 1, stride)

    with pytest.raises(AssertionError, match="at stride 1"):
        kd.testing.run_primitive_test("test_widening_conv")


@pytest.mark.parametrize("name", ["two words", "", 3, None])
def test_a_name_that_no_genotype_could_print_is_refused(name):
    with pytest.raises(ValueError, match="`name` must be an identifier"):
        kd.register_primitive(name)
