"""The same search once more, with some settings changed."""

from keras_darts.search.defaults import begun_anew


def reseeded(search, seed):
    """A fresh search with the settings of another, but for the seed.

    Args:
        search: `DartsSearch`, which stays as it is.
        seed: Integer.

    Returns:
        A `DartsSearch` that has done no step, compiled as `search` is.

    Example:

    >>> search = kd.DartsSearch(num_cells=3, seed=0)
    >>> other = reseeded(search, 5)
    >>> other.seed, other.search_space.num_cells
    (5, 3)
    """
    with search.distribute_strategy.scope():
        fresh = type(search)(
            search.whole_space,
            search._whole_strategy,
            seed=seed,
            deterministic=search.deterministic,
            rematerialize=search.rematerialize,
            dtype=search.dtype_policy,
            **search.modality.sizes,
        )
    return compiled_alike(fresh, search)


def compiled_alike(search, other, **choices):
    """Compiles a search as another was, but for some choices.

    Args:
        search: `DartsSearch`.
        other: The same, or another one.
        **choices: Arguments of `DartsSearch.compile`; optimizers are copied.

    Returns:
        `search`.
    """
    choices = begun_anew({**other._choices, **choices})
    search.compile(**choices, graph_optimizer=other.graph_optimizer)
    return search
