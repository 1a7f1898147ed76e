"""Transfers weights to a supernet with fewer candidates or wider edges."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any

import numpy as np


class _Link(typing.NamedTuple):
    """A variable, or one entry of it, and what it comes from."""

    old: object
    new: object
    old_place: object = ...
    new_place: object = ...


class Inheritance:
    """Which number of a supernet each number of another one comes from.

    The other has the same cells, with some of the candidates. Where its
    candidates have more channels, the further ones are copies of channels
    that are drawn by chance, the same ones in all arrays of a width.

    Args:
        old: A supernet.
        new: The other one.
        seed: Integer.

    Example:

    >>> space = kd.search_spaces.darts_cnn(2, 2, num_nodes=1)
    >>> old, new = (
    ...     kd.DartsSearch(
    ...         space.without(names), num_classes=2, input_shape=(8, 8, 1)
    ...     ).supernet
    ...     for names in ([], ["none"])
    ... )
    >>> ways = [{id(v): v for v in net.variables} for net in (old, new)]
    >>> Inheritance(old, new, seed=0).transfer_weights(*ways)
    >>> alphas = [net.arch_variables[0].numpy() for net in (old, new)]
    >>> np.array_equal(alphas[0][:, 1:], alphas[1])
    True

    Reference: Chen et al., 2021, DrNAS, section 3.3.
    """

    def __init__(self, old: Any, new: Any, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._channels = {}
        self._links = [*_edges(old, new), *_arch(old.arch, new.arch)]
        inside = _stacked(old), _stacked(new)
        others = (
            [v for v in net.variables if id(v) not in {*map(id, mine)}]
            for net, mine in zip((old, new), inside, strict=True)
        )
        known = {id(link.new) for link in self._links}
        self._links += [
            _Link(mine, heirs)
            for mine, heirs in zip(*others, strict=True)
            if id(heirs) not in known
        ]

    def transfer_weights(
        self, old: Mapping[int, Any], new: Mapping[int, Any]
    ) -> None:
        """Assigns what stands for old variables to what stands for new ones.

        Args:
            old: Dictionary from the `id` of a variable of the old supernet to
                a variable of its shape, such as itself or the slot of an
                optimizer. What is not there is not handed over.
            new: The same of the new supernet.
        """
        values, arrays = {}, {}
        for link in self._links:
            if id(link.old) not in old or id(link.new) not in new:
                continue
            target = new[id(link.new)]
            _, value = values.setdefault(
                id(target), (target, np.array(target.numpy()))
            )
            source = old[id(link.old)]
            # A stack holds the variables of many links.
            if id(source) not in arrays:
                arrays[id(source)] = np.asarray(source.numpy())
            old_value = arrays[id(source)][link.old_place]
            shape = value[link.new_place].shape
            value[link.new_place] = self._widened(old_value, shape)
        for target, value in values.values():
            target.assign(value)

    def _widened(self, array, shape):
        for axis, (old, new) in enumerate(zip(array.shape, shape, strict=True)):
            if old != new:
                array = np.take(array, self._copied(old, new), axis)
        return array

    def _copied(self, old, new):
        """For each of the new channels the one that it copies."""
        if (old, new) not in self._channels:
            drawn = self._random.integers(old, size=new - old)
            self._channels[old, new] = np.concatenate([np.arange(old), drawn])
        return self._channels[old, new]


def _arch(old, new):
    """Links of alphas, whose columns are those of candidates."""
    for cell_type, spec in new.cells.items():
        before = old.cells[cell_type].primitives
        for edge, names in enumerate(spec.primitives):
            columns = [before[edge].index(name) for name in names]
            yield _Link(
                old.alphas[cell_type],
                new.alphas[cell_type],
                (edge, columns),
                (edge, list(range(len(names)))),
            )


def _edges(old, new):
    """Links of the variables of edges, of which stacks hold several."""
    for before, after in zip(_cells(old), _cells(new), strict=True):
        for edge in range(len(after.spec.edges)):
            stack_before, place_before = before.edge_location(edge)
            stack, place = after.edge_location(edge)
            pairs = _counterparts(stack_before.template(), stack.template())
            for mine, heir in pairs:
                yield _Link(
                    stack_before.stack_of(mine),
                    stack.stack_of(heir),
                    place_before,
                    place,
                )


def _counterparts(old, new):
    """The variables of a new edge next to those of an old one."""
    mixed_old, mixed_new = old.inner_mixed_op(), new.inner_mixed_op()
    for key, heir in mixed_new.candidates.items():
        place = mixed_old.primitives.index(mixed_new.primitives[int(key)])
        candidate = mixed_old.candidates[str(place)]
        yield from zip(candidate.variables, heir.variables, strict=True)
    inside = {id(v) for m in (mixed_old, mixed_new) for v in m.variables}
    yield from zip(
        *[[v for v in e.variables if id(v) not in inside] for e in (old, new)],
        strict=True,
    )


def _cells(supernet):
    return getattr(supernet, "cells", ())


def _stacked(supernet):
    """The variables that hold those of edges."""
    return [
        variable
        for cell in _cells(supernet)
        for stack in cell.stacks
        for variable in stack.variables
    ]
