"""Searches that repeat: to the last bit, and with other settings."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import tensorflow as tf

from keras_darts import strategies
from keras_darts.callbacks import SearchCallback
from keras_darts.search.defaults import unbuilt_optimizers

if TYPE_CHECKING:
    from keras_darts.search.darts_search import DartsSearch


def make_deterministic(strategy: Any) -> None:
    """Lets TensorFlow use operations that always give the same bits.

    This is for the whole process, and can't be taken back.

    Args:
        strategy: Name, `SearchStrategy` or config.

    Raises:
        ValueError: for a strategy with second derivatives, which are summed
            in an order that differs from run to run.
    """
    whole = strategies.get(strategy)
    for stage in range(max(1, len(whole.stages))):
        pieces = whole.at_stage(stage)
        if pieces.architect.second_derivatives:
            raise _second_derivatives("architect", pieces.architect)
        check_callbacks(pieces.callbacks)
    tf.config.experimental.enable_op_determinism()


def check_callbacks(callbacks: Any) -> None:
    """Raises a `ValueError` for one that takes second derivatives."""
    for callback in callbacks:
        if isinstance(callback, SearchCallback) and callback.second_derivatives:
            raise _second_derivatives("callbacks", callback)


def _second_derivatives(name, piece):
    return ValueError(
        f"`{name}` must take no second derivatives for deterministic=True: "
        "the finite difference does without. "
        f"Received: {type(piece).__name__}"
    )


def reseeded(search: DartsSearch, seed: int) -> DartsSearch:
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
            search.whole_strategy,
            seed=seed,
            deterministic=search.deterministic,
            rematerialize=search.rematerialize,
            dtype=search.dtype_policy,
            **search.data_sizes.as_dict(),
        )
    return compiled_alike(fresh, search)


def compiled_alike(
    search: DartsSearch, other: DartsSearch, **choices: Any
) -> DartsSearch:
    """Compiles a search as another was, but for some choices.

    Args:
        search: `DartsSearch`.
        other: The same, or another one.
        **choices: Arguments of `DartsSearch.compile`; optimizers are copied.

    Returns:
        `search`.
    """
    choices = unbuilt_optimizers({**other._choices, **choices})
    search.compile(**choices, grappler=other.grappler)
    return search
