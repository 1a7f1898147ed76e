"""A search space as the arguments of a search want it."""

import dataclasses

from keras_darts import search_spaces
from keras_darts.errors import positive_integer
from keras_darts.primitives import synchronized


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
        return tuple(positive_integer("input_shape", side) for side in sides)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "`input_shape` must be a tuple of positive integers, without the "
            f"batch. Received: input_shape={sides!r}"
        ) from error
