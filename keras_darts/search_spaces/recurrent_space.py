"""A search space of recurrent cells for language models: data, no layers."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from typing import Any
from typing import Self

from keras_darts.genotypes import RecurrentGenotype
from keras_darts.search_spaces.cell_spec import CellSpec
from keras_darts.search_spaces.search_space import BaseSpace
from keras_darts.utils.typing import Config

_UNITS = 300
_RATES = (
    "output_dropout",
    "hidden_dropout",
    "cell_input_dropout",
    "input_dropout",
    "embedding_dropout",
)


@dataclasses.dataclass(frozen=True)
class RecurrentSpace(BaseSpace):
    """A recurrent cell, and the language model that it is searched in.

    Args:
        cell: `CellSpec` with one input, the state that is made of the word
            and the hidden state. The mean of the nodes in its `concat` is the
            new hidden state.
        embedding_size: Integer, units of the embedding; the decoder shares
            its matrix, so that it equals `hidden_size`. Defaults to `None`:
            `hidden_size`.
        hidden_size: Integer, units of the hidden state. Defaults to `None`:
            `embedding_size`, or 300.
        normalization: `"batch"`, one normalisation without scale and offset
            that all states of the search cell share, or `None`. Defaults to
            `"batch"`.
        output_dropout: Float in [0, 1), of the hidden states before the
            decoder, one mask a sequence. Defaults to `0.75`.
        hidden_dropout: Float in [0, 1), of the hidden state and of every
            node's input inside the cell, one mask a sequence. Defaults to
            `0.25`.
        cell_input_dropout: Float in [0, 1), of the cell's input, one mask a
            sequence. Defaults to `0.75`.
        input_dropout: Float in [0, 1), of the embedded words, one mask a
            sequence. Defaults to `0.2`.
        embedding_dropout: Float in [0, 1), the share of words that are left
            out of the embedding. Defaults to `0.0`.
        activation_regularization: Float, times the mean square of the dropped
            hidden states, in the loss of the weights. Defaults to `0.0`.
        temporal_activation_regularization: Float, times the mean square of
            the hidden state's changes, likewise. Defaults to `1e-3`.

    Raises:
        TypeError: if `cell` is no `CellSpec`.
        ValueError: if the cell has not exactly one input, keeps more than one
            edge a node or has a node that could be nothing, or a size or a
            rate is out of bounds.

    Example:

    >>> names = ("none", "tanh", "identity")
    >>> cell = CellSpec.uniform(names, 2, num_inputs=1, edges_per_node=1)
    >>> RecurrentSpace(cell).random_genotype(0).concat
    (1, 2)

    Reference: Liu et al., 2019, DARTS, sections 2.1 and 3.1.2; Merity et al.,
    2018, Regularizing and optimizing LSTM language models.
    """

    cell: CellSpec
    embedding_size: int | None = None
    hidden_size: int | None = None
    normalization: str = "batch"
    output_dropout: float = 0.75
    hidden_dropout: float = 0.25
    cell_input_dropout: float = 0.75
    input_dropout: float = 0.2
    embedding_dropout: float = 0.0
    activation_regularization: float = 0.0
    temporal_activation_regularization: float = 1e-3

    task = "language_modeling"
    skeleton = "language"
    # Its cell normalizes inside of a loop over time.
    can_synchronize = False

    def __post_init__(self) -> None:
        if not isinstance(self.cell, CellSpec):
            raise TypeError(
                f"`cell` must be a CellSpec. Received: cell={self.cell!r}"
            )
        self._check_form()
        self._settle_sizes()
        if self.normalization not in ("batch", None):
            raise ValueError(
                '`normalization` must be "batch" or None. '
                f"Received: normalization={self.normalization!r}"
            )
        for name in _RATES:
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(
                    f"`{name}` must be in [0, 1). "
                    f"Received: {name}={getattr(self, name)}"
                )

    def _check_form(self):
        cell = self.cell
        if (cell.num_inputs, cell.edges_per_node) != (1, 1) or cell.reduction:
            raise ValueError(
                "`cell` must have one input, keep one edge a node and be no "
                f"reduction. Received: num_inputs={cell.num_inputs}, "
                f"edges_per_node={cell.edges_per_node}, "
                f"reduction={cell.reduction}"
            )
        for node in cell.nodes:
            into = [cell.primitives[edge] for edge in cell.edges_into(node)]
            if all(names == ("none",) for names in into):
                raise ValueError(
                    "`cell` must have a candidate other than 'none' for each "
                    f"node. Received: {into} for node {node}"
                )

    def _settle_sizes(self):
        units = self.hidden_size or self.embedding_size or _UNITS
        for name in ("embedding_size", "hidden_size"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, units)
        sizes = (self.embedding_size, self.hidden_size)
        whole = all(isinstance(size, int) and size > 0 for size in sizes)
        if not whole or sizes[0] != sizes[1]:
            raise ValueError(
                "`embedding_size` and `hidden_size` must be one positive "
                "integer, since the decoder shares the embedding's matrix. "
                f"Received: embedding_size={sizes[0]!r}, "
                f"hidden_size={sizes[1]!r}"
            )

    @property
    def cells(self) -> dict[str, CellSpec]:
        """The only cell type, by name."""
        return {"recurrent": self.cell}

    @property
    def language_settings(self) -> dict[str, Any]:
        """Dropout rates and regularisation, the arguments of a model."""
        names = [
            *_RATES,
            "activation_regularization",
            "temporal_activation_regularization",
        ]
        return {name: getattr(self, name) for name in names}

    def with_cells(self, cells: Mapping[str, CellSpec]) -> RecurrentSpace:
        """The same space with another `CellSpec`, by cell type."""
        return dataclasses.replace(self, cell=cells["recurrent"])

    def resized(self, **sizes: Any) -> RecurrentSpace:
        """The same space with other values of fields.

        Embedding and hidden state share a matrix, so that the size of either
        is that of both.
        """
        units = {
            name: sizes[name]
            for name in ("embedding_size", "hidden_size")
            if name in sizes
        }
        if len(units) == 1:
            (size,) = units.values()
            sizes |= {"embedding_size": size, "hidden_size": size}
        return dataclasses.replace(self, **sizes)

    def random_genotype(self, seed: int) -> RecurrentGenotype:
        """A genotype drawn uniformly: one input a node, no `none`.

        Args:
            seed: Integer; the same seed gives the same genotype.

        Returns:
            A `RecurrentGenotype` that `TopK` could have derived.
        """
        draw = random.Random(seed)
        return self.genotype({"recurrent": self.cell.random_entries(draw)})

    def genotype(self, entries: Mapping[str, Any]) -> RecurrentGenotype:
        """The `RecurrentGenotype` of the edges chosen."""
        return RecurrentGenotype(entries["recurrent"], self.cell.concat)

    def get_config(self) -> Config:
        config = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
        }
        return {**config, "cell": self.cell.get_config()}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**{**config, "cell": CellSpec.from_config(config["cell"])})
