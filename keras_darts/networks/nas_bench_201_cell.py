"""A cell of NAS-Bench-201 in a network that trains from scratch."""

import keras
from keras import ops

from keras_darts.networks import checks
from keras_darts.primitives import build_layer
from keras_darts.primitives import make_primitive


@keras.saving.register_keras_serializable(package="keras_darts")
class NasBench201Cell(keras.layers.Layer):
    """The cell of a genotype: a primitive an edge, the last node the output.

    A node is the sum of its edges, of which those with `none` give zeros.

    Args:
        genotype: `NasBench201Genotype`, or its text.
        filters: Integer, channels of the input and of every node.

    Call: `[inputs]`, as search cells take it.

    Example:

    >>> cell = NasBench201Cell("|nor_conv_1x1~0|+|none~0|skip_connect~1|", 4)
    >>> cell([np.ones((2, 8, 8, 4), "float32")]).shape
    TensorShape([2, 8, 8, 4])

    Reference: Dong and Yang, 2020, NAS-Bench-201, section 2.1.
    """

    def __init__(self, genotype, filters, **kwargs):
        super().__init__(**kwargs)
        self.genotype = checks.nas_bench_201(genotype)
        self.filters = filters
        self.ops = [
            make_primitive(name, filters)
            for name in self.genotype.edges
            if name != "none"
        ]

    def build(self, input_shape):
        for operation in self.ops:
            build_layer(operation, input_shape[0])

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def call(self, inputs, training=None):
        """[(B, H, W, C)] -> (B, H, W, C)."""
        states, operations = list(inputs), iter(self.ops)
        for node in self.genotype.nodes():
            there = [source for name, source in node if name != "none"]
            terms = [next(operations)(states[source]) for source in there]
            if training:
                # So that the weights of primitives which lead nowhere have a
                # gradient, if only of zeros.
                absent = [source for name, source in node if name == "none"]
                terms += [states[source] * 0 for source in absent]
            states.append(sum(terms[1:], terms[0]) if terms else _zeros(states))
        return states[-1]

    def get_config(self):
        return {
            **super().get_config(),
            "genotype": self.genotype.to_text(),
            "filters": self.filters,
        }


def _zeros(states):
    return ops.zeros_like(states[0])
