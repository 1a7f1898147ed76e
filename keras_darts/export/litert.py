"""Networks as LiteRT files, and those files read back."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import typing
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from keras_darts.export import cards
from keras_darts.export import parity
from keras_darts.export import signatures
from keras_darts.export.cards import calibration_coverage
from keras_darts.export.exported_model import ExportedModel
from keras_darts.export.exported_model import Signature
from keras_darts.export.exported_model import announced
from keras_darts.export.exported_model import check_file
from keras_darts.export.exported_model import stage
from keras_darts.export.exported_model import write_vocabulary
from keras_darts.export.image_signatures import ImageServing
from keras_darts.export.litert_converter import QUANTIZATIONS
from keras_darts.export.litert_converter import convert
from keras_darts.export.litert_converter import with_metadata
from keras_darts.export.litert_converter import without_interpreter_warning
from keras_darts.export.signatures import ClassifierServing
from keras_darts.export.signatures import write_archive
from keras_darts.export.specification import describe
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.errors import unknown_name
from keras_darts.utils.files import staging
from keras_darts.utils.files import user_path
from keras_darts.version import __version__

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from typing import Any

    import keras

    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.export.signatures import Serving
    from keras_darts.utils.typing import PathLike

_DTYPES = (None, "int8", "uint8")


@dataclasses.dataclass(frozen=True)
class Choices:
    """Checked choices of a file.

    Args:
        quantization: A key of `QUANTIZATIONS`.
        io_dtype: `None`, `"int8"` or `"uint8"`.
        batch_size: Integer, or `None` for any.
    """

    quantization: str | None
    io_dtype: str | None
    batch_size: int | None

    def __post_init__(self) -> None:
        if self.quantization not in QUANTIZATIONS:
            names = map(str, QUANTIZATIONS)
            raise unknown_name("quantization", self.quantization, names)
        if self.io_dtype not in _DTYPES:
            raise unknown_name("io_dtype", self.io_dtype, map(str, _DTYPES))
        if self.io_dtype is not None and self.quantization != "int8":
            raise ValueError(
                "`io_dtype` must be None but for `quantization='int8'`: all "
                "others compute in floats. Received: "
                f"io_dtype={self.io_dtype!r}, "
                f"quantization={self.quantization!r}"
            )
        if self.batch_size is not None:
            positive_integer("batch_size", self.batch_size)

    def check_data(self, data: Any) -> None:
        """Refuses calibration data that are missing, or for no use."""
        if (self.quantization == "int8") != (data is not None):
            raise ValueError(
                "`representative_data` must be given for `quantization='int8'`,"
                " which reads the ranges of the activations from it, and for "
                f"no other. Received: quantization={self.quantization!r}, "
                f"representative_data of type {type(data).__name__}"
            )

    def check_fits(self, serving: Serving) -> None:
        """Refuses choices that a kind of network has not, and its precision."""
        precision = serving.network.compute_dtype
        if precision != "float32":
            raise ValueError(
                "`network` must compute in float32, the precision LiteRT "
                "starts from; load its weights into a network made under the "
                "policy 'float32'. Received: a network that computes in "
                f"{precision}"
            )
        needed = (
            ("io_dtype", ImageServing, "a network of images"),
            ("batch_size", ClassifierServing, "a network that classifies"),
        )
        for name, expected, what in needed:
            value = getattr(self, name)
            if value is not None and not isinstance(serving, expected):
                raise ValueError(
                    f"`{name}` must be None but for {what}. "
                    f"Received: {name}={value!r}"
                )


def load_litert(file: pathlib.Path) -> ExportedModel:
    """The `ExportedModel` of a LiteRT file."""
    try:
        from ai_edge_litert.interpreter import Interpreter

        version = importlib.metadata.version("ai-edge-litert")
        runtime = f"ai_edge_litert {version}"
    except ImportError:
        Interpreter = tf.lite.Interpreter
        runtime = f"tensorflow {tf.__version__}"

    def opened():
        with without_interpreter_warning():
            return Interpreter(str(file))

    return ExportedModel(
        path=file,
        runtime=runtime,
        signatures={
            name: _signature(opened, name)
            for name in opened().get_signature_list()
        },
    )


def _signature(opened, name):
    runner = opened().get_signature_runner(name)
    details = runner.get_input_details()
    made = runner.get_output_details()

    def run(**inputs):
        nonlocal runner
        arrays = {
            name: _quantized(name, values, details[name])
            for name, values in inputs.items()
        }
        try:
            outputs = runner(**arrays)
        except RuntimeError:
            # After some, such as that of an empty batch, the interpreter
            # answers good requests, too, but wrongly.
            runner = opened().get_signature_runner(name)
            raise
        return {
            name: _dequantized(values, made[name])
            for name, values in outputs.items()
        }

    return Signature(
        inputs=_shapes(details),
        outputs=_shapes(runner.get_output_details()),
        run=run,
        quantized={
            name: [
                float(tensor["quantization"][0]),
                int(tensor["quantization"][1]),
            ]
            for name, tensor in {**details, **made}.items()
            for scale, zero in [tensor["quantization"]]
            if scale
        },
    )


def _quantized(name, values, tensor):
    """Numbers as a tensor holds them, by its scale and zero point."""
    dtype, (scale, zero) = tensor["dtype"], tensor["quantization"]
    values = np.asarray(values)
    if not scale or values.dtype == dtype:
        return values.astype(dtype)
    if not np.isfinite(values).all():
        raise ValueError(
            f"`{name}` must be finite: whole numbers stand for it. Received: "
            f"{name} with NaN or infinite values"
        )
    limits = np.iinfo(dtype)
    whole = np.rint(values / scale) + zero
    return np.clip(whole, limits.min, limits.max).astype(dtype)


def _dequantized(values, tensor):
    scale, zero = tensor["quantization"]
    if not scale or values.dtype.kind == "f":
        return values
    return (values.astype("float32") - zero) * np.float32(scale)


def _shapes(details):
    return {
        name: tuple(
            None if size < 0 else int(size)
            for size in tensor["shape_signature"]
        )
        for name, tensor in details.items()
    }


_LABELS = "labels.txt"


def litert(
    network: keras.Model,
    path: PathLike,
    *,
    quantization: str | None = None,
    representative_data: Any = None,
    preprocessing: Callable[..., Any] | None = None,
    labels: Sequence[str] | None = None,
    activation: str | None = "auto",
    input_shape: Sequence[int] | None = None,
    samples: Any = None,
    vocabulary: Vocabulary | None = None,
    training: Mapping[str, Any] | None = None,
    io_dtype: str | None = None,
    batch_size: int | None = None,
    validation_data: Any = None,
    max_accuracy_drop: float = 0.01,
    verbose: int | str = "auto",
) -> pathlib.Path:
    """Writes a network as a LiteRT (TensorFlow Lite) file.

    Only LiteRT's builtin operations are used. Before the file appears it is
    run and compared with the network; the comparison stands next to
    `NAME.tflite` in `NAME.tflite.model_card.json`, with what else there is to
    know. A file that was there before is replaced.

    The signature `serving_default` takes float32 images as `image`, one or,
    resized, any number, and returns `logits` and `probabilities`. That of a
    network of sentences takes int32 token ids as `ids`, rows as long as the
    network's. A language model has the signature `step` instead: `token` (B,)
    and `state` (B, H), zeros to begin with, to `logits` (B, V) of the next
    token and `next_state`.

    Args:
        network: A `keras.Model` from images `(B, H, W, C)` to logits or
            probabilities `(B, outputs)`, a `TextNetwork` or a
            `RecurrentLanguageModel`, in float32. Of a model of strings, as
            `TextClassifier.export_model` returns, what stands after its
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
            is in the card, and what they lack is warned of. Defaults to
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
        vocabulary: `Vocabulary` of the network's tokens, written next to the
            file as `NAME.vocabulary.json`. Defaults to `None`.
        training: Dict of plain data, what the model card says of the
            training: the data set, figures. Defaults to `None`: the last epoch
            of the network's `fit` in this process, if there was one.
        io_dtype: `"int8"` or `"uint8"`, what images go in as and logits come
            out as, for `"int8"` alone; scales and zero points are in the
            file, and `load` converts by them. Defaults to `None`, floats.
        batch_size: Integer, the inputs that the file takes at once, for
            hardware that needs fixed sizes; not for language models. Defaults
            to `None`: one, or resized, any number.
        validation_data: Pair of inputs and class numbers, or a
            `tf.data.Dataset` of such, of which the first 2,000 are used: how
            often the file and the network are right on them is in the
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
        signatures.say(serving.head)
        choices.check_fits(serving)
        data = _Data(
            _feeds(serving, representative_data),
            serving.samples(samples),
            cards.labelled(serving, validation_data, max_accuracy_drop),
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
    judged: cards.Labelled | None


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
    return {"calibration": calibration_coverage(serving, data, samples)}


def _card(serving, exported, choices, data, training):
    """The card of a file that holds what it says."""
    stage("comparing it with the network on %d samples", len(data.samples[0]))
    measured = parity.compare(serving, exported, data.samples)
    if choices.quantization is None:
        parity.require(measured, serving.network)
    facts = _calibrated(serving, data.feeds, data.samples[0])
    if data.judged is not None:
        facts["accuracy"] = cards.compared(serving, exported, data.judged)
    return cards.make(
        serving,
        exported,
        measured,
        training=training,
        format="litert",
        **dataclasses.asdict(choices),
        **facts,
    )
