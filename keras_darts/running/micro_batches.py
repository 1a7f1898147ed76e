"""A batch in parts, where the memory doesn't hold the whole."""

import tensorflow as tf


def mean_of_parts(function, batch, count):
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
            found = function(part)
        if total is not None:
            found = [t + f for t, f in zip(total, found, strict=True)]
        total = found
    return [value / count for value in total]


def parts(batch, count):
    """The equal parts of a batch, a tuple of tensors each."""
    if count == 1:
        return [batch]
    return list(zip(*[tf.split(part, count) for part in batch], strict=True))


def check_divides(steps, batch_size, replicas):
    """Raises a `ValueError` where a batch can't be cut into so many parts."""
    if batch_size % (steps * replicas):
        raise ValueError(
            "`accumulation_steps` must divide the batch of each device. "
            f"Received: accumulation_steps={steps}, "
            f"batch_size={batch_size}, devices: {replicas}"
        )
