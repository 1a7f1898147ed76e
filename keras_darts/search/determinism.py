"""Runs that are equal to the last bit."""

import tensorflow as tf

from keras_darts import strategies
from keras_darts.strategies.callbacks import StopOnEigenvalue


def make_deterministic(strategy):
    """Lets TensorFlow use operations that always give the same bits.

    This is for the whole process, and can't be taken back.

    Args:
        strategy: Name, `SearchStrategy` or config.

    Raises:
        ValueError: for a strategy with second derivatives, which are summed
            in an order that differs from run to run.
    """
    whole = strategies.get(strategy)
    for stage in range(max(1, len(whole.stages))):
        pieces = whole.at_stage(stage)
        if getattr(pieces.architect, "hessian", None) == "exact":
            raise _second_derivatives("architect", pieces.architect)
        check_callbacks(pieces.callbacks)
    tf.config.experimental.enable_op_determinism()


def check_callbacks(callbacks):
    """Raises a `ValueError` for one that takes second derivatives."""
    for callback in callbacks:
        if isinstance(callback, StopOnEigenvalue):
            raise _second_derivatives("callbacks", callback)


def _second_derivatives(name, piece):
    return ValueError(
        f"`{name}` must take no second derivatives for deterministic=True: "
        "the finite difference does without. "
        f"Received: {type(piece).__name__}"
    )
