"""A classifier of images from images and a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

from keras_darts import search_spaces
from keras_darts.auto.classifier import Classifier
from keras_darts.auto.sizes import SizePreset
from keras_darts.auto.sizes import StepTimes
from keras_darts.tuner import DartsHyperModel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from typing import Self

    import tensorflow as tf

    from keras_darts.datasets import Elements
    from keras_darts.utils.typing import ArrayLike

# The network halves the sides twice.
_MULTIPLE = 4
# Larger images are shrunk: a search works on whole pixels.
_LARGEST_SIDE = 64
_PIXELS = 32 * 32
# The regularization of hundreds of epochs hinders tens of them, and their
# learning rate is too low for so few.
_GENTLE = {"drop_path": 0.0, "cutout": 0, "learning_rate": 0.1}


def _preset(filters, num_cells, num_nodes, network, times, least_examples):
    return SizePreset(
        space={
            "filters": filters,
            "num_cells": num_cells,
            "num_nodes": num_nodes,
        },
        network_args={"filters": network[0], "num_cells": network[1]},
        step_times=StepTimes(*times),
        least_examples=least_examples,
    )


PRESETS: tuple[SizePreset, ...] = (
    _preset(4, 2, 2, (8, 3), (8.0, 0.25, 3.0, 0.05), 0),
    _preset(8, 3, 3, (16, 4), (11.0, 0.4, 3.5, 0.075), 500),
    _preset(8, 5, 4, (16, 5), (20.0, 0.95, 6.5, 0.125), 2_000),
    _preset(16, 5, 4, (24, 8), (30.0, 1.5, 11.0, 0.3), 5_000),
    _preset(16, 8, 4, (36, 14), (58.0, 5.0, 33.0, 1.9), 20_000),
)


class Images:
    """Images of one shape.

    Args:
        shape: Tuple, (height, width) or (height, width, channels).

    Raises:
        ValueError: for another shape.
    """

    presets: tuple[SizePreset, ...] = PRESETS
    most_epochs = 120

    def __init__(self, shape: Sequence[int]) -> None:
        shape = tuple(shape)
        fits = len(shape) in (2, 3) and all(side and side > 0 for side in shape)
        if not fits:
            raise ValueError(
                "`x` must be images of shape (images, height, width) or "
                "(images, height, width, channels), all of one size. Received: "
                f"images of shape {tuple(shape)}"
            )
        self.shape: tuple[int, ...] = tuple(int(side) for side in shape)
        self._layers = self._made_layers()

    @classmethod
    def of(cls, elements: Elements) -> Self:
        """Those of `datasets.Elements`."""
        spec = elements.dataset.element_spec[0]
        if not (spec.dtype.is_floating or spec.dtype.is_integer):
            raise _no_numbers(elements.names.x, spec.dtype.name, spec.shape)
        return cls(spec.shape)

    @property
    def final_shape(self) -> tuple[int, ...]:
        """Height, width and channels that the network sees."""
        shape = (None, *self.shape)
        for layer in self._layers:
            shape = layer.compute_output_shape(shape)
        return tuple(shape[1:])

    @property
    def work(self) -> float:
        height, width, _ = self.final_shape
        return height * width / _PIXELS

    def describe(self) -> dict[str, Any]:
        return {"shape": list(self.shape)}

    def say(self) -> str:
        height, width, channels = self.final_shape
        return f"images of {height} x {width} x {channels}"

    def convert(self, x: ArrayLike) -> np.ndarray:
        """An array as the network has it."""
        x = self.checked(x)
        if not self._layers:
            return x
        parts = [x[i : i + 1024] for i in range(0, len(x), 1024)]
        return np.concatenate([np.asarray(self.tensors(p)) for p in parts])

    def tensors(self, x: tf.Tensor) -> tf.Tensor:
        """Likewise of a batch of tensors."""
        for layer in self._layers:
            x = layer(x)
        return x

    def checked(self, x: ArrayLike) -> np.ndarray:
        """An array of images of this shape.

        Raises:
            ValueError: for another shape.
        """
        x = _array(x)
        if x.shape[1:] != self.shape:
            raise ValueError(
                f"`x` must be images of shape {self.shape}, like those of "
                f"`fit`. Received: images of shape {x.shape[1:]}"
            )
        return x

    def input(self) -> keras.KerasTensor:
        return keras.Input(self.shape, name="image")

    def hypermodel(
        self, preset: SizePreset, num_classes: int
    ) -> DartsHyperModel:
        space = search_spaces.darts_cnn(**preset.space)
        return DartsHyperModel(space, num_classes=num_classes)

    def network_args(self, preset: SizePreset) -> dict[str, Any]:
        return {**preset.network_args, "auxiliary": False}

    def recipe(self) -> dict[str, Any]:
        return dict(_GENTLE)

    def _made_layers(self):
        height, width, *channels = self.shape
        layers = [] if channels else [keras.layers.Reshape((*self.shape, 1))]
        shrink = _LARGEST_SIDE / max(height, width)
        if shrink < 1:
            height, width = (
                max(_MULTIPLE, round(side * shrink)) for side in (height, width)
            )
            layers.append(keras.layers.Resizing(height, width, antialias=True))
        short = [-side % _MULTIPLE for side in (height, width)]
        if any(short):
            layers.append(
                keras.layers.ZeroPadding2D(
                    [(s // 2, s - s // 2) for s in short]
                )
            )
        return layers


def _array(x):
    x = np.asarray(x)
    if x.dtype.kind not in "biuf" or x.ndim == 0:
        raise _no_numbers("`x`", x.dtype, x.shape[1:])
    return x


def _no_numbers(name, dtype, shape):
    return ValueError(
        f"{name} must be images, an array of numbers or a data set of (image, "
        f"label). Received: dtype {dtype}, elements of shape {tuple(shape)}"
    )


class ImageClassifier(Classifier):
    """Searches, trains and classifies images, with all sizes chosen.

    The sizes of supernet and network, batches, epochs and trials follow from
    the data and from `time_budget`, by the seconds that steps are measured to
    take on this machine. Half of the time is for the trials of a `DartsTuner`,
    each of which searches an architecture and trains it briefly; in the other
    half the best one is trained from scratch on all examples, those to judge on
    among them unless they were given. `fit` prints what was chosen, and what
    is cut when the time is up.

    Images may be of integers or floats, grey ones with or without the axis of
    the channels. Sides above 64 pixels are shrunk to it.

    Args:
        num_classes: Integer, where the labels need not show all classes.
            Defaults to `None`: read from the labels.
        max_trials: Integer, the most trials. Defaults to `4`.
        directory: Path. Defaults to `None`, the working directory.
        project_name: String, the folder in it. Defaults to
            `"image_classifier"`.
        objective: As for `DartsTuner`, by which the best trial is chosen.
            Defaults to `"val_accuracy"`.
        overwrite: Boolean, whether `fit` starts over where the project is
            there already, and deletes it. Defaults to `False`: it resumes, or
            loads what is finished.
        seed: Integer. Defaults to `None`, another one each time.
        time_budget: What the whole of `fit` may take: a text such as `"2h"`,
            `"30m"` or `"90s"`, or a number of seconds. Too small a one has a
            warning, the smallest sizes, and may be exceeded. A fit that
            resumes has what is left. Defaults to `None`: as long as it takes,
            which is long.

    Raises:
        ValueError: for settings that have no meaning.

    Example:

    >>> classifier = ImageClassifier(max_trials=2, time_budget="30m")
    >>> classifier.predict(np.zeros((1, 8, 8)))
    Traceback (most recent call last):
        ...
    RuntimeError: `fit` must be called first: there is no model yet

    Reference: Jin et al., 2019, Auto-Keras, for the form; Liu et al., 2019,
    DARTS, for what is searched.
    """

    def __init__(
        self,
        num_classes: int | None = None,
        max_trials: int = 4,
        *,
        project_name: str = "image_classifier",
        **options: Any,
    ) -> None:
        super().__init__(
            num_classes, max_trials, project_name=project_name, **options
        )

    def adapter_of(self, elements: Elements) -> Images:
        return Images.of(elements)
