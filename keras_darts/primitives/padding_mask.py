"""Masks of the padding in batches of sentences.

The one convention for sequences (B, T, C): at a padded position all features
are zero. Cells multiply every state by the presence of its positions, so that
a convolution sees behind a sentence what it sees at a border, and what has to
tell padding from words (a pool, an attention) looks for the zeros. So the
logits of a sentence don't depend on how much padding follows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras import ops

from keras_darts.primitives.conv_ops import strided

if TYPE_CHECKING:
    import tensorflow as tf


PAD = 0


def padding_mask_of_ids(ids: tf.Tensor) -> tf.Tensor:
    """(B, T) -> (B, T, 1), 1 where an id is no padding, else 0."""
    return ops.cast(ops.expand_dims(ids, -1) != PAD, "float32")


def presence(states: tf.Tensor) -> tf.Tensor:
    """(B, T, C) -> (B, T, 1), 0 where all features are zero, else 1."""
    there = ops.any(states != 0, axis=-1, keepdims=True)
    return ops.cast(there, states.dtype)


def apply_mask(states: tf.Tensor, present: tf.Tensor | None) -> tf.Tensor:
    """The states with zeros at padded positions; `None` stands for no mask."""
    if present is None:
        return states
    return states * ops.cast(present, states.dtype)


def downsample_mask(present: tf.Tensor | None) -> tf.Tensor | None:
    """Presence after a reduction: that of every second position."""
    return None if present is None else strided(present, 2)


def mean_and_max(states: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
    """(B, T, C) -> (B, 2C), over the positions that are present."""
    present = ops.cast(present, states.dtype)
    count = ops.maximum(ops.sum(present, axis=1), 1)
    mean = ops.sum(states * present, axis=1) / count
    # The smallest value changes no maximum, and is finite.
    smallest = ops.min(states, axis=1, keepdims=True)
    largest = ops.max(ops.where(present > 0, states, smallest), axis=1)
    return ops.concatenate([mean, largest], axis=-1)
