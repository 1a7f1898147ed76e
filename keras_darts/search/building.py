"""A search space as the arguments of a search want it."""

import dataclasses
import inspect

from keras_darts import search_spaces
from keras_darts.datasets.checks import channels_first
from keras_darts.errors import positive_integer
from keras_darts.errors import unknown_argument
from keras_darts.primitives import synchronized
from keras_darts.search_spaces import cost_table
from keras_darts.strategies import with_target

_OF_LAYERS = ("name", "dtype", "trainable", "autocast")


def adapted_space(space, strategy, **sizes):
    """The space without what the strategy excludes, and of given sizes.

    Args:
        space: A search space.
        strategy: `SearchStrategy`.
        **sizes: Fields of the space; those that are `None` stay.

    Raises:
        ValueError: for a size that the space does not have.
    """
    given = {name: size for name, size in sizes.items() if size is not None}
    fields = [field.name for field in dataclasses.fields(space)]
    for name in given:
        if name not in fields:
            known = [field for field in sizes if field in fields]
            raise ValueError(
                f"`{name}` must be left out for this search space, whose "
                f"sizes are {', '.join(known)}. Received: {name}={given[name]}"
            )
    if space.modality == "language" and len(given) == 1:
        # They share a matrix, so that either says the other.
        (size,) = given.values()
        given = {"embedding_size": size, "hidden_size": size}
    return dataclasses.replace(space.without(strategy.exclude), **given)


def synchronized_space(space, sync_batch_norm):
    """The space, whose normalisations are synchronised if that is chosen.

    Args:
        space: Name, search space or config.
        sync_batch_norm: Boolean.

    Raises:
        ValueError: for a recurrent space, whose cells normalise in a loop,
            where devices can't meet.
    """
    space = search_spaces.get(space)
    if not sync_batch_norm:
        return space
    if space.modality == "language":
        raise ValueError(
            "`sync_batch_norm` must be False for a recurrent search space, "
            "whose cell normalises inside of a loop over time. Received: "
            f"sync_batch_norm={sync_batch_norm}"
        )
    return dataclasses.replace(
        space, normalization=synchronized(space.normalization)
    )


def targeted(strategy, target_latency_ms, latency_table):
    """The strategy, which looks for a latency if one is asked for.

    Args:
        strategy: Name, `SearchStrategy` or config.
        target_latency_ms: Float or `None`.
        latency_table: `CostTable`, path of one, or `None`.

    Raises:
        ValueError: for one without the other, or a table of something else.
    """
    if target_latency_ms is None and latency_table is None:
        return strategy
    if target_latency_ms is None or latency_table is None:
        raise ValueError(
            "`target_latency_ms` and `latency_table` must be given together. "
            f"Received: target_latency_ms={target_latency_ms}, "
            f"latency_table={latency_table and type(latency_table).__name__}"
        )
    table = cost_table.get(latency_table)
    if table.measure != "latency":
        raise ValueError(
            "`latency_table` must be a table of latencies. Received: one of "
            f"{table.measure}"
        )
    return with_target(strategy, table, target_latency_ms)


def check_targets(strategy, space):
    """Refuses costs that no architecture of a space has.

    Later stages are not checked: what they leave out may be what a target
    needs, and they come as near as they can.
    """
    for term in strategy.regularizers:
        if hasattr(term, "check"):
            term.check(space)


def check_arguments(owner, others):
    """Refuses arguments that neither a class nor Keras' layers have.

    Args:
        owner: The class.
        others: Dictionary of the arguments that it does not name.

    Raises:
        TypeError: naming the nearest arguments.
    """
    names = [*inspect.signature(owner).parameters]
    known = [name for name in names if name != "kwargs"] + list(_OF_LAYERS)
    for name in others:
        if name not in known:
            raise unknown_argument(owner.__name__, name, known)


def checked_sizes(num_classes, input_shape, vocabulary_size):
    """Dictionary of what is known of the data; what is `None` is not yet.

    Raises:
        ValueError: naming a size that is no positive integer, or a shape that
            does not consist of such.
    """
    counts = {"num_classes": num_classes, "vocabulary_size": vocabulary_size}
    for name, count in counts.items():
        if count is not None:
            counts[name] = positive_integer(name, count)
    if input_shape is not None:
        input_shape = _shape(input_shape)
    return {**counts, "input_shape": input_shape}


def _shape(sides):
    try:
        shape = tuple(positive_integer("input_shape", side) for side in sides)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "`input_shape` must be a tuple of positive integers, without the "
            f"batch. Received: input_shape={sides!r}"
        ) from error
    if len(shape) == 3 and channels_first(shape):
        raise ValueError(
            "`input_shape` must be (height, width, channels), the channels "
            f"last. Received: input_shape={shape}"
        )
    return shape
