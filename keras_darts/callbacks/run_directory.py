"""The files of a search on disk, updated after each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

from keras_darts import analysis
from keras_darts import genotypes
from keras_darts.analysis.cell_weights import FILE as WEIGHTS
from keras_darts.analysis.cell_weights import described
from keras_darts.runs.errors import writing
from keras_darts.runs.folder import rows_before
from keras_darts.utils.files import atomic_write
from keras_darts.utils.files import writable_folder
from keras_darts.utils.files import write_csv
from keras_darts.utils.files import write_json

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.runs.callbacks import EndState
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Logs
    from keras_darts.utils.typing import PathLike


class RunDirectory(keras.callbacks.Callback):
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
        checkpoint: `SearchCheckpoint`.
        rows: Integer, those of the tables that an earlier part of the run has
            written and that are continued. Defaults to `0`.
        files: Dictionary from names to texts of further files. Defaults to
            none.
        end: `runs.callbacks.EndState` of the checkpoint, whose callbacks
            stand before this one. Defaults to `None`: nobody changes anything
            at the end.

    Example:

    >>> run = RunDirectory("runs/a", config={"seed": 0}, checkpoint=None)
    >>> run.folder.is_dir()
    True
    """

    def __init__(
        self,
        folder: PathLike,
        *,
        config: Config,
        checkpoint: Any,
        rows: int = 0,
        files: Mapping[str, str] | None = None,
        end: EndState | None = None,
    ) -> None:
        super().__init__()
        self.folder: pathlib.Path = writable_folder(folder, "output_dir")
        self.config = config
        self.checkpoint = checkpoint
        self.rows = rows
        self.files: dict[str, str] = dict(files or {})
        self.end = end
        self._rows = rows_before(self.folder / "history.csv", rows)
        rows = len(self._rows)
        self._alphas = _read_courses(self.folder / "alphas.npz", rows)
        self._weights = _read_courses(self.folder / WEIGHTS, rows)
        self._genotype = None

    def on_train_begin(self, logs: Logs = None) -> None:
        with writing(self.folder):
            write_json(self.folder / "config.json", self.config)
            for name, text in self.files.items():
                with atomic_write(self.folder / name) as scratch:
                    scratch.write_text(text, encoding="utf-8")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._rows.append({"epoch": epoch, **(logs or {})})
        for course, value in self._architecture():
            course.append(value)
        with writing(self.folder):
            self._write_tables()
            self._write_genotype()
            self._write_decisions()
            self.checkpoint.rows = len(self._rows)
            self.checkpoint.save(epoch + 1)

    def on_train_end(self, logs: Logs = None) -> None:
        with writing(self.folder):
            if self.end is not None and self.end.save():
                for course, value in self._architecture():
                    course[-1:] = [value]
                self._write_tables()
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

    def _write_tables(self):
        write_csv(self.folder / "history.csv", self._rows)
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
