"""Networks as LiteRT files, for phones and small computers."""

import dataclasses
import typing
import zipfile

import numpy as np

from keras_darts.export import accuracy
from keras_darts.export import cards
from keras_darts.export import heads
from keras_darts.export import parity
from keras_darts.export.announcing import announced
from keras_darts.export.announcing import stage
from keras_darts.export.classifier_serving import ClassifierServing
from keras_darts.export.coverage import coverage
from keras_darts.export.describe import describe
from keras_darts.export.litert_choices import Choices
from keras_darts.export.litert_converter import convert
from keras_darts.export.litert_metadata import with_metadata
from keras_darts.export.litert_runtime import load_litert
from keras_darts.export.serving import write_archive
from keras_darts.export.single_file import check_file
from keras_darts.export.single_file import write_vocabulary
from keras_darts.export.staging import staging
from keras_darts.files import user_path
from keras_darts.version import __version__

_LABELS = "labels.txt"


def litert(
    network,
    path,
    *,
    quantization=None,
    representative_data=None,
    preprocessing=None,
    labels=None,
    activation="auto",
    input_shape=None,
    samples=None,
    vocabulary=None,
    training=None,
    io_dtype=None,
    batch_size=None,
    validation_data=None,
    max_accuracy_drop=0.01,
    verbose="auto",
):
    """Writes a network as a LiteRT (TensorFlow Lite) file.

    Only LiteRT's builtin operations are used. Before the file appears it is
    run and compared with the network; the comparison stands beside
    `NAME.tflite` in `NAME.tflite.model_card.json`, with what else there is to
    know. A file that was there before is replaced.

    The signature `serving_default` takes float32 images as `image`, one or,
    resized, any number, and gives `logits` and `probabilities`. That of a
    network of sentences takes int32 token ids as `ids`, rows as long as the
    network's. A language model has the signature `step` instead: `token` (B,)
    and `state` (B, H), zeros to begin with, to `logits` (B, V) of the next
    token and `next_state`.

    Args:
        network: A `keras.Model` from images `(B, H, W, C)` to logits or
            probabilities `(B, outputs)`, a `TextNetwork` or a
            `RecurrentLanguageModel`, in float32. Of a model of strings, as
            `TextClassifier.export_model` gives, what stands after its
            `TextVectorization` is written, with token `ids`.
        path: The file, which must end in `.tflite`.
        quantization: `None` for float32, `"dynamic"` for weights in 8 bits,
            `"float16"` for weights in half precision, or `"int8"` for weights
            and activations in 8 bits. Defaults to `None`.
        representative_data: Images or token ids to read the ranges of the
            activations from, for `"int8"` alone: an array, or a batched
            `tf.data.Dataset` of inputs or of `(inputs, ...)`, of which the
            first 256 are used, so that data sorted by class is to be shuffled;
            of a text, 8 rows. How well those of a classifier cover `samples`
            stands in the card, and what they lack is warned of. Defaults to
            `None`.
        preprocessing: Keras layer or function that the images go through
            before the network. Defaults to `None`.
        labels: List of strings, one an output, kept inside the file as
            `labels.txt`, which its metadata name and `zipfile` reads.
            Defaults to `None`.
        activation: `"softmax"`, `"sigmoid"`, or `None` for numbers alone.
            Defaults to `"auto"`, as for `saved_model`.
        input_shape: Tuple `(H, W, C)` of the images. Defaults to `None`, which
            means `network.input_shape`.
        samples: What to compare on, in the forms of `representative_data`, of
            which the first 1,024 are used, or 32 rows of a text. Defaults to
            `None`, which means noise.
        vocabulary: `Vocabulary` of the network's tokens, written beside the
            file as `NAME.vocabulary.json`. Defaults to `None`.
        training: Dict of plain data, what the model card says of the
            training: the data set, figures. Defaults to `None`: the last epoch
            of the network's `fit` in this process, if there was one.
        io_dtype: `"int8"` or `"uint8"`, what images go in as and logits come
            out as, for `"int8"` alone; scales and zero points stand in the
            file, and `load` converts by them. Defaults to `None`, floats.
        batch_size: Integer, the inputs that the file takes at once, for
            hardware that needs fixed sizes; not for language models. Defaults
            to `None`: one, or resized, any number.
        validation_data: Pair of inputs and class numbers, or a
            `tf.data.Dataset` of such, of which the first 2,000 are used: how
            often the file and the network are right on them stands in the
            card. Defaults to `None`.
        max_accuracy_drop: Float, how much less often the file may be right
            without a warning. Defaults to `0.01`.
        verbose: As in Keras, whether the stages are shown. Defaults to
            `"auto"`.

    Returns:
        The `pathlib.Path` of the file.

    Raises:
        ValueError: If `path` can't be written, LiteRT lacks an operation, or
            an argument does not fit the network.
        RuntimeError: If an output is not finite or float32 logits are not
            those of the network, in which case the file is not kept.

    Example:

    >>> import tempfile
    >>> import keras
    >>> image = keras.Input((8, 8, 1))
    >>> logits = keras.layers.Dense(2)(keras.layers.Flatten()(image))
    >>> network = keras.Model(image, logits)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = litert(network, f"{folder}/parity.tflite", verbose=0)
    >>> file.name
    'parity.tflite'
    """
    path = user_path(path)
    check_file(path, ".tflite")
    choices = Choices(quantization, io_dtype, batch_size)
    choices.check_data(representative_data)
    with announced("LiteRT file", path, verbose):
        serving = describe(
            network,
            preprocessing=preprocessing,
            activation=activation,
            labels=labels,
            input_shape=input_shape,
            vocabulary=vocabulary,
        )
        heads.say(serving.head)
        choices.check_fits(serving)
        data = _Data(
            _feeds(serving, representative_data),
            serving.samples(samples),
            accuracy.labelled(serving, validation_data, max_accuracy_drop),
        )
        training = cards.training_figures(network, training)
        with staging(path.parent) as scratch:
            file = _written(serving, scratch, choices, data.feeds, path.stem)
            card = _card(serving, load_litert(file), choices, data, training)
            cards.publish(file, path, card)
        write_vocabulary(path, serving.vocabulary)
        return path


class _Data(typing.NamedTuple):
    """What a file is calibrated, compared and judged by."""

    feeds: list | None
    samples: tuple
    judged: accuracy.Labelled | None


def _feeds(serving, data):
    return None if data is None else serving.calibration(data)


def _written(serving, scratch, choices, feeds, name):
    """The file, not in its place yet."""
    file = scratch / "model.tflite"
    content = with_metadata(
        _converted(serving, scratch / "saved_model", choices, feeds),
        name=name,
        description="A network of keras_darts",
        version=__version__,
        labels_file=None if serving.labels is None else _LABELS,
    )
    file.write_bytes(content)
    if serving.labels is not None:
        text = "".join(f"{label}\n" for label in serving.labels)
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr(_LABELS, text)
    return file


def _converted(serving, folder, choices, feeds):
    endpoints = {
        name: endpoint.of_batches(choices.batch_size)
        for name, endpoint in serving.litert_endpoints().items()
    }
    calibrated = "" if feeds is None else f", calibrating on {len(feeds)}"
    stage("tracing and converting it%s", calibrated)
    write_archive(serving, endpoints, folder)
    (signature,) = endpoints
    return convert(
        folder, signature, choices.quantization, feeds, choices.io_dtype
    )


def _calibrated(serving, feeds, samples):
    """What the card says of the data that calibrated the file."""
    if feeds is None:
        return {}
    classifier = isinstance(serving, ClassifierServing)
    # Of a model of strings, what calibrates it are ids.
    if not classifier or serving.saved_model_input.name not in feeds[0]:
        return {"calibration": {"samples": len(feeds)}}
    (name,) = feeds[0]
    data = np.concatenate([feed[name] for feed in feeds])
    return {"calibration": coverage(serving, data, samples)}


def _card(serving, exported, choices, data, training):
    """The card of a file that holds what it says."""
    stage("comparing it with the network on %d samples", len(data.samples[0]))
    measured = parity.compare(serving, exported, data.samples)
    if choices.quantization is None:
        parity.require(measured, serving.network)
    facts = _calibrated(serving, data.feeds, data.samples[0])
    if data.judged is not None:
        facts["accuracy"] = accuracy.compared(serving, exported, data.judged)
    return cards.make(
        serving,
        exported,
        measured,
        training=training,
        format="litert",
        **dataclasses.asdict(choices),
        **facts,
    )
