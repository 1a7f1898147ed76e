"""The step that SGD is about to take, without taking it."""

import keras
from keras import ops

from keras_darts.supernet import packed


def coming_step(optimizer, weights, gradients):
    """Where `optimizer` would move `weights` with these gradients.

    Args:
        optimizer: A built `keras.optimizers.SGD`.
        weights: The present values of its variables, packed.
        gradients: Their gradients, packed.

    Returns:
        The coming values, packed: momentum, weight decay and the current
        learning rate are those of the optimizer, clipping is left out.

    Raises:
        ValueError: if the optimizer is not SGD.

    Reference: the unrolled point of DARTS, equation 6, with the optimizer's
    momentum as in the published code.
    """
    if not isinstance(optimizer, keras.optimizers.SGD):
        raise ValueError(
            "`optimizer` must be SGD for an unrolled architect, which foresees "
            f"its coming step. Received: {type(optimizer).__name__}"
        )
    # Keras keeps the learning rate inside its momentum: v <- mu v - lr g.
    momentums = packed(optimizer.momentums) or [0.0] * len(weights)
    rate = optimizer.learning_rate
    decay = optimizer.weight_decay or 0.0
    return [
        w + _velocity(optimizer, m, ops.cast(rate, w.dtype) * (g + decay * w))
        for w, m, g in zip(weights, momentums, gradients, strict=True)
    ]


def _velocity(optimizer, momentum, step):
    velocity = optimizer.momentum * momentum - step
    if optimizer.nesterov and optimizer.momentum:
        return optimizer.momentum * velocity - step
    return velocity
