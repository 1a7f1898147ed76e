"""The layout of a training."""

import typing


class Plan(typing.NamedTuple):
    """What is laid out before Keras' `fit` begins.

    `batches` gives the training data from an epoch and a step on, and
    `checkpoint` is `None` where no run is written. Within the first
    `divided_epochs` the run may be saved, besides at their ends.
    """

    batches: typing.Callable
    validation_data: object
    epochs: int
    divided_epochs: int
    initial_epoch: int
    steps_per_epoch: int
    callbacks: list
    checkpoint: object
