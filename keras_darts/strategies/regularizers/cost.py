"""Prefers architectures that are small or fast."""

import keras
from keras import ops

from keras_darts.errors import unknown_name
from keras_darts.strategies.regularizers.regularizer import Regularizer
from keras_darts.supernet import MEASURES
from keras_darts.supernet import candidate_costs


@keras.saving.register_keras_serializable(package="keras_darts")
class Cost(Regularizer):
    """The expected cost of the cells, as a share of the highest.

    Each candidate counts by its mixing weight. One is the cost of cells with
    the most expensive candidate on every edge.

    Args:
        measure: `"parameters"`, or `"macs"` for multiplications. Defaults to
            `"macs"`.
        weight: Float, the term's factor. Defaults to `0.1`.

    Example:

    >>> Cost("parameters", weight=0.5).get_config()["measure"]
    'parameters'

    Reference: Xie et al., 2019, SNAS, section 2.3; Cai et al., 2019,
    ProxylessNAS, equation 5.
    """

    def __init__(self, measure="macs", weight=0.1, **kwargs):
        super().__init__(weight, **kwargs)
        if measure not in MEASURES:
            raise unknown_name("measure", measure, MEASURES)
        self.measure = measure
        self.costs = None

    def prepare(self, supernet):
        """Takes over what the candidates of a supernet cost."""
        if self.costs is None:
            self.costs = candidate_costs(supernet, self.measure)

    def term(self, logits, weights):
        highest = sum(table.max(axis=-1).sum() for table in self.costs.values())
        return ops.sum(
            [
                ops.sum(w * ops.convert_to_tensor(self.costs[kind], w.dtype))
                for kind, w in weights.items()
            ]
        ) / max(highest, 1.0)

    def get_config(self):
        return {**super().get_config(), "measure": self.measure}
