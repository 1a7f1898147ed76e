"""The alphas and betas of a search, and the mixing weights they give."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops


class ArchParameters(keras.layers.Layer):
    """Architecture parameters of all kinds of cells.

    Args:
        cells: Dictionary from the kind of a cell to its `CellSpec`.
        relaxation: Layer, `(logits (E, K), training)` -> weights (E, K).
        initializer: Keras initializer of the alphas and betas.
        edge_normalization: Boolean, whether each node weighs its edges by a
            softmax over betas. Defaults to `False`.

    Call: gives for each kind of cell its mixing weights (E, K) and its edge
    weights (E,), the latter `None` without edge normalisation.

    Reference: Liu et al., 2019, DARTS, equation 2; Xu et al., 2020, PC-DARTS,
    equation 3 for the edge weights.
    """

    def __init__(
        self, cells, relaxation, initializer, edge_normalization=False, **kwargs
    ):
        super().__init__(**kwargs)
        self.cells = dict(cells)
        self.relaxation = relaxation
        self.edge_normalization = edge_normalization
        self.alphas = {
            kind: self._parameter(
                f"alphas_{kind}",
                (len(spec.edges), spec.num_candidates),
                initializer,
            )
            for kind, spec in cells.items()
        }
        self.betas = {
            kind: self._parameter(
                f"betas_{kind}", (len(spec.edges),), initializer
            )
            for kind, spec in cells.items()
            if edge_normalization
        }

    @property
    def arch_variables(self):
        """All alphas in the order of the cells, then all betas."""
        return [*self.alphas.values(), *self.betas.values()]

    def call(self, training=None):
        return {
            kind: (
                self.relaxation(self.logits(kind), training=training),
                self._edge_weights(kind),
            )
            for kind in self.cells
        }

    def logits(self, kind):
        """The alphas, with those of absent candidates at minus infinity."""
        present = _present(self.cells[kind])
        alphas = ops.convert_to_tensor(self.alphas[kind])
        if present.all():
            return alphas
        return ops.where(present, alphas, ops.cast(-1e9, alphas.dtype))

    def _edge_weights(self, kind):
        if not self.edge_normalization:
            return None
        spec, betas = self.cells[kind], self.betas[kind]
        return ops.concatenate(
            [
                tf.nn.softmax(betas[edges[0] : edges[-1] + 1])
                for edges in map(spec.edges_into, spec.nodes)
            ]
        )

    def _parameter(self, name, shape, initializer):
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=keras.initializers.get(initializer).clone(),
            autocast=False,
        )


def _present(spec):
    """(E, K) booleans: which columns of the alphas stand for a candidate."""
    counts = np.array([len(edge) for edge in spec.primitives])
    return np.arange(spec.num_candidates) < counts[:, None]
