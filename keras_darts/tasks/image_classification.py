"""Images, whose classes, labels or targets are learned."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np

from keras_darts import datasets
from keras_darts import networks
from keras_darts import training
from keras_darts.datasets import augmentation as augmentations
from keras_darts.datasets.elements import check_images
from keras_darts.strategies import RECIPES
from keras_darts.supernet import NasBench201Supernet
from keras_darts.supernet import Supernet
from keras_darts.tasks.labelled import NUM_CLASSES
from keras_darts.tasks.labelled import LabelledTask

if TYPE_CHECKING:
    from keras_darts.datasets.augmentation import Augmentation
    from keras_darts.datasets.augmentation import PadCropFlip
    from keras_darts.datasets.task import Task
    from keras_darts.search_spaces.search_space import BaseSpace
    from keras_darts.strategies.recipe import SearchRecipe
    from keras_darts.strategies.strategy import SearchStrategy
    from keras_darts.tasks.base import DataSizes
    from keras_darts.training.recipe import BaseRecipe


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
        return networks.network_for(genotype, **options)

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
