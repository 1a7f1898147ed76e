"""How sharply the search loss bends in the architecture."""

import math

import numpy as np
import tensorflow as tf

from keras_darts import analysis
from keras_darts.search.graph_optimizer import graph_optimizer


def largest_eigenvalue(search, batch, **options):
    """That of the Hessian of the search loss, as Robust DARTS measures it.

    The weight decay of the architecture's optimizer is part of the loss.

    Args:
        search: A `DartsSearch`.
        batch: Tuple (x, y) or (x, y, sample weight).
        **options: Of `analysis.largest_eigenvalue`.

    Reference: Zela et al., 2020, Understanding and robustifying
    differentiable architecture search, section 4.
    """
    size = sum(math.prod(v.shape) for v in search.arch_variables)
    product = search.hessian_product(batch)
    value = analysis.largest_eigenvalue(product, size, **options)
    return value + (search.arch_optimizer.weight_decay or 0.0)


def as_arrays(search, function, batch):
    """`function(batch, vector)` for a batch, from vector to vector."""
    batch = tf.nest.map_structure(tf.convert_to_tensor, tuple(batch))
    dtype = search.arch_variables[0].dtype

    def product(vector):
        vector = tf.convert_to_tensor(np.asarray(vector), dtype)
        with graph_optimizer(search.graph_optimizer):
            return function(batch, vector).numpy()

    return product
