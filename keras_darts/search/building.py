"""A search space as the arguments of a search want it."""

import dataclasses


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
