"""Networks as LiteRT files, for phones and small computers."""

import pathlib
import zipfile

from keras_darts.errors import unknown_name
from keras_darts.export import cards
from keras_darts.export import parity
from keras_darts.export.describe import describe
from keras_darts.export.exported import vocabulary_file
from keras_darts.export.litert_converter import QUANTIZATIONS
from keras_darts.export.litert_converter import convert
from keras_darts.export.loading import load_litert
from keras_darts.export.serving import write_archive
from keras_darts.export.staging import staging


def litert(
    network,
    path,
    *,
    quantization=None,
    representative_data=None,
    preprocessing=None,
    labels=None,
    activation="softmax",
    input_shape=None,
    samples=None,
    vocabulary=None,
    training=None,
):
    """Writes a network as a LiteRT (TensorFlow Lite) file.

    Only LiteRT's builtin operations are used. Before the file appears it is
    run and compared with the network; the comparison stands beside
    `NAME.tflite` in `NAME.tflite.model_card.json`, with what else there is to
    know. A file that was there before is
    replaced.

    The signature `serving_default` takes float32 images as `image`, one or,
    resized, any number, and gives `logits` and `probabilities`. That of a
    network of sentences takes int32 token ids as `ids`, rows as long as the
    network's. A language model has the signature `step` instead: `token` (B,)
    and `state` (B, H), zeros to begin with, to `logits` (B, V) of the next
    token and `next_state`.

    Args:
        network: A `keras.Model` from images `(B, H, W, C)` to logits
            `(B, outputs)`, a `TextNetwork` or a `RecurrentLanguageModel`, in
            float32.
        path: The file, which must end in `.tflite`.
        quantization: `None` for float32, `"dynamic"` for weights in 8 bits,
            `"float16"` for weights in half precision, or `"int8"` for weights
            and activations in 8 bits. Defaults to `None`.
        representative_data: Images or token ids to read the ranges of the
            activations from, for `"int8"` alone: an array, or a batched
            `tf.data.Dataset` of inputs or of `(inputs, ...)`, of which the
            first 256 are used, so that data sorted by class is to be shuffled;
            of a text, 8 rows. Defaults to `None`.
        preprocessing: Keras layer or function that the images go through
            before the network. Defaults to `None`.
        labels: List of strings, one an output, kept inside the file as
            `labels.txt`, where `zipfile` and LiteRT's metadata readers find
            it. Defaults to `None`.
        activation: `"softmax"`, `"sigmoid"`, or `None` for logits alone.
            Defaults to `"softmax"`.
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
    ...     file = litert(network, f"{folder}/parity.tflite")
    >>> file.name
    'parity.tflite'
    """
    path = pathlib.Path(path)
    _check_file(path)
    _check_quantization(quantization, representative_data)
    serving = describe(
        network,
        preprocessing=preprocessing,
        activation=activation,
        labels=labels,
        input_shape=input_shape,
        vocabulary=vocabulary,
        tokenizer=None,
    )
    _check_precision(network)
    training = cards.training_figures(network, training)
    feeds = None
    if representative_data is not None:
        feeds = serving.calibration(representative_data)
    samples = serving.samples(samples)
    with staging(path.parent) as scratch:
        model = _converted(
            serving, scratch / "saved_model", quantization, feeds
        )
        file = scratch / "model.tflite"
        _write(file, model, serving.labels)
        card = _card(serving, file, samples, quantization, training)
        cards.publish(file, path, card)
    _write_vocabulary(path, serving.vocabulary)
    return path


def _check_file(path):
    if path.suffix != ".tflite" or path.is_dir():
        raise ValueError(
            "`path` must be a file that ends in '.tflite'. "
            f"Received: path={str(path)!r}"
        )


def _check_quantization(quantization, representative_data):
    if quantization not in QUANTIZATIONS:
        names = map(str, QUANTIZATIONS)
        raise unknown_name("quantization", quantization, names)
    if (quantization == "int8") != (representative_data is not None):
        raise ValueError(
            "`representative_data` must be given for `quantization='int8'`, "
            "which reads the ranges of the activations from it, and for no "
            f"other. Received: quantization={quantization!r}, "
            f"representative_data of type {type(representative_data).__name__}"
        )


def _check_precision(network):
    if network.compute_dtype != "float32":
        raise ValueError(
            "`network` must compute in float32, the precision LiteRT starts "
            "from; load its weights into a network made under the policy "
            "'float32'. Received: a network that computes in "
            f"{network.compute_dtype}"
        )


def _converted(serving, folder, quantization, feeds):
    endpoints = serving.litert_endpoints()
    write_archive(serving, endpoints, folder)
    (signature,) = endpoints
    return convert(folder, signature, quantization, feeds)


def _write(file, model, labels):
    file.write_bytes(model)
    if labels is not None:
        # A zip archive after the model's end, which LiteRT's metadata format
        # prescribes for label files and every interpreter skips.
        text = "".join(f"{label}\n" for label in labels)
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr("labels.txt", text)


def _write_vocabulary(path, vocabulary):
    file = vocabulary_file(path)
    if vocabulary is None:
        # That of a file which was there before.
        file.unlink(missing_ok=True)
    else:
        vocabulary.save(file)


def _card(serving, file, samples, quantization, training):
    """The card of a file that holds what it says."""
    exported = load_litert(file)
    measured = parity.compare(serving, exported, samples)
    if quantization is None:
        parity.require(measured, serving.network)
    return cards.make(
        serving,
        exported,
        measured,
        training=training,
        format="litert",
        quantization=quantization,
    )
