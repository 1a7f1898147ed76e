"""Pushes each edge towards one candidate, or away from it."""

import dataclasses

from keras import ops


@dataclasses.dataclass(frozen=True)
class Entropy:
    """Mean entropy of the mixing weights of an edge, in nats.

    Args:
        weight: Float, the term's factor in the architecture loss; a negative
            one spreads the weights. Defaults to `1.0`.

    Example:

    >>> uniform = np.full((14, 8), 1 / 8, "float32")
    >>> round(float(Entropy()({"normal": None}, {"normal": uniform})), 4)
    2.0794
    """

    weight: float = 1.0

    def __call__(self, logits, weights):
        """`{kind: (E, K)}` logits and mixing weights -> scalar."""
        entropies = [
            -ops.sum(w * ops.log(ops.maximum(w, 1e-12)), axis=-1)
            for w in weights.values()
        ]
        return self.weight * ops.mean(ops.concatenate(entropies))

    def get_config(self):
        return dataclasses.asdict(self)
