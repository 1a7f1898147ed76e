"""Contract tests of strategies."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from keras_darts import search_spaces
from keras_darts import strategies
from keras_darts.discretizers import BestOfSamples
from keras_darts.testing.small import small_data
from keras_darts.testing.small import small_search

if TYPE_CHECKING:
    from keras_darts.strategies.strategy import SearchStrategy


_PRIMITIVES = ("none", "skip_connect", "avg_pool_3x3", "dil_conv_3x3")


def run_strategy_test(
    strategy: SearchStrategy, search_space: Any = None
) -> None:
    """A strategy is plain data, and a search with it learns.

    Args:
        strategy: `SearchStrategy`, its name or its config.
        search_space: Name, `SearchSpace`, `RecurrentSpace` or config, which
            should be small. Defaults to `None`: cells of one node with four
            primitives.

    Raises:
        AssertionError: if its config gives another strategy, its clone shares
            a variable with it, an epoch of a search moves no alpha (or, where
            the architect moves none, one) or no weight, no genotype comes
            out, or a stage is left out or leaves an edge more candidates than
            it may.

    Example:

    >>> run_strategy_test(kd.SearchStrategy(regularizers=["entropy"]))
    """
    strategy = strategies.get(strategy)
    plain = json.loads(json.dumps(strategy.get_config()))
    assert strategies.get(plain) == strategy
    _run_clone_test(strategy)
    space = search_space or _small_space()
    _run_step_test(strategy.in_one_stage(), search_spaces.get(space))
    if strategy.stages:
        _run_stages_test(strategy, search_spaces.get(space))


def _run_clone_test(strategy):
    clone = strategy.clone()
    assert clone == strategy
    mine = {id(v) for v in strategy.relaxation.variables}
    assert mine.isdisjoint(id(v) for v in clone.relaxation.variables)


def _run_step_test(strategy, search_space):
    # A callback may hold the alphas still for the first epochs.
    strategy = dataclasses.replace(
        strategy, callbacks=(), discretizer=_quick(strategy.discretizer)
    )
    search = small_search(search_space, strategy)
    search.compile(run_eagerly=True)
    groups = [search.arch_variables, search.weight_variables]
    move = [strategy.architect.updates_architecture, True]
    before = [[v.numpy() for v in variables] for variables in groups]
    # A first reward has none to compare with.
    data = small_data(search_space, 24 if strategy.architect.samples else 16)
    history = search.fit(*data, batch_size=4, epochs=1, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    for variables, values, moved in zip(groups, before, move, strict=True):
        for variable, value in zip(variables, values, strict=True):
            assert np.isfinite(variable.numpy()).all(), variable.path
            assert np.any(variable.numpy() != value) == moved, variable.path
    assert "none" not in search.genotype().primitives()


def _run_stages_test(strategy, search_space):
    search = small_search(search_space, strategy)
    search.compile(run_eagerly=True)
    stages = len(strategy.stages)
    history = search.fit(
        *small_data(search_space, 8),
        batch_size=4,
        epochs=stages,
        steps_per_epoch=1,
        verbose=0,
    )
    assert len(history.epoch) == stages and search.stage == stages - 1
    most = strategy.stages[-1].num_candidates
    for spec in search.search_space.cells.values():
        assert most is None or spec.num_candidates <= most


def _quick(discretizer):
    """The same, but hundreds of samples take minutes as Python runs them."""
    if isinstance(discretizer, BestOfSamples):
        return dataclasses.replace(discretizer, num_samples=3)
    return discretizer


def _small_space():
    return search_spaces.darts_cnn(
        12, num_cells=3, num_nodes=1, primitives=_PRIMITIVES
    )
