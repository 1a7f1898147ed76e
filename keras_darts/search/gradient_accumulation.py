"""A batch in parts, where the memory doesn't hold the whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

import tensorflow as tf

from keras_darts.networks.gradient_accumulation import check_divides
from keras_darts.networks.gradient_accumulation import parts
from keras_darts.utils.errors import positive_integer

if TYPE_CHECKING:
    from keras_darts.search.darts_search import DartsSearch


# Losses whose mean over parts is that of the whole batch.
_MEANS = ("sum_over_batch_size", "mean")


def check_accumulation(
    search: DartsSearch, batch_size: int, steps: int
) -> None:
    """Raises a `ValueError` where batches can't be cut into so many parts."""
    positive_integer("gradient_accumulation_steps", steps)
    if steps == 1:
        return
    if not search.task_adapter.accumulates:
        raise ValueError(
            "`gradient_accumulation_steps` must be 1 for language, whose loss "
            "has a penalty on all rows together: a smaller batch_size saves as "
            f"much. Received: gradient_accumulation_steps={steps}"
        )
    reduction = getattr(search.chosen_loss, "reduction", _MEANS[0])
    if reduction not in _MEANS:
        raise ValueError(
            "`loss` must be a mean over the batch, reduction="
            f"{_MEANS[0]!r}, where gradient_accumulation_steps={steps}. "
            f"Received: reduction={reduction!r}"
        )
    replicas = search.distribute_strategy.num_replicas_in_sync
    check_divides(steps, batch_size, replicas)


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
