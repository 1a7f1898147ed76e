"""Searches on images."""

import keras
import numpy as np
from keras import ops

from keras_darts import datasets
from keras_darts import networks
from keras_darts.datasets import augmentation as augmentations
from keras_darts.search.tasks.base import LabelledModality
from keras_darts.supernet import NasBench201Supernet
from keras_darts.supernet import Supernet

# By the skeleton of the space: what is searched in, and the sizes of what
# is then trained.
_SUPERNETS = {"cells": Supernet, "stages": NasBench201Supernet}
_NETWORK_SIZES = {
    "cells": {"filters": 36, "num_cells": 20},
    "stages": {"filters": 16, "num_cells": 5},
}


class ImageModality(LabelledModality):
    """Images go in as the user has them: the model scales them itself."""

    needs = ("num_classes", "input_shape")
    rank = 3

    @property
    def network_sizes(self):
        return _NETWORK_SIZES[self._search.search_space.skeleton]

    def make_supernet(self):
        space = self._search.search_space
        return _SUPERNETS[space.skeleton](
            space,
            self.sizes["num_classes"],
            self.sizes["input_shape"],
            **self.pieces,
        )

    def forward(self, inputs, training=None, wrt="both"):
        images = ops.cast(inputs, self._search.variable_dtype)
        if self._search.preprocessing is not None:
            images = self._search.preprocessing(images)
        return self._search.supernet(
            images, training=training, frozen=wrt == "arch"
        )

    def derived_network(self, genotype, **sizes):
        known = {name: self.sizes[name] for name in self.needs}
        sizes = {**known, **sizes}
        return networks.network_for(
            genotype, **{**self._scaling(sizes["input_shape"]), **sizes}
        )

    def _scaling(self, input_shape):
        """What the search has learned of the scale of such images."""
        layer = self._search.preprocessing
        if layer is None or len(layer.input_mean) != input_shape[-1]:
            return {}
        return {"mean": layer.input_mean, "variance": layer.input_variance}

    def settle(self, data):
        statistics = datasets.channel_statistics(data.train)
        self._scale_by(statistics.mean, statistics.variance)

    def learned(self):
        layer = self._search.preprocessing
        if layer is None:
            return {}
        return {
            "mean": np.array(layer.input_mean),
            "variance": np.array(layer.input_variance),
        }

    def take_learned(self, arrays):
        if "mean" in arrays:
            self._scale_by(arrays["mean"], arrays["variance"])

    def _scale_by(self, mean, variance):
        layer = keras.layers.Normalization(
            mean=[float(number) for number in mean],
            variance=[float(number) for number in variance],
            dtype=self._search.variable_dtype,
        )
        layer.build((None, *self.sizes["input_shape"]))
        self._search.preprocessing = layer

    def augmentation(self, choice, data):
        if choice == "auto":
            shape = data.train.element_spec[0].shape
            choice = auto_augmentation(shape)
            cutout = self._search.recipe.cutout
            if cutout:
                mean = datasets.channel_statistics(data.train).mean
                square = datasets.Cutout(int(cutout * min(shape[:2])), mean)
                choice = augmentations.Compose((choice, square))
        return None if choice is None else augmentations.get(choice)

    def config(self):
        layer = self._search.preprocessing
        return {"preprocessing": layer and layer.get_config()}


def auto_augmentation(image_shape):
    """Crops for all images, and mirror images of those in colour.

    An eighth of the side is padded and cropped, which is 4 of CIFAR's 32
    pixels; digits and letters would not stand a flip.

    Example:

    >>> auto_augmentation((8, 8, 1))
    PadCropFlip(padding=1, flip=False)
    """
    height, width, channels = image_shape
    return datasets.PadCropFlip(min(height, width) // 8, flip=channels == 3)
