"""A part of a search whose candidates become fewer on the way."""

from __future__ import annotations

import copy
import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from keras_darts import connections
from keras_darts.callbacks.base import search_callbacks
from keras_darts.callbacks.base import serialized
from keras_darts.callbacks.base import with_callbacks
from keras_darts.utils.errors import positive
from keras_darts.utils.errors import positive_integer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from typing import Any
    from typing import Self

    from keras_darts.callbacks.base import SearchCallback
    from keras_darts.connections import Connection
    from keras_darts.utils.typing import Config


@dataclasses.dataclass(frozen=True)
class Stage:
    """What a stage of a search keeps of the one before, and has of its own.

    Epochs are counted again in each stage, by callbacks and schedules too.

    Args:
        epochs: Integer > 0, how long the stage is in comparison with the
            others; a run of other length is divided in the same proportion.
            Defaults to `25`.
        num_candidates: Integer > 1, how many candidates of each edge stay:
            those with the largest mixing weights at the end of the stage
            before. Defaults to `None`: all of them.
        depth_multiplier: Float > 0, the cells of the supernet as a multiple of
            the search space's. Defaults to `1.0`.
        connection: What takes the place of the strategy's connection.
            Defaults to `None`: nothing does.
        callbacks: `SearchCallback`s besides those of the strategy. Defaults to
            none.
        reinitialize: Boolean, whether the stage begins with new weights and
            alphas, instead of those that the stage before has left. Defaults
            to `True`.

    Raises:
        ValueError: for numbers out of range.

    Example:

    >>> stages = [Stage(25), Stage(25, num_candidates=5, depth_multiplier=2.2)]
    >>> stage_epochs(stages, 10)
    [5, 5]

    Reference: Chen et al., 2019, P-DARTS, section 3.2; Chen et al., 2021,
    DrNAS, section 3.3, for stages that continue with the weights.
    """

    epochs: int = 25
    num_candidates: int | None = None
    depth_multiplier: float = 1.0
    connection: Connection | str | Config | None = None
    callbacks: Sequence[SearchCallback] = ()
    reinitialize: bool = True

    def __post_init__(self) -> None:
        positive_integer("epochs", self.epochs)
        if self.num_candidates is not None:
            positive_integer("num_candidates", self.num_candidates)
            if self.num_candidates < 2:
                raise ValueError(
                    "`num_candidates` must be 2 or more: with one an edge "
                    "there is nothing to search. Received: "
                    f"num_candidates={self.num_candidates}"
                )
        positive("depth_multiplier", self.depth_multiplier)
        callbacks = search_callbacks(self.callbacks)
        object.__setattr__(self, "callbacks", callbacks)
        if self.connection is not None:
            connection = connections.get(self.connection)
            object.__setattr__(self, "connection", connection)

    def strategy_from(self, strategy: Any) -> Any:
        """The strategy with what the stage has of its own."""
        return dataclasses.replace(
            strategy,
            connection=self.connection or strategy.connection,
            callbacks=[*strategy.callbacks, *copy.deepcopy(self.callbacks)],
        )

    def space_from(
        self,
        space: Any,
        weights: Mapping[str, np.ndarray],
        depth: int | None = None,
    ) -> Any:
        """The space of the stage.

        Args:
            space: The search space, of the stage before.
            weights: Mixing weights (E, K) by cell type, as they are at the
                end of the stage before.
            depth: Integer, the cells of the whole search space, or `None` for
                one whose depth is not chosen.
        """
        cells = {
            cell_type: _strongest(spec, weights[cell_type], self.num_candidates)
            for cell_type, spec in space.cells.items()
        }
        space = space.with_cells(cells)
        if depth is None:
            return space
        num_cells = max(math.floor(depth * self.depth_multiplier + 0.5), 1)
        return dataclasses.replace(space, num_cells=num_cells)

    def get_config(self) -> Config:
        return {
            **{f.name: getattr(self, f.name) for f in dataclasses.fields(self)},
            "connection": self.connection
            and connections.serialize(self.connection),
            "callbacks": serialized(self.callbacks),
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**with_callbacks(config))


def stage_epochs(stages: Sequence[Stage], epochs: int) -> list[int]:
    """The epochs of each stage in a run of `epochs`, in their proportion.

    Raises:
        ValueError: if there are fewer epochs than stages.
    """
    if epochs < len(stages):
        raise ValueError(
            f"`epochs` must be {len(stages)} or more, one a stage. Received: "
            f"epochs={epochs}"
        )
    whole = sum(stage.epochs for stage in stages)
    ends, passed = [0], 0
    for index, stage in enumerate(stages, 1):
        passed += stage.epochs
        left = len(stages) - index
        end = math.floor(epochs * passed / whole + 0.5)
        ends.append(min(max(end, ends[-1] + 1), epochs - left))
    return [int(count) for count in np.diff(ends)]


def _strongest(spec, weights, count):
    """The cell with the `count` strongest candidates of each edge."""
    if count is None:
        return spec
    kept = []
    for names, row in zip(spec.primitives, weights, strict=True):
        # Of equals the first, and all in the order they had.
        order = np.argsort(-row[: len(names)], kind="stable")[:count]
        kept.append(tuple(names[k] for k in sorted(order)))
    return dataclasses.replace(spec, primitives=tuple(kept))
