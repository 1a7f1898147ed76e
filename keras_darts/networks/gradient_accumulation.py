"""Training steps that take their batch in parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from keras_darts.networks.on_logits import GivesLogits
from keras_darts.utils import private_api


def mean_of_parts(
    function: Callable[[tuple[tf.Tensor, ...]], list[tf.Tensor]],
    batch: tuple[tf.Tensor, ...],
    count: int,
) -> list[tf.Tensor]:
    """The mean of lists of tensors that a function gives for each part.

    Args:
        function: Of a batch.
        batch: Tuple of tensors.
        count: Integer, of equal parts.
    """
    total = None
    for part in parts(batch, count):
        # One after the other, or all activations would be held at once.
        with tf.control_dependencies(total or []):
            result = function(part)
        if total is not None:
            result = [t + f for t, f in zip(total, result, strict=True)]
        total = result
    return [value / count for value in total]


def in_parts(
    evaluate: Callable[..., Any], batch: tuple[tf.Tensor, ...], count: int
) -> Any:
    """What an evaluation of a batch gives, part after part.

    Losses and gradients are means, outputs stand one after the other, and
    state goes from each part to the next: the same as of the whole batch,
    but for what looks at all its elements, as batch normalisation does.

    Args:
        evaluate: Function of a batch and the state to begin with, `None` for
            that of the variables; returns a `LossAndGradients`.
        batch: Tuple of tensors.
        count: Integer, of equal parts.
    """
    if count == 1:
        return evaluate(batch, None)
    total, outputs, state = None, [], None
    for part in parts(batch, count):
        # One after the other, or all activations would be held at once.
        with tf.control_dependencies(tf.nest.flatten(total or [])):
            result = evaluate(part, state)
        outputs.append(result.outputs)
        state = result.state
        sums = _sums(result)
        if total is not None:
            sums = tf.nest.map_structure(tf.add, total, sums)
        total = sums
    mean = tf.nest.map_structure(lambda value: value / count, total)
    return result._replace(**mean, outputs=tf.concat(outputs, axis=0))


def _sums(result):
    return {
        "loss": result.loss,
        "weights": list(result.weights),
        "arch": list(result.arch),
        "mixing": result.mixing,
    }


def parts(
    batch: tuple[tf.Tensor, ...], count: int
) -> list[tuple[tf.Tensor, ...]]:
    """The equal parts of a batch, a tuple of tensors each."""
    if count == 1:
        return [batch]
    return list(zip(*[tf.split(part, count) for part in batch], strict=True))


def check_divides(steps: int, batch_size: int, replicas: int) -> None:
    """Raises a `ValueError` where a batch can't be cut into so many parts."""
    if batch_size % (steps * replicas):
        raise ValueError(
            "`gradient_accumulation_steps` must divide the batch of each "
            f"device. Received: gradient_accumulation_steps={steps}, "
            f"batch_size={batch_size}, devices: {replicas}"
        )


class TrainedInParts(GivesLogits):
    """A model whose training step can go through a batch part after part.

    The step has the mean of the parts' gradients: but for what looks at a
    whole batch, as batch normalisation does, that of the whole. There is one
    update a batch, so schedules, clipping and loss scaling know of no parts.

    Attributes:
        gradient_accumulation_steps: Integer, the equal parts of a batch.

    Example:

    >>> network = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=2, num_cells=2, auxiliary=False
    ... )
    >>> network.gradient_accumulation_steps
    1
    """

    gradient_accumulation_steps = 1

    def train_step(self, data: Any) -> dict[str, Any]:
        if self.gradient_accumulation_steps == 1:
            return super().train_step(data)
        weights = self.trainable_weights
        gradients = mean_of_parts(
            lambda part: self._gradients(part, weights),
            # As `train_on_batch` says that there are no weights of samples.
            tuple(part for part in data if part is not None),
            self.gradient_accumulation_steps,
        )
        self.optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return self.get_metrics_result()

    def _gradients(self, part, weights):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(part)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight, training=True)
            scaled = self.optimizer.scale_loss(loss)
        private_api.loss_tracker(self).update_state(
            loss * self.distribute_strategy.num_replicas_in_sync,
            sample_weight=tf.shape(x)[0],
        )
        self.compute_metrics(x, y, y_pred, sample_weight)
        # Those of an embedding are sparse.
        return [tf.convert_to_tensor(g) for g in tape.gradient(scaled, weights)]
