"""A training whose batches are taken in parts."""

from keras_darts.errors import positive_integer
from keras_darts.networks.trained_in_parts import TrainedInParts
from keras_darts.running.micro_batches import check_divides


def set_accumulation(network, batch_size, steps):
    """Lets the training steps of a network take batches in so many parts.

    Raises:
        ValueError: if the network or the batch can't be taken in parts.
    """
    positive_integer("accumulation_steps", steps)
    if not isinstance(network, TrainedInParts):
        if steps > 1:
            raise ValueError(
                "`accumulation_steps` must be 1 for language, whose loss has "
                "a penalty on all rows together, and for networks of your own: "
                "a smaller batch_size saves as much. "
                f"Received: accumulation_steps={steps}"
            )
        return
    replicas = network.distribute_strategy.num_replicas_in_sync
    check_divides(steps, batch_size, replicas)
    if network.accumulation_steps != steps:
        network.accumulation_steps = steps
        # What was traced before takes batches in other parts.
        network.train_function = None
