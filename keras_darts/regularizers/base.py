"""Base class of the terms of the architecture loss."""

import keras


class Regularizer(keras.layers.Layer):
    """Abstract: a function of logits and mixing weights, times a factor.

    The factor lies in a variable that a schedule can move. It is named after
    the class: `zero_one_weight` for `ZeroOne`. A subclass has `term`, and
    `prepare(supernet)` if it must know the network.

    Args:
        weight: Float, the first value of the factor.

    Example:

    >>> class Square(Regularizer):
    ...     def term(self, logits, weights):
    ...         return sum(keras.ops.sum(a**2) for a in logits.values())
    >>> float(Square(0.5)({"normal": np.ones((2, 3), "float32")}, {}))
    3.0
    """

    def __init__(self, weight, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.weight = weight
        self.factor = self.add_weight(
            name=f"{_snake_case(type(self).__name__)}_weight",
            shape=(),
            initializer=keras.initializers.Constant(weight),
            trainable=False,
            autocast=False,
        )

    def call(self, logits, weights):
        """`{kind: (E, K)}` logits and mixing weights -> scalar."""
        return self.factor * self.term(logits, weights)

    def term(self, logits, weights):
        """The term without its factor."""
        raise NotImplementedError

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}


def _snake_case(name):
    words = "".join(f" {c}" if c.isupper() else c for c in name).split()
    return "_".join(words).lower()
