"""Networks as ONNX files, for the runtimes of other frameworks."""

import json
import numbers

from keras_darts.export import cards
from keras_darts.export import heads
from keras_darts.export import parity
from keras_darts.export.announcing import announced
from keras_darts.export.announcing import stage
from keras_darts.export.describe import describe
from keras_darts.export.onnx_converter import convert
from keras_darts.export.onnx_runtime import load_onnx
from keras_darts.export.serving import write_archive
from keras_darts.export.single_file import check_file
from keras_darts.export.single_file import write_vocabulary
from keras_darts.export.staging import staging
from keras_darts.files import user_path
from keras_darts.version import __version__

# What tf2onnx knows; before 13, operations took other arguments.
_OLDEST_OPSET, _NEWEST_OPSET = 13, 18


def onnx(
    network,
    path,
    *,
    opset=_NEWEST_OPSET,
    preprocessing=None,
    labels=None,
    activation="auto",
    input_shape=None,
    samples=None,
    vocabulary=None,
    training=None,
    verbose="auto",
):
    """Writes a network as an ONNX file.

    Before the file appears it is run by onnxruntime and compared with the
    network; the comparison stands beside `NAME.onnx` in
    `NAME.onnx.model_card.json`, with what else there is to know. A file that
    was there before is replaced.

    The model takes any number of float32 images (B, H, W, C) as `image` and
    gives `logits` and `probabilities`. That of a network of sentences takes
    int32 token ids as `ids`, rows as long as the network's. A language model
    goes token by token: `token` (B,) and `state` (B, H), zeros to begin with,
    to `logits` (B, V) of the next token and `next_state`. The model's
    properties hold its `signature` and, as JSON, its `labels`.

    Args:
        network: A `keras.Model` from images `(B, H, W, C)` to logits
            `(B, outputs)`, a `TextNetwork` or a `RecurrentLanguageModel`.
        path: The file, which must end in `.onnx`.
        opset: Integer from 13 to 18, the version of ONNX's operations: a lower
            one for older runtimes. Defaults to `18`.
        preprocessing: Keras layer or function that the images go through
            before the network. Defaults to `None`.
        labels: List of strings, one an output. Defaults to `None`.
        activation: `"softmax"`, `"sigmoid"`, or `None` for numbers alone.
            Defaults to `"auto"`, as for `saved_model`.
        input_shape: Tuple `(H, W, C)` of the images. Defaults to `None`, which
            means `network.input_shape`.
        samples: What to compare on: an array of inputs, or a batched
            `tf.data.Dataset` of inputs or of `(inputs, ...)`, of which the
            first 1,024 are used, or 32 rows of a text. Defaults to `None`,
            which means noise.
        vocabulary: `Vocabulary` of the network's tokens, written beside the
            file as `NAME.vocabulary.json`. Defaults to `None`.
        training: Dict of plain data, what the model card says of the
            training: the data set, figures. Defaults to `None`: the last epoch
            of the network's `fit` in this process, if there was one.
        verbose: As in Keras, whether the stages are shown. Defaults to
            `"auto"`.

    Returns:
        The `pathlib.Path` of the file.

    Raises:
        ValueError: If `path` can't be written, ONNX lacks an operation, or an
            argument does not fit the network.
        RuntimeError: If the file's logits are not those of the network, in
            which case it is not kept.
        ImportError: If tf2onnx or onnxruntime is not installed.

    Example:

    >>> import tempfile
    >>> import keras
    >>> image = keras.Input((8, 8, 1))
    >>> logits = keras.layers.Dense(2)(keras.layers.Flatten()(image))
    >>> network = keras.Model(image, logits)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = onnx(network, f"{folder}/parity.onnx", verbose=0)
    >>> file.name
    'parity.onnx'
    """
    path = user_path(path)
    check_file(path, ".onnx")
    _check_opset(opset)
    _check_precision(network)
    with announced("ONNX file", path, verbose):
        serving = describe(
            network,
            preprocessing=preprocessing,
            activation=activation,
            labels=labels,
            input_shape=input_shape,
            vocabulary=vocabulary,
            tokenizer=None,
        )
        heads.say(serving.head)
        training = cards.training_figures(network, training)
        samples = serving.samples(samples)
        with staging(path.parent) as scratch:
            file = scratch / "model.onnx"
            content = _converted(serving, scratch / "saved_model", opset)
            file.write_bytes(content)
            card = _card(serving, file, samples, opset, training)
            cards.publish(file, path, card)
        write_vocabulary(path, serving.vocabulary)
        return path


def _check_opset(opset):
    integer = isinstance(opset, numbers.Integral)
    if not integer or not _OLDEST_OPSET <= opset <= _NEWEST_OPSET:
        raise ValueError(
            f"`opset` must be an integer from {_OLDEST_OPSET} to "
            f"{_NEWEST_OPSET}. Received: opset={opset!r}"
        )


def _check_precision(network):
    if getattr(network, "compute_dtype", None) == "bfloat16":
        raise ValueError(
            "`network` must not compute in bfloat16, which the converter "
            "lacks; load its weights into a network made under the policy "
            "'float32'. Received: a network that computes in bfloat16"
        )


def _converted(serving, folder, opset):
    # A file holds one function, which takes what a LiteRT file takes.
    endpoints = serving.litert_endpoints()
    stage("tracing and converting it")
    write_archive(serving, endpoints, folder)
    (signature,) = endpoints
    properties = {"made_by": f"keras_darts {__version__}"}
    properties["signature"] = signature
    if serving.labels is not None:
        properties["labels"] = json.dumps(serving.labels, ensure_ascii=False)
    return convert(folder, signature, int(opset), properties)


def _card(serving, file, samples, opset, training):
    """The card of a file that was run and found right."""
    stage("comparing it with the network on %d samples", len(samples[0]))
    exported = load_onnx(file)
    measured = parity.compare(serving, exported, samples)
    parity.require(measured, serving.network)
    return cards.make(
        serving,
        exported,
        measured,
        training=training,
        format="onnx",
        quantization=None,
        opset=int(opset),
    )
