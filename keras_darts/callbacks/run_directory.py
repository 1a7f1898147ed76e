"""The files of a search on disk, updated after each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_darts import analysis
from keras_darts import genotypes
from keras_darts.analysis.cell_weights import FILE as WEIGHTS
from keras_darts.analysis.cell_weights import described
from keras_darts.runs.writer import RunWriter
from keras_darts.utils.files import atomic_write
from keras_darts.utils.files import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keras_darts.runs.checkpoint import RunCheckpoint
    from keras_darts.runs.writer import EndState
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import PathLike


class RunDirectory(RunWriter):
    """Writes a run: settings, genotype, how sure it is, history, alphas, cells.

    With the alphas come the mixing weights that the relaxation makes of them,
    and what they belong to, in `mixing_weights.npz`.

    `DartsSearch.fit(output_dir=...)` adds this callback itself, after all
    others. Every file appears whole or not at all. What other callbacks change
    when the training ends is written as well: genotype, cells, the newest
    checkpoint and the last row of the alphas are those of the search in
    memory.

    Args:
        folder: Path of the run.
        config: Dictionary for `config.json`.
        checkpoint: `RunCheckpoint`, saved after each epoch; the tables
            continue where it was restored. Defaults to `None`.
        files: Dictionary from names to texts of further files. Defaults to
            none.
        end: `runs.writer.EndState` of the checkpoint, whose callbacks stand
            before this one. Defaults to `None`: nobody changes anything at
            the end.

    Example:

    >>> run = RunDirectory("runs/a", config={"seed": 0})
    >>> run.folder.is_dir()
    True
    """

    def __init__(
        self,
        folder: PathLike,
        *,
        config: Config,
        checkpoint: RunCheckpoint | None = None,
        files: Mapping[str, str] | None = None,
        end: EndState | None = None,
    ) -> None:
        super().__init__(folder, config=config, checkpoint=checkpoint, end=end)
        self.files: dict[str, str] = dict(files or {})
        self._alphas = self._weights = self._genotype = None

    def write_start(self) -> None:
        count = len(self.rows)
        self._alphas = _read_courses(self.folder / "alphas.npz", count)
        self._weights = _read_courses(self.folder / WEIGHTS, count)
        for name, text in self.files.items():
            with atomic_write(self.folder / name) as scratch:
                scratch.write_text(text, encoding="utf-8")

    def write_epoch(self) -> None:
        for course, value in self._architecture():
            course.append(value)
        self._write_courses()
        self._write_genotype()
        self._write_decisions()

    def write_end(self, changed: bool) -> None:
        if changed:
            for course, value in self._architecture():
                course[-1:] = [value]
            self._write_courses()
        if self._genotype != self.model.genotype():
            self._write_genotype()
        self._write_decisions()

    def _architecture(self):
        """The lists of all epochs, and what is now to be put there."""
        for variable in self.model.arch_variables:
            yield self._alphas.setdefault(variable.name, []), variable.numpy()
        for cell_type, weights in self.model.mixing_weights().items():
            yield self._weights.setdefault(cell_type, []), weights

    def _write_genotype(self):
        self._genotype = genotype = self.model.genotype()
        genotypes.save(genotype, self.folder / "genotype.json")
        for cell_type in self.model.search_space.cells:
            analysis.plot_cell(
                genotype, cell_type, self.folder / "cells" / f"{cell_type}.svg"
            )

    def _write_decisions(self):
        decisions = self.model.decisions().get_config()
        write_json(self.folder / "decisions.json", decisions)

    def _write_courses(self):
        _write_courses(self.folder / "alphas.npz", self._alphas)
        cells = self.model.search_space.cells
        about = {
            f"{cell_type}/{name}": array
            for cell_type in self._weights
            for name, array in described(cells[cell_type]).items()
        }
        _write_courses(self.folder / WEIGHTS, self._weights, about)


def _write_courses(path, courses, about=None):
    arrays = {name: np.stack(values) for name, values in courses.items()}
    with atomic_write(path) as scratch:
        np.savez(scratch, **arrays, **(about or {}))


def _read_courses(path, count):
    if not count or not path.exists():
        return {}
    with np.load(path) as arrays:
        return {
            name: list(arrays[name][:count])
            for name in arrays.files
            if "/" not in name
        }
