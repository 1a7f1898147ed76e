"""The weights of networks alone, as safetensors files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from keras import StatelessScope
from keras.saving import serialize_keras_object

from keras_darts.export import cards
from keras_darts.export import parity
from keras_darts.export import signatures
from keras_darts.export.exported_model import announced
from keras_darts.export.exported_model import check_file
from keras_darts.export.exported_model import of_keras
from keras_darts.export.exported_model import stage
from keras_darts.export.exported_model import write_vocabulary
from keras_darts.export.specification import describe
from keras_darts.export.weights import check_arrays
from keras_darts.export.weights import named_weights
from keras_darts.export.weights import same_bits
from keras_darts.utils.files import staging
from keras_darts.utils.files import user_path

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Mapping
    from collections.abc import Sequence
    from typing import Any

    import keras

    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.utils.typing import PathLike


def safetensors(
    network: keras.Model,
    path: PathLike,
    *,
    labels: Sequence[str] | None = None,
    activation: str | None = "auto",
    input_shape: Sequence[int] | None = None,
    samples: Any = None,
    vocabulary: Vocabulary | None = None,
    training: Mapping[str, Any] | None = None,
    verbose: int | str = "auto",
) -> pathlib.Path:
    """Writes the weights of a network alone, as a safetensors file.

    Other frameworks read such files, and no code runs when they do. The names
    are those of the network's attributes, such as
    `cells.0.ops.3.first.depthwise`, and the same in each process. The metadata
    hold the `network`'s class, its `config` as JSON and its `genotype`.
    `load_weights` is the way back.

    Before the file appears it is read back, and its weights and the logits by
    them must be the same to the last bit; `NAME.safetensors.model_card.json`
    next to it says so, with what else there is to know. A file that was there
    before is replaced.

    Args:
        network: A `keras.Model` from images `(B, H, W, C)` to logits
            `(B, outputs)`, a `TextNetwork` or a `RecurrentLanguageModel`.
        path: The file, which must end in `.safetensors`.
        labels: As for `keras`, and the five arguments below.
        verbose: As in Keras, whether the stages are shown. Defaults to
            `"auto"`.

    Returns:
        The `pathlib.Path` of the file.

    Raises:
        ValueError: If `path` can't be written or an argument does not fit the
            network.
        RuntimeError: If other weights come back.
        ImportError: If safetensors is not installed.

    Example:

    >>> import tempfile
    >>> network, other = (
    ...     kd.networks.NasBench201Network(
    ...         "|skip_connect~0|+|none~0|none~1|+|none~0|none~1|none~2|",
    ...         num_classes=2, filters=2, num_cells=1, input_shape=(8, 8, 1),
    ...     )
    ...     for _ in range(2)
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = f"{folder}/a.safetensors"
    ...     path = kd.export.safetensors(network, file, verbose=0)
    ...     kd.export.load_weights(other, file)
    >>> bool((network.stem.kernel.numpy() == other.stem.kernel.numpy()).all())
    True
    """
    path = user_path(path)
    check_file(path, ".safetensors")
    library = _library("Writing")
    with announced("safetensors file", path, verbose):
        serving = describe(
            network,
            preprocessing=None,
            activation=activation,
            labels=labels,
            input_shape=input_shape,
            vocabulary=vocabulary,
            tokenizer=None,
        )
        signatures.say(serving.head)
        training = cards.training_figures(network, training)
        samples = serving.samples(samples)
        with staging(path.parent) as scratch:
            file = scratch / "model.safetensors"
            weights = named_weights(network)
            arrays = {name: np.asarray(v) for name, v in weights.items()}
            stage("writing and reading back %d arrays", len(arrays))
            library.save_file(arrays, file, _metadata(network))
            loaded = library.load_file(file)
            measured = _compared(serving, samples, weights, loaded)
            card = cards.make(
                serving,
                of_keras(file),
                measured,
                training=training,
                format="safetensors",
                quantization=None,
            )
            cards.publish(file, path, card)
        write_vocabulary(path, serving.vocabulary)
        return path


def load_weights(network: keras.Model, path: PathLike) -> None:
    """Takes over the weights from a file that `safetensors` wrote.

    Either everything is loaded or nothing.

    Args:
        network: A built `keras.Model` of the same make.
        path: The file.

    Raises:
        ValueError: If there is no such file, or a name is missing, left over
            or of another shape; all of them are listed.
        ImportError: If safetensors is not installed.

    Example:

    >>> import tempfile
    >>> image = keras.Input((8, 8, 1))
    >>> logits = keras.layers.Dense(2)(keras.layers.Flatten()(image))
    >>> network = keras.Model(image, logits)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = f"{folder}/a.safetensors"
    ...     path = kd.export.safetensors(network, file, verbose=0)
    ...     load_weights(network, file)
    """
    path = user_path(path)
    if path.suffix != ".safetensors" or not path.is_file():
        raise ValueError(
            "`path` must be a .safetensors file that exists. "
            f"Received: path={str(path)!r}"
        )
    arrays = _library("Reading").load_file(path)
    weights = named_weights(network)
    shapes = {name: tuple(value.shape) for name, value in weights.items()}
    check_arrays(shapes, arrays, "path", "network")
    for name, array in arrays.items():
        weights[name].assign(array)


def _library(what):
    try:
        from safetensors import numpy as library
    except ImportError as error:
        raise ImportError(
            f"{what} .safetensors files needs safetensors: "
            "pip install keras_darts[safetensors]"
        ) from error
    return library


def _metadata(network):
    genotype = getattr(network, "genotype", None)
    metadata = {"network": type(network).__name__}
    if genotype is not None:
        metadata["genotype"] = genotype.to_text()
    config = serialize_keras_object(network)
    # How it was trained is no matter of the weights.
    config.pop("compile_config", None)
    return {**metadata, "config": json.dumps(config)}


def _compared(serving, samples, weights, arrays):
    """The `Parity` of the network under what was read back."""
    for name, value in weights.items():
        if name not in arrays or not same_bits(value, arrays[name]):
            raise RuntimeError(
                f"The file's weights {name!r} are not those of the network; "
                "it was not kept."
            )
    pairs = [(weights[name], array) for name, array in arrays.items()]

    def actual(values):
        with StatelessScope(state_mapping=pairs):
            return serving.expected(values)

    measured = parity.measure(serving, samples, actual)
    parity.require_equal(measured)
    return measured
