"""Base class of all genotypes, and their JSON form."""

from __future__ import annotations

import abc
import dataclasses
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any
from typing import ClassVar
from typing import Self

from keras_darts.drawing.cell_scene import cells_scene
from keras_darts.drawing.scene import svg
from keras_darts.genotypes import parsing
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from keras_darts.drawing.cell_graph import CellGraph


SCHEMA = "keras_darts/genotype"
VERSION = 1


class BaseGenotype(abc.ABC):
    """Immutable description of a cell; a frozen dataclass is made of it.

    A genotype is a frozen dataclass whose fields are tuples, with the class
    attributes `genotype_type`, which is in its JSON, and `cells`, the names
    of its cells, the two text methods and `_graph`. Notebooks draw it.
    """

    genotype_type: ClassVar[str]
    cells: ClassVar[tuple[str, ...]]

    @abc.abstractmethod
    def to_text(self) -> str:
        """The form in which research code prints such a genotype."""

    @classmethod
    @abc.abstractmethod
    def from_text(cls, text: str) -> Self:
        """The genotype of which `to_text` gave `text`."""

    @abc.abstractmethod
    def primitives(self) -> tuple[str, ...]:
        """The names of the primitives in use, a sorted tuple."""

    @abc.abstractmethod
    def edge_primitives(self) -> tuple[str, ...]:
        """The name on each kept edge of the cell; of two, of the normal one."""

    @abc.abstractmethod
    def edges_of(self, cell: str) -> tuple[tuple[str, int, int], ...]:
        """(primitive, node, input) of each edge of a cell, ordered by node.

        Args:
            cell: String, the cell type; no matter where a genotype has
                only one.
        """

    @abc.abstractmethod
    def _graph(self, cell):
        """The `CellGraph` of one of the cells."""

    def graph(self, cell: str) -> CellGraph:
        """One cell as nodes and edges to be drawn.

        Args:
            cell: String, one of `cells`.

        Returns:
            A `drawing.cell_graph.CellGraph`, whose nodes have the numbers of
            this genotype.

        Raises:
            ValueError: If there is no such cell.
        """
        if cell not in self.cells:
            raise unknown_name("cell", cell, self.cells)
        return self._graph(cell)

    def _repr_svg_(self):
        return svg(cells_scene([self.graph(cell) for cell in self.cells]))

    def to_json(self) -> str:
        """The versioned JSON form, a field a line."""
        document = {
            "schema": SCHEMA,
            "version": VERSION,
            "genotype_type": self.genotype_type,
        }
        for field in dataclasses.fields(self):
            document[field.name] = getattr(self, field.name)
        lines = [
            f"  {json.dumps(key)}: {json.dumps(value)}"
            for key, value in document.items()
        ]
        return "{\n" + ",\n".join(lines) + "\n}"

    @classmethod
    def from_json(cls, string: str) -> Self:
        """The genotype of which `to_json` gave `string`.

        Raises:
            ValueError: If `string` is not JSON, is of another schema, version
                or type, or does not describe a genotype.
        """
        genotype_type, fields = read_json(string)
        if genotype_type != cls.genotype_type:
            raise ValueError(
                f"`string` must be of type {cls.genotype_type!r} to be a "
                f"{cls.__name__}; `keras_darts.genotypes.from_json` reads "
                "every type. Received: genotype_type="
                f"{parsing.brief(genotype_type)}"
            )
        return cls.from_fields("string", fields)

    @classmethod
    def from_fields(cls, argument: str, fields: Mapping[str, Any]) -> Self:
        """A genotype from what was read out of `argument`."""
        names = [field.name for field in dataclasses.fields(cls)]
        if sorted(fields) != sorted(names):
            raise ValueError(
                f"`{argument}` must have {', '.join(names)} and nothing else "
                f"to be a {cls.__name__}. Received: "
                f"{parsing.brief(list(fields))}"
            )
        try:
            return cls(**fields)
        except TypeError as error:
            # What a file holds is a value, whatever its type.
            raise ValueError(str(error)) from error

    def __str__(self) -> str:
        return self.to_text()


def read_json(string: str) -> tuple[Any, dict[str, Any]]:
    """The type and the fields that the JSON form of a genotype holds."""
    parsing.string("string", string)
    try:
        document = json.loads(string)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"`string` must be the JSON of a genotype ({error}). Received: "
            f"{parsing.brief(string)}"
        ) from error
    if not isinstance(document, dict):
        raise ValueError(
            f"`string` must be a JSON object. Received: {parsing.brief(string)}"
        )
    schema = document.pop("schema", None)
    version = document.pop("version", None)
    if schema != SCHEMA or version != VERSION:
        raise ValueError(
            f"`string` must have schema {SCHEMA!r} and version {VERSION}. "
            f"Received: schema={parsing.brief(schema)}, "
            f"version={parsing.brief(version)}"
        )
    return document.pop("genotype_type", None), document
