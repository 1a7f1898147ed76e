"""Signatures of networks of numbers in any shape, by a name of their own."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from keras_darts.export.samples import CALIBRATION_LIMIT
from keras_darts.export.samples import SAMPLES_LIMIT
from keras_darts.export.samples import number_array
from keras_darts.export.signatures import ENDPOINT
from keras_darts.export.signatures import ClassifierServing
from keras_darts.export.signatures import check_activation
from keras_darts.export.signatures import checked_outputs
from keras_darts.export.signatures import finite
from keras_darts.export.signatures import head_of
from keras_darts.export.signatures import label_strings
from keras_darts.export.signatures import number_of_classes
from keras_darts.export.signatures import refuse
from keras_darts.export.signatures import spec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import keras

_RANDOM_SAMPLES = 16


@dataclasses.dataclass(frozen=True, kw_only=True)
class ArrayServing(ClassifierServing):
    """A network from arrays of one shape to logits.

    Args:
        name: String, what the input is called.
        shape: Tuple, that of an element.
    """

    name: str
    shape: tuple[int, ...]

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def saved_model_input(self) -> tf.TensorSpec:
        return spec(self.name, "float32", *self.shape)

    @property
    def litert_input(self) -> tf.TensorSpec:
        return self.saved_model_input

    def served(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return super().served(finite(inputs, self.name))

    def network_inputs(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.convert_to_tensor(inputs)

    def samples(self, given: Any) -> tuple[np.ndarray, str]:
        if given is not None:
            return self.inputs(given, "samples", SAMPLES_LIMIT), "given"
        draw = np.random.default_rng(0)
        noise = draw.standard_normal((_RANDOM_SAMPLES, *self.shape), "float32")
        return noise, "standard normal noise"

    def requests(self, samples: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
        return {ENDPOINT: {self.name: samples[:1]}}

    def calibration(self, data: Any) -> list[dict[str, np.ndarray]]:
        name = "representative_data"
        rows = self.inputs(data, name, CALIBRATION_LIMIT)
        return [{self.name: row[None]} for row in rows]

    def inputs(self, data: Any, argument: str, limit: int) -> np.ndarray:
        return number_array(
            data, self.shape, noun=self.name, argument=argument, limit=limit
        )


def describe_arrays(
    network: keras.Model,
    *,
    name: str,
    activation: str | None,
    labels: Sequence[str] | None,
    top_k: int | None = None,
    **others: Any,
) -> ArrayServing:
    """The `ArrayServing` of a network of a fixed `input_shape`.

    Args:
        network: `keras.Model` with an `input_shape`.
        name: String, what the input is called in every export.
        activation: As for `kd.export.saved_model`.
        labels: Likewise.
        top_k: Likewise. Defaults to `None`.
        **others: Arguments of exports that mean nothing for such networks.

    Raises:
        ValueError: for one of these, or for labels and activation that don't
            fit the network.
    """
    refuse(f"a network of {name}", **others)
    check_activation(activation)
    return checked_outputs(
        ArrayServing(
            network=network,
            name=name,
            shape=tuple(network.input_shape[1:]),
            head=head_of(network, activation),
            labels=label_strings(labels),
            top_k=number_of_classes(top_k),
        )
    )
