"""What has been decided of the mixing weights, while others are sought."""

import contextlib

import keras
import numpy as np
from keras import ops


class Decisions(keras.layers.Layer):
    """Takes the mixing weights of decided edges from variables.

    Args:
        spec: `CellSpec`.

    Call: (E, K) mixing weights give (E, K) with the decided rows.

    Example:

    >>> spec = kd.CellSpec.uniform(("skip_connect", "none"), num_nodes=1)
    >>> decisions = Decisions(spec)
    >>> decisions.decide(1, [0.0, 1.0])
    >>> decisions(np.full((2, 2), 0.5)).numpy().tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """

    def __init__(self, spec, **kwargs):
        super().__init__(**kwargs)
        self.spec = spec
        shape = (len(spec.edges), spec.num_candidates)
        options = {
            "initializer": "zeros",
            "trainable": False,
            "autocast": False,
        }
        self.decided = self.add_weight(
            name="decided", shape=shape[:1], **options
        )
        self.rows = self.add_weight(name="rows", shape=shape, **options)

    def call(self, weights):
        decided = ops.expand_dims(ops.greater(self.decided, 0), -1)
        return ops.where(decided, ops.cast(self.rows, weights.dtype), weights)

    def values(self):
        """Booleans (E,) and rows (E, K), as arrays."""
        return self.decided.numpy() > 0, np.array(self.rows.numpy())

    def decide(self, edge, row):
        decided, rows = self.values()
        decided[edge], rows[edge] = True, row
        self._assign(decided, rows)

    @contextlib.contextmanager
    def tried(self, edge, row):
        before = self.values()
        self.decide(edge, row)
        try:
            yield
        finally:
            self._assign(*before)

    def forget(self):
        self._assign(*(np.zeros_like(value) for value in self.values()))

    def _assign(self, decided, rows):
        self.decided.assign(decided.astype(self.decided.dtype))
        self.rows.assign(rows)
