"""Data whose elements have a label each: what images and texts share."""

from __future__ import annotations

import abc
import dataclasses
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_darts import datasets
from keras_darts import training
from keras_darts.datasets import Task
from keras_darts.datasets import infer_task
from keras_darts.datasets import label_type_of_loss
from keras_darts.tasks.base import TaskAdapter
from keras_darts.tasks.training_data import LabelledTrainingData
from keras_darts.utils.typing import Dataset

if TYPE_CHECKING:
    from keras_darts.datasets.split import BilevelSplit
    from keras_darts.search_spaces.search_space import BaseSpace
    from keras_darts.strategies.recipe import SearchRecipe
    from keras_darts.strategies.strategy import SearchStrategy
    from keras_darts.tasks.base import DataSizes
    from keras_darts.training.recipe import BaseRecipe


# Of the elements that stand in an example.
NUM_CLASSES = 3


class LabelledTask(TaskAdapter):
    """Abstract: elements of one shape, each with a label.

    Supernets are those of `supernet.CellSupernet`, or take its pieces. A
    subclass says what an element is, and makes supernet, network and recipe.

    Example:

    >>> issubclass(type(kd.tasks.get("text_classification")), LabelledTask)
    True
    """

    predicts_memory = True

    @abc.abstractmethod
    def check_element(self, spec: Any, name: str) -> None:
        """Refuses elements that can't be data of the task.

        Args:
            spec: `tf.TensorSpec` of one element, without the batch.
            name: String, what errors call them.

        Raises:
            ValueError: for such elements.
        """

    def check_source(self, x: Any) -> None:
        parts = (datasets.TextClassificationData, datasets.ImageData)
        if isinstance(x, datasets.Corpus):
            hint = "running text is for the search space 'darts_rnn'"
        elif isinstance(x, parts):
            hint = "give its part, such as x.train.batch(64)"
        else:
            return
        raise TypeError(
            f"`x` must be {self.data}; {hint}. Received: {type(x).__name__}"
        )

    def pieces(
        self,
        space: BaseSpace,
        strategy: SearchStrategy,
        rematerialize: bool = False,
    ) -> dict[str, Any]:
        """The arguments of a `CellSupernet` that a strategy decides."""
        return {
            "relaxation": strategy.relaxation,
            "initializer": strategy.initializer,
            "edge_normalization": strategy.edge_normalization,
            "connection": strategy.connection,
            "rematerialize": rematerialize,
            "decides": strategy.discretizer_for(space).decides_edges,
        }

    def task_for(self, loss: Any, num_outputs: int | None) -> Task:
        label_type = "sparse" if loss is None else label_type_of_loss(loss)
        return Task(label_type or "regression", num_outputs)

    def task_of(self, batch: Any, loss: Any, num_outputs: int | None) -> Task:
        labels = ops.convert_to_numpy(batch[1])
        return infer_task(labels, loss, num_outputs)

    def read(
        self,
        x: Any,
        y: Any,
        batch_size: int | None,
        *,
        sizes: DataSizes,
        default_batch_size: int,
        loss: Any,
        seed: int,
        num_replicas: int,
        **options: Any,
    ) -> BilevelSplit:
        data = datasets.bilevel_split(
            x,
            y,
            batch_size=batch_size,
            default_batch_size=default_batch_size,
            seed=seed,
            loss=loss,
            num_classes=sizes["num_classes"],
            rank=self.rank,
            **options,
        )
        rest = data.batch_size % num_replicas
        if data.batch_size_from == "default" and rest < data.batch_size:
            # Devices share a batch evenly.
            size = data.batch_size - rest
            data = dataclasses.replace(data, batch_size=size)
        # What comes next reads off the shape of an element.
        self.check_element(data.train.element_spec[0], data.names.x)
        return data

    @property
    @abc.abstractmethod
    def rank(self) -> int:
        """The axes of an element."""

    def check(
        self, data: Any, sizes: Any, loss: Any
    ) -> tuple[Task, dict[str, Any]]:
        task = datasets.validate_split(
            data,
            check_element=self.check_element,
            loss=loss,
            num_classes=sizes["num_classes"],
        )
        shape = tuple(data.train.element_spec[0].shape)
        known = sizes["input_shape"]
        if known not in (None, shape):
            raise ValueError(
                f"{data.names.x} must have elements of shape {known}, the "
                "`input_shape` with which the search was built. Received: "
                f"elements of shape {shape}"
            )
        return task, {"num_classes": task.num_outputs, "input_shape": shape}

    def steps_per_epoch(self, data: Any, recipe: SearchRecipe) -> int:
        return data.num_train // data.batch_size

    def batches(
        self, data: Any, recipe: SearchRecipe, seed: int, **options: Any
    ) -> Dataset:
        return datasets.bilevel_pipeline(data, seed=seed, **options)

    def evaluation(self, data: Any, recipe: SearchRecipe) -> Dataset:
        return datasets.eval_pipeline(data.valid, data.batch_size)

    def recipe(
        self, network: keras.Model, num_train: int, task: Task, **options: Any
    ) -> BaseRecipe:
        return training.labelled_recipe(
            network,
            num_train,
            rank=self.rank,
            check_element=self.check_element,
            label_type=task.label_type,
            **options,
        )

    def read_for_training(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        **options: Any,
    ) -> LabelledTrainingData:
        return LabelledTrainingData(x, y, batch_size, **options)

    def example_labels(self, count: int) -> np.ndarray:
        """Class numbers that repeat, so that a batch has all of them."""
        return np.arange(count) % NUM_CLASSES
