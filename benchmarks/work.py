"""How many multiplications a step is made of, by the formulas of its layers.

They are those of the convolutions and linear layers that the papers define,
however a code computes them, so that all codes are measured by one count.
"""

import functools

from keras_darts.analysis import count_macs
from keras_darts.primitives import ConvBN
from keras_darts.primitives import FactorizedReduce
from keras_darts.primitives import ReLUConvBN
from keras_darts.primitives import make_primitive

# In passes through the network, each as costly as the one forward: the
# gradient of a product costs a product for either factor. The gradient for
# alphas needs none of the weights'. A product with the second derivative is a
# forward and a backward pass, and two products for each of theirs but those
# for the weights' gradients, which nobody reads.
WEIGHTS, ALPHAS, MIXED = 3, 2, 6
PASSES = {
    "weight": WEIGHTS,
    "first_order": ALPHAS + WEIGHTS,
    # The look ahead, the gradient there and one on either side.
    "second_order": WEIGHTS + WEIGHTS + 2 * ALPHAS + WEIGHTS,
    "exact": WEIGHTS + WEIGHTS + MIXED + WEIGHTS,
    "training": WEIGHTS,
    "prediction": 1,
}


def flop(cell_type, macs):
    """Of a step, where a pass has so many multiply-accumulates."""
    return 2 * PASSES[cell_type] * macs


def supernet_macs(space, image_shape, num_classes):
    """Those of an image in the supernet of a space with square images."""
    side, _, channels = image_shape
    width, filters = space.stem_multiplier * space.filters, space.filters
    total = macs_of(_stem, width, side, channels)
    before = last = (side, width)
    for index in range(space.num_cells):
        spec = space.cells[space.cell_type(index)]
        filters *= 2 if spec.reduction else 1
        halved = index - 1 in space.reduction_indices
        total += macs_of(
            FactorizedReduce if halved else _relu_conv_bn, filters, *before
        )
        total += macs_of(_relu_conv_bn, filters, *last)
        side = last[0] // 2 if spec.reduction else last[0]
        for k, names in enumerate(spec.primitives):
            stride = spec.stride(k)
            total += sum(
                macs_of(_candidate(name, stride), filters, stride * side)
                for name in names
            )
        before, last = last, (side, len(spec.concat) * filters)
    return total + last[1] * num_classes


def recurrent_macs(num_products, units, vocabulary_size):
    """Those of a token in a language model with one recurrent cell.

    Args:
        num_products: Integer, the products of a state (H) with a matrix
            (H, 2H) in the cell; that of the input and the state is two.
        units: Integer, H.
        vocabulary_size: Integer.
    """
    return num_products * 2 * units**2 + vocabulary_size * units


@functools.cache
def macs_of(make, filters, side, channels=None):
    """Those of a layer on a square image of so many channels."""
    layer = make(filters)
    shape = (side, side, channels or filters)
    layer.build((None, *shape))
    return count_macs(layer, shape)


@functools.cache
def _candidate(name, stride):
    return lambda filters: make_primitive(name, filters, stride=stride)


_stem = functools.partial(ConvBN, kernel_size=3)
_relu_conv_bn = functools.partial(ReLUConvBN, kernel_size=1)
