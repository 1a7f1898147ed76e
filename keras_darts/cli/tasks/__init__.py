"""Kinds of data that the commands know: images, language, labelled texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_darts import search_spaces
from keras_darts.cli.tasks.image_classification import ImageCommands
from keras_darts.cli.tasks.language_modeling import LanguageCommands
from keras_darts.cli.tasks.text_classification import TextCommands
from keras_darts.genotypes import Genotype
from keras_darts.genotypes import RecurrentGenotype

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import keras
    from absl.flags import FlagValues

    from keras_darts.cli.tasks.base import TaskCommands
    from keras_darts.export.exported_model import ExportedModel
    from keras_darts.genotypes.base_genotype import BaseGenotype

_TASKS = {
    task.name: task
    for task in (ImageCommands(), LanguageCommands(), TextCommands())
}
RECIPES: list[str] = [name for task in _TASKS.values() for name in task.recipes]
FIGURES: list[str] = list(
    dict.fromkeys(name for task in _TASKS.values() for name in task.judged_by)
)


def of_space(identifier: Any) -> TaskCommands:
    """The task of a search space, by its name or config.

    Raises:
        ValueError: for one that the command line does not know.
    """
    return _known("search_space", search_spaces.get(identifier).task)


def of_run(config: Mapping[str, Any]) -> TaskCommands | None:
    """The task that the `config.json` of a run tells, or `None`."""
    if "search" in config:
        return of_space(config["search"]["search_space"])
    return _TASKS.get(config.get("data", {}).get("task"))


def of_genotype(genotype: BaseGenotype) -> TaskCommands:
    """The task of a genotype of which only the primitives are known.

    Primitives themselves are layers, for which TensorFlow would be loaded, but
    the names in search spaces are not.
    """
    if isinstance(genotype, RecurrentGenotype):
        return _TASKS["language_modeling"]
    cells = isinstance(genotype, Genotype)
    text = cells and _along_time() & {*genotype.primitives()}
    return _TASKS["text_classification" if text else "image_classification"]


def _along_time():
    """Names of the primitives that spaces of sentences alone have."""
    names = {name: set() for name in _TASKS}
    for space in map(search_spaces.get, search_spaces.names()):
        for cell in space.cells.values():
            names.setdefault(space.task, set()).update(*cell.primitives)
    return names["text_classification"] - names["image_classification"]


def of_model(model: keras.Model | ExportedModel) -> TaskCommands:
    """The task of a Keras model, or of an `ExportedModel`."""
    from keras_darts import export
    from keras_darts import tasks

    if isinstance(model, export.ExportedModel):
        return _known("model", model.task)
    # Other models of Keras are taken for networks of images.
    name = tasks.name_of_network(model) or "image_classification"
    return _known("model", name)


def _known(argument, task):
    if task not in _TASKS:
        raise ValueError(
            f"`{argument}` must be for {', '.join(_TASKS)} on the command "
            f"line; Python takes every task. Received: task={task!r}"
        )
    return _TASKS[task]


def check_flags(options: FlagValues, task: TaskCommands) -> None:
    """Refuses flags that mean something for other kinds of data only.

    Raises:
        ValueError: for the first that was given.
    """
    given = [name for name in options if options[name].present]
    check_names({name: options[name].value for name in given}, task)


def check_names(given: Mapping[str, Any], task: TaskCommands) -> None:
    """The same of a dictionary from names of flags to values."""
    known = {name for other in _TASKS.values() for name in other.flags}
    for name in sorted(known - {*task.flags}):
        if name in given:
            raise ValueError(
                f"`{name}` must be left out for {task.noun}. "
                f"Received: {name}={given[name]}"
            )
