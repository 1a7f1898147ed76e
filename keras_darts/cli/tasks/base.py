"""Contract between the commands and a kind of data."""

from __future__ import annotations

import abc
import contextlib
import textwrap
import typing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from typing import Any

    import keras
    import numpy as np
    from absl.flags import FlagValues

    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.export.exported_model import ExportedModel
    from keras_darts.genotypes.base_genotype import BaseGenotype

_WIDTH = 80


class Training(typing.NamedTuple):
    """What is to be trained, by which recipe, on what.

    Args:
        name: String, of the recipe.
        recipe: The recipe, which has compiled the network.
        network: `keras.Model`.
        train: What `recipe.fit` takes to train on.
        validation: What it takes to validate on, or `None`.
        tested: Boolean, whether that is the test part.
        num_train: Integer, the examples to train on.
        num_validation: Integer, those to validate on.
    """

    name: str
    recipe: Any
    network: keras.Model
    train: Any
    validation: Any
    tested: bool = False
    num_train: int = 1
    num_validation: int = 0


class Exports(typing.NamedTuple):
    """Arguments of the functions of `keras_darts.export`.

    Args:
        common: Dictionary, for both kinds of files.
        saved_model: Dictionary, for a SavedModel alone.
        calibration: What to read ranges from for 8 bits.
        labelled: Inputs with classes to judge quantized files by, or `None`.
    """

    common: dict[str, Any]
    saved_model: dict[str, Any]
    calibration: Any
    labelled: Any = None


class TaskCommands(abc.ABC):
    """Everything in which the commands differ with the kind of data.

    `name` is that of the search spaces' task; `noun` is for messages, as
    is `things`, what the test part is made of.
    `flags` are those that not every kind of data has, `sources` those of all
    flags that say which data, and `recipes` the names for `--recipe`;
    `judged_by` are the figures of a validation, that of most use first.
    `threads` is how a search lays them out, as for `configure_cpu`, and
    `estimates_memory` says whether the memory of one can be estimated.
    """

    name: str | None = None
    noun: str | None = None
    things: str | None = None
    flags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    recipes: tuple[str, ...] = ()
    judged_by: tuple[str, ...] = ()
    threads: str | None = None
    estimates_memory = False

    @abc.abstractmethod
    def check_source(self, path: pathlib.Path) -> None:
        """Refuses a path that exists but can't be such data.

        Called before TensorFlow loads.
        """

    @abc.abstractmethod
    def load(
        self, options: FlagValues, vocabulary: Vocabulary | None = None
    ) -> Any:
        """The data that the flags describe, by a vocabulary of before."""

    @abc.abstractmethod
    def describe(self, data: Any) -> str:
        """Lines on the data for the beginning of a run."""

    def vocabulary(self, data: Any) -> Vocabulary | None:
        """The `Vocabulary` of the data, or `None`."""
        return None

    # Search

    @abc.abstractmethod
    def search_sizes(self, options: FlagValues, data: Any) -> dict[str, Any]:
        """Arguments of `DartsSearch` that the data and the flags decide."""

    @abc.abstractmethod
    def search_input(
        self, options: FlagValues, data: Any, recipe: Any
    ) -> dict[str, Any]:
        """Arguments of `DartsSearch.fit` that say what it runs on."""

    @abc.abstractmethod
    def supernet_in_words(self, space: Any) -> str:
        """The supernet's make and sizes."""

    # Training

    @abc.abstractmethod
    def training(
        self, options: FlagValues, genotype: BaseGenotype
    ) -> tuple[Any, Training]:
        """The data that the flags describe, and the `Training` on them."""

    @abc.abstractmethod
    def network_in_words(self, network: keras.Model) -> str:
        """The network's make and sizes."""

    @abc.abstractmethod
    def data_config(
        self, options: FlagValues, data: Any, training: Training
    ) -> dict[str, Any]:
        """What `config.json` says of the data."""

    @abc.abstractmethod
    def trained_figures(
        self, training: Training, data: Any
    ) -> dict[str, float]:
        """How well the network does on the test part, as a dictionary."""

    # What has been trained

    @abc.abstractmethod
    def evaluated(
        self,
        model: keras.Model | ExportedModel,
        options: FlagValues,
        *,
        saved: Mapping[str, Any],
        vocabulary: Vocabulary | None,
    ) -> tuple[str, dict[str, float]]:
        """The name of the data, and the figures of a model on their test part.

        Args:
            model: Keras model, or `keras_darts.export.ExportedModel`.
            options: The flags.
            saved: What `config.json` of the run says, or nothing.
            vocabulary: That of the run, or `None`.
        """

    @abc.abstractmethod
    def exports(
        self,
        network: keras.Model,
        options: FlagValues,
        *,
        saved: Mapping[str, Any],
        vocabulary: Vocabulary | None,
    ) -> tuple[str, Exports]:
        """The name of the data, and the `Exports` of a network."""

    @abc.abstractmethod
    def in_words(self, figures: Mapping[str, float]) -> str:
        """A line for such figures."""


def paragraph(head: str, text: str) -> str:
    """Lines of a report that a terminal shows whole."""
    return textwrap.fill(
        f"{head}: {text}",
        _WIDTH,
        subsequent_indent=" " * (len(head) + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


@contextlib.contextmanager
def named_dataset() -> Iterator[None]:
    """Inside, errors call the data as the command line does."""
    try:
        yield
    except ValueError as error:
        message = str(error).replace("`source`", "`dataset`")
        message = message.replace("source=", "dataset=")
        raise ValueError(message) from error


def encoder_for(
    options: FlagValues, vocabulary: Vocabulary | None
) -> dict[str, Any]:
    """The argument by which a SavedModel takes strings, if it is to."""
    if not options.raw_text:
        return {}
    words = vocabulary.level == "word"
    return {"tokenizer": "whitespace" if words else "characters"}


def given_values(options: FlagValues, *names: str) -> dict[str, Any]:
    """The flags of these names that were given, as a dictionary."""
    return {
        name: options[name].value
        for name in names
        if options[name].value is not None
    }


def check_recipe(options: FlagValues, task: TaskCommands) -> None:
    """Refuses a recipe for another kind of data.

    Raises:
        ValueError: for that.
    """
    name = options.recipe
    if name is not None and name not in task.recipes:
        raise ValueError(
            f"`recipe` must be one of {', '.join(task.recipes)} for "
            f"{task.noun}. Received: recipe={name!r}"
        )


class LabelledCommands(TaskCommands):
    """Data whose elements have a label each."""

    threads: str | None = "inter_op"
    estimates_memory = True
    judged_by: tuple[str, ...] = ("val_accuracy", "val_loss")

    @staticmethod
    def label_names(data: Any, saved: Mapping[str, Any]) -> list[str] | None:
        """Those of a run, or of the data where it does not say them."""
        known = saved.get("data", {}).get("label_names")
        return list(data.label_names) if known is None else known

    def search_sizes(self, options: FlagValues, data: Any) -> dict[str, Any]:
        return {
            "num_classes": data.num_classes,
            "filters": options.filters,
            "num_cells": options.num_cells,
        }

    def search_input(
        self, options: FlagValues, data: Any, recipe: Any
    ) -> dict[str, Any]:
        return {
            "x": data.train.batch(options.batch_size or recipe.batch_size),
            "validation_split": options.validation_split,
        }

    def supernet_in_words(self, space: Any) -> str:
        return f"{space.num_cells} cells of {space.filters} filters"

    def data_config(
        self, options: FlagValues, data: Any, training: Training
    ) -> dict[str, Any]:
        return {
            **{name: options[name].value for name in self.sources},
            "num_train": data.num_train,
            "label_names": list(data.label_names),
            "description": data.description,
        }

    def in_words(self, figures: Mapping[str, float]) -> str:
        return (
            f"accuracy {figures['accuracy']:.2%}, loss {figures['loss']:.4f} "
            f"on {figures['num_examples']} test {self.things}"
        )


def predictions(network: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """The function from a batch to logits, on one device or on several."""

    def of_batch(batch):
        # Each device predicts the whole batch.
        return network.predict_on_batch(batch)[: len(batch)]

    return of_batch
