"""What the trials of a tuner search, train and judge on."""

from __future__ import annotations

import abc
import hashlib
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from keras_darts import datasets
from keras_darts import training
from keras_darts.datasets import Task
from keras_darts.utils.typing import Dataset

if TYPE_CHECKING:
    import keras

    from keras_darts.tasks.base import TaskAdapter
    from keras_darts.training.recipe import BaseRecipe


class TrainingData(abc.ABC):
    """What the trials of a tuner search, train and judge on.

    Attributes:
        train: Data that networks are trained on, and whose parts are searched
            on.
        validation: Data that networks are judged on.
        num_train: Integer, the examples in `train`.
        kept: Dictionary, arguments of the recipe's `fit` for what a run keeps
            of the data.

    Example:

    >>> adapter = kd.tasks.get("language_modeling")
    >>> data = adapter.read_for_training(np.arange(100) % 7)
    >>> len(data.train), len(data.validation)
    (80, 20)
    """

    train: Any
    validation: Any
    num_train: int
    kept: dict[str, Any] = {}

    @abc.abstractmethod
    def search_input(self) -> dict[str, Any]:
        """The arguments of `DartsSearch.fit` for these data."""

    @abc.abstractmethod
    def check(
        self, adapter: TaskAdapter, sizes: Any, loss: Any
    ) -> tuple[Task, dict[str, Any]]:
        """The `datasets.Task`, and the sizes of the data."""

    def statistics(self, adapter: TaskAdapter) -> dict[str, Any]:
        """What `TaskAdapter.statistics` says of all of `train`."""
        return {}

    def settle(self, search: Any) -> Task:
        """Gives a `DartsSearch` the sizes of the data.

        Returns:
            The `datasets.Task`.
        """
        task, sizes = self.check(
            search.task_adapter, search.data_sizes, search.chosen_loss
        )
        search.data_sizes.take(**sizes)
        return task

    def network(self, search: Any, genotype: Any, sizes: Any) -> keras.Model:
        """A network of a genotype, scaled by the statistics of `train`."""
        statistics = self.statistics(search.task_adapter)
        return search.network_of(genotype, statistics, **sizes)

    def recipe(
        self,
        search: Any,
        network: keras.Model,
        task: Task,
        options: dict[str, Any],
    ) -> BaseRecipe:
        """The recipe that trains a network on these data."""
        options = self.recipe_options(options)
        return search.task_adapter.recipe(
            network, self.num_train, task, **options
        )

    @abc.abstractmethod
    def metric_names(self, task: Task) -> list[str]:
        """The names of the metrics of a validation."""

    @abc.abstractmethod
    def recipe_options(self, options: dict[str, Any]) -> dict[str, Any]:
        """Options of a recipe with the batch size of the data, if any."""

    @abc.abstractmethod
    def describe(self) -> dict[str, Any]:
        """Plain values that identify the data."""


class LabelledTrainingData(TrainingData):
    """Labelled elements, of which a part is set aside to judge on.

    The part is the same in all trials, whatever their seed.

    Args:
        x: As in `DartsSearch.fit`.
        y: Likewise.
        batch_size: Likewise.
        validation_data: Likewise. Defaults to `None`.
        validation_split: Likewise. Defaults to `0.2`.
        **options: `sample_weight` and `class_weight`, likewise.

    Example:

    >>> images, labels = np.zeros((10, 8, 8, 1)), np.arange(10) % 2
    >>> data = LabelledTrainingData(images, labels, batch_size=4)
    >>> data.num_train, data.search_input()["batch_size"]
    (8, 4)
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        batch_size: int | None,
        *,
        validation_split: float = 0.2,
        **options: Any,
    ) -> None:
        parts = datasets.bilevel_split(
            x,
            y,
            batch_size=batch_size,
            validation_split=validation_split,
            **options,
        )
        self.train: Dataset = parts.train
        self.validation: Dataset = parts.valid
        if options.get("class_weight") is not None:
            # As in Keras, what networks are judged on has no such weights.
            self.validation = parts.valid.map(lambda x, y, *_: (x, y))
        self.num_train: int = parts.num_train
        given = parts.batch_size_from != "default"
        self._batch_size = parts.batch_size if given else None
        self._labels = parts.train_labels, parts.valid_labels
        self._statistics = None

    def search_input(self) -> dict[str, Any]:
        return {"x": self.train, "batch_size": self._batch_size}

    def check(
        self, adapter: TaskAdapter, sizes: Any, loss: Any
    ) -> tuple[Task, dict[str, Any]]:
        return adapter.check(self._as_split(), sizes, loss)

    def statistics(self, adapter: TaskAdapter) -> dict[str, Any]:
        # Of all elements, where those of a search are of a part of them.
        if self._statistics is None:
            self._statistics = adapter.statistics(self._as_split())
        return self._statistics

    def metric_names(self, task: Task) -> list[str]:
        metrics = training.metrics_for(task.label_type, task.num_outputs)
        return ["val_loss", *(f"val_{metric.name}" for metric in metrics)]

    def recipe_options(self, options: dict[str, Any]) -> dict[str, Any]:
        size = options.get("batch_size", self._batch_size)
        if size is None:
            return options
        return {**options, "batch_size": min(size, self.num_train)}

    def describe(self) -> dict[str, Any]:
        return {
            "elements": [len(part) for part in self._labels],
            "labels": [digest(part) for part in self._labels],
        }

    def _as_split(self):
        return datasets.BilevelSplit(
            train=self.train,
            valid=self.validation,
            num_train=self.num_train,
            num_valid=len(self._labels[1]),
            batch_size=1,
            has_sample_weight=False,
            description="",
            train_labels=self._labels[0],
            valid_labels=self._labels[1],
        )


def digest(array: np.ndarray) -> str:
    """A text that identifies the numbers of an array."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
