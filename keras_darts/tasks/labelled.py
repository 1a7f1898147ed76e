"""Data whose elements have a label each: images and texts."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_darts import datasets
from keras_darts import networks
from keras_darts import training
from keras_darts.datasets import Task
from keras_darts.datasets import augmentation as augmentations
from keras_darts.datasets import infer_task
from keras_darts.datasets import label_type_of_loss
from keras_darts.datasets.elements import check_images
from keras_darts.datasets.elements import check_sentences
from keras_darts.strategies import RECIPES
from keras_darts.supernet import NasBench201Supernet
from keras_darts.supernet import Supernet
from keras_darts.supernet import TextSupernet
from keras_darts.tasks.base import TaskAdapter
from keras_darts.tasks.training_data import LabelledTrainingData
from keras_darts.utils.typing import Dataset

if TYPE_CHECKING:
    from keras_darts.datasets.augmentation import Augmentation
    from keras_darts.datasets.augmentation import PadCropFlip
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


# By the skeleton of the space: what is searched in, and the sizes of what
# is then trained.
_SUPERNETS = {"cells": Supernet, "stages": NasBench201Supernet}
_NETWORK_SIZES = {
    "cells": {"filters": 36, "num_cells": 20},
    "stages": {"filters": 16, "num_cells": 5},
}
_EXAMPLE_SHAPE = (8, 8, 1)


class ImageClassification(LabelledTask):
    """Images (B, H, W, C) go in as the user has them, and are scaled inside.

    Example:

    >>> adapter = ImageClassification()
    >>> adapter.network_sizes(kd.search_spaces.darts_cnn())
    {'filters': 36, 'num_cells': 20}
    """

    sizes: tuple[str, ...] = ("num_classes", "input_shape")
    data = "a data set of (image, label), or an array of images with `y`"
    search_recipe: SearchRecipe = RECIPES["image_classification"]
    network_types: tuple[type, ...] = (
        networks.CifarNetwork,
        networks.ImageNetNetwork,
        networks.NasBench201Network,
    )
    rank = 3

    def check_element(self, spec: Any, name: str) -> None:
        check_images(spec, name=name)

    def make_supernet(
        self,
        space: Any,
        sizes: DataSizes,
        strategy: SearchStrategy,
        rematerialize: bool = False,
    ) -> Any:
        return _SUPERNETS[space.skeleton](
            space,
            sizes["num_classes"],
            sizes["input_shape"],
            **self.pieces(space, strategy, rematerialize),
        )

    def statistics(self, data: Any) -> dict[str, Any]:
        return datasets.channel_statistics(data.train)._asdict()

    def preprocessing(
        self, statistics: Mapping[str, Any], dtype: str
    ) -> keras.Layer | None:
        if not statistics:
            return None
        layer = keras.layers.Normalization(
            mean=[float(number) for number in statistics["mean"]],
            variance=[float(number) for number in statistics["variance"]],
            dtype=dtype,
        )
        layer.build((None, None, None, len(statistics["mean"])))
        return layer

    def augmentation(
        self, choice: Any, data: Any, recipe: SearchRecipe
    ) -> Augmentation | None:
        if choice == "auto":
            shape = data.train.element_spec[0].shape
            choice = auto_augmentation(shape)
            if recipe.cutout:
                mean = datasets.channel_statistics(data.train).mean
                side = int(recipe.cutout * min(shape[:2]))
                square = datasets.Cutout(side, mean)
                choice = augmentations.Compose((choice, square))
        return None if choice is None else augmentations.get(choice)

    def network_sizes(self, space: BaseSpace) -> dict[str, Any]:
        return _NETWORK_SIZES[space.skeleton]

    def network(
        self,
        genotype: Any,
        space: Any,
        sizes: Any,
        statistics: Mapping[str, Any],
        **options: Any,
    ) -> keras.Model:
        known = {name: sizes[name] for name in self.sizes}
        options = {**known, **options}
        # Statistics of other channels say nothing of these images.
        channels = options["input_shape"][-1]
        if statistics and len(statistics["mean"]) == channels:
            options = {**statistics, **options}
        return networks.build_network(genotype, **options)

    def recipe(
        self, network: keras.Model, num_train: int, task: Task, **options: Any
    ) -> BaseRecipe:
        return training.image_recipe(
            network,
            num_train,
            **{
                "mean": network.mean,
                "variance": network.variance,
                "label_type": task.label_type,
                **options,
            },
        )

    def example_sizes(self) -> dict[str, Any]:
        return {"num_classes": NUM_CLASSES, "input_shape": _EXAMPLE_SHAPE}

    def example_batch(
        self, count: int, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        draw = np.random.default_rng(seed)
        images = draw.normal(size=(count, *_EXAMPLE_SHAPE))
        return images.astype("float32"), self.example_labels(count)


def auto_augmentation(image_shape: Sequence[int | None]) -> PadCropFlip:
    """Crops for all images, and mirror images of those in colour.

    An eighth of the side is padded and cropped, which is 4 of CIFAR's 32
    pixels; digits and letters would not survive a flip.

    Example:

    >>> auto_augmentation((8, 8, 1))
    PadCropFlip(padding=1, flip=False)
    """
    height, width, channels = image_shape
    return datasets.PadCropFlip(min(height, width) // 8, flip=channels == 3)


_EXAMPLE_LENGTH = 8
_EXAMPLE_WORDS = 20


class TextClassification(LabelledTask):
    """Texts go in as padded token ids (B, T), in which 0 is padding.

    Example:

    >>> TextClassification().sizes
    ('num_classes', 'input_shape', 'vocabulary_size')
    """

    sizes: tuple[str, ...] = ("num_classes", "input_shape", "vocabulary_size")
    data = "a data set of (token ids, label), or an array of token ids with `y`"
    search_recipe: SearchRecipe = RECIPES["text_classification"]
    network_types: tuple[type, ...] = (networks.TextNetwork,)
    rank = 1

    def check_element(self, spec: Any, name: str) -> None:
        check_sentences(spec, name=name)

    def make_supernet(
        self,
        space: Any,
        sizes: DataSizes,
        strategy: SearchStrategy,
        rematerialize: bool = False,
    ) -> Any:
        return TextSupernet(
            space,
            sizes["num_classes"],
            sizes["input_shape"],
            sizes["vocabulary_size"],
            **self.pieces(space, strategy, rematerialize),
        )

    def check(
        self, data: Any, sizes: Any, loss: Any
    ) -> tuple[Task, dict[str, Any]]:
        task, shapes = super().check(data, sizes, loss)
        limits = [_limits(part) for part in (data.train, data.valid)]
        smallest = min(low for low, _ in limits)
        largest = max(high for _, high in limits)
        known = sizes["vocabulary_size"]
        if smallest < 0 or (known is not None and largest >= known):
            raise ValueError(
                "`x` must hold token ids from zero to below "
                f"`vocabulary_size`. Received: ids from {smallest} to "
                f"{largest}, vocabulary_size={known}"
            )
        return task, {**shapes, "vocabulary_size": known or largest + 1}

    def network_sizes(self, space: BaseSpace) -> dict[str, Any]:
        return {"filters": 32, "num_cells": 3}

    def network(
        self,
        genotype: Any,
        space: Any,
        sizes: Any,
        statistics: Mapping[str, Any],
        **options: Any,
    ) -> keras.Model:
        (length,) = sizes["input_shape"]
        known = {
            "num_classes": sizes["num_classes"],
            "vocabulary_size": sizes["vocabulary_size"],
            "sequence_length": length,
            "embedding_size": space.embedding_size,
        }
        return networks.TextNetwork(genotype, **{**known, **options})

    def recipe(
        self, network: keras.Model, num_train: int, task: Task, **options: Any
    ) -> BaseRecipe:
        return training.text_classification_recipe(
            network, num_train, **options
        )

    def example_sizes(self) -> dict[str, Any]:
        return {
            "num_classes": NUM_CLASSES,
            "input_shape": (_EXAMPLE_LENGTH,),
            "vocabulary_size": _EXAMPLE_WORDS,
        }

    def example_batch(
        self, count: int, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """The last text of a batch is padded."""
        draw = np.random.default_rng(seed)
        # As many as a language model has with the token that follows.
        shape = (count, _EXAMPLE_LENGTH + 1)
        words = draw.integers(1, _EXAMPLE_WORDS, shape)[:, :-1]
        words[-1, -3:] = 0
        return words, self.example_labels(count)


def _limits(part):
    """The smallest and the largest id."""
    batches = part.map(lambda ids, *_: ids).batch(1024)
    limits = [(int(np.min(ids)), int(np.max(ids))) for ids in batches]
    return min(low for low, _ in limits), max(high for _, high in limits)
