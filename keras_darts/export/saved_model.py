"""Networks as SavedModels, in the folders that TensorFlow Serving watches.

The first request of a graph takes longer than those after it; warm-up requests
in the SavedModel's `assets.extra` let TensorFlow Serving run it before clients.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from keras_darts.export import cards
from keras_darts.export import parity
from keras_darts.export import signatures
from keras_darts.export.exported_model import ExportedModel
from keras_darts.export.exported_model import Signature
from keras_darts.export.exported_model import announced
from keras_darts.export.exported_model import stage
from keras_darts.export.exported_model import vocabulary_file
from keras_darts.export.signatures import guarded
from keras_darts.export.signatures import write_archive
from keras_darts.export.specification import describe
from keras_darts.utils.errors import non_negative
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.files import staging
from keras_darts.utils.files import user_path
from keras_darts.utils.files import write_text

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from typing import Any

    import keras

    from keras_darts.datasets.tokenizers import TextEncoder
    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.utils.typing import PathLike

_FILE = "tf_serving_warmup_requests"


def write(
    folder: pathlib.Path,
    name: str,
    requests: Mapping[str, Mapping[str, np.ndarray]],
) -> None:
    """Writes requests into the `assets.extra` of a version.

    Args:
        folder: `pathlib.Path` of the version.
        name: String, the model's name.
        requests: Dict from signatures to dicts of arrays.

    Raises:
        ImportError: If the messages of TensorFlow Serving are not installed.
    """
    log = _messages().PredictionLog
    with tf.io.TFRecordWriter(str(folder / "assets.extra" / _FILE)) as file:
        for signature, arrays in requests.items():
            entry = log()
            request = entry.predict_log.request
            request.model_spec.name = name
            request.model_spec.signature_name = signature
            for key, array in arrays.items():
                request.inputs[key].CopyFrom(tf.make_tensor_proto(array))
            file.write(entry.SerializeToString())


def is_wanted(asked: bool | None) -> bool:
    """Whether to write them: as asked, or if that is `None`, if possible."""
    if asked is False:
        return False
    try:
        _messages()
    except ImportError:
        if asked:
            raise
        return False
    return True


def _messages():
    try:
        from tensorflow_serving.apis import prediction_log_pb2
    except ImportError as error:
        raise ImportError(
            "Warm-up requests are messages of TensorFlow Serving and need "
            "tensorflow-serving-api: pip install keras_darts[serving]"
        ) from error
    return prediction_log_pb2


MODELS, BATCHING = "models.config", "batching.config"


def serving_config(
    folder: PathLike,
    *,
    base_path: str = "/models",
    max_batch_size: int = 32,
    batch_timeout_milliseconds: float = 1.0,
    num_batch_threads: int | None = None,
) -> pathlib.Path:
    """Writes `models.config` and `batching.config` of TensorFlow Serving.

    `models.config` names every model in the folder, so that one server has
    them all, and always the newest version of each. `batching.config` lets it
    answer requests that come at the same time together.

    Args:
        folder: Folder with a folder for each model, as `saved_model` fills
            them.
        base_path: String, the folder as the server sees it. Defaults to
            `"/models"`, where containers have it.
        max_batch_size: Integer, the most inputs answered together. Defaults
            to `32`.
        batch_timeout_milliseconds: Float, how long a request waits for others.
            Defaults to `1.0`.
        num_batch_threads: Integer, batches at a time. Defaults to `None`, the
            number of processors of this machine.

    Returns:
        The `pathlib.Path` of `models.config`.

    Raises:
        ValueError: If the folder holds no SavedModel, or a number makes no
            sense.

    Example:

    >>> import pathlib
    >>> import tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> (folder / "digits" / "1").mkdir(parents=True)
    >>> (folder / "digits" / "1" / "saved_model.pb").touch()
    >>> "/models/digits" in serving_config(folder).read_text()
    True
    """
    folder = user_path(folder, "folder")
    positive_integer("max_batch_size", max_batch_size)
    wait = non_negative(
        "batch_timeout_milliseconds", batch_timeout_milliseconds
    )
    threads = os.cpu_count() if num_batch_threads is None else num_batch_threads
    positive_integer("num_batch_threads", threads)
    names = sorted({file.parent.parent.name for file in _models(folder)})
    if not names:
        raise ValueError(
            "`folder` must hold SavedModels as NAME/VERSION. "
            f"Received: folder={str(folder)!r}"
        )
    batching = {
        "max_batch_size": max_batch_size,
        "batch_timeout_micros": round(1000 * wait),
        "max_enqueued_batches": 100,
        "num_batch_threads": threads,
    }
    lines = [f"{key} {{ value: {value} }}" for key, value in batching.items()]
    write_text(folder / BATCHING, "\n".join(lines) + "\n")
    entries = [
        _entry(name, f"{base_path.rstrip('/')}/{name}") for name in names
    ]
    text = "\n".join(["model_config_list {", *entries, "}"])
    write_text(folder / MODELS, f"{text}\n")
    return folder / MODELS


def _models(folder):
    for file in folder.glob("*/*/saved_model.pb"):
        if file.parent.name.isdecimal():
            yield file


def _entry(name, path):
    # A string of JSON is one of this format, too.
    return "\n".join(
        [
            "  config {",
            f"    name: {json.dumps(name)}",
            f"    base_path: {json.dumps(path)}",
            '    model_platform: "tensorflow"',
            "  }",
        ]
    )


def load_saved_model(folder: pathlib.Path) -> ExportedModel:
    """The `ExportedModel` of one version of a SavedModel."""
    with tf.device("CPU:0"):
        loaded = _loaded(folder)
    return ExportedModel(
        path=folder,
        runtime=f"tensorflow {tf.__version__}",
        signatures={
            name: _from_tensorflow(function, loaded)
            for name, function in loaded.signatures.items()
        },
    )


def _loaded(folder):
    try:
        return tf.saved_model.load(str(folder))
    except RuntimeError as error:
        if "Op type not registered" not in str(error):
            raise
    try:
        # Its import registers the operations.
        importlib.import_module("tensorflow_text")
    except ImportError as error:
        raise ImportError(
            f"The export {str(folder)!r} takes raw text and needs "
            "tensorflow-text: pip install keras_darts[text]"
        ) from error
    return tf.saved_model.load(str(folder))


def _from_tensorflow(function, loaded):
    specs = function.structured_input_signature[1]

    # The function does not keep `loaded` and its variables alive by itself.
    def run(loaded=loaded, **inputs):
        with tf.device("CPU:0"):
            tensors = {
                name: tf.convert_to_tensor(_cast(values, specs[name].dtype))
                for name, values in inputs.items()
            }
            outputs = function(**tensors)
        return {name: tensor.numpy() for name, tensor in outputs.items()}

    return Signature(
        inputs={name: tuple(spec.shape) for name, spec in specs.items()},
        outputs={
            name: tuple(spec.shape)
            for name, spec in function.structured_outputs.items()
        },
        run=run,
    )


def _cast(values, dtype):
    return values if dtype == tf.string else np.asarray(values, dtype.name)


def saved_model(
    network: keras.Model,
    path: PathLike,
    *,
    version: int | None = None,
    labels: Sequence[str] | None = None,
    preprocessing: Callable[..., Any] | None = None,
    activation: str | None = "auto",
    input_shape: Sequence[int] | None = None,
    samples: Any = None,
    vocabulary: Vocabulary | None = None,
    tokenizer: TextEncoder | str | None = None,
    training: Mapping[str, Any] | None = None,
    top_k: int | None = None,
    input_dtype: str | None = None,
    resize: int | None = None,
    warm_up: bool | None = None,
    pixel_range: Sequence[float] | None = None,
    validation_data: Any = None,
    max_accuracy_drop: float = 0.01,
    verbose: int | str = "auto",
) -> pathlib.Path:
    """Writes a network as the next version of a SavedModel.

    The version needs neither Keras nor keras_darts to run. Before it appears
    under `path` it is loaded, run and compared with the network. That and what
    else there is to know is written to `assets.extra/model_card.json`.

    The signature `serving_default` takes any number of images as `image` and
    gives `logits`, `probabilities` and, with `labels`, `classes`: for each
    image the labels of its best outputs, the best first. `serving_bytes` gives
    the same for JPEG and PNG files of any size, as `image_bytes` (B,): they
    become numbers from 0 to 255, or from 0 to 1 where the network was trained
    on such. It is left out, with a warning, where it was trained on others;
    `pixel_range` says which. `serving_default` of a network of sentences takes
    int32 token ids (B, T) as `ids`, or, with a `tokenizer`, strings (B,) as
    `text`, as that of a Keras model of strings does.

    A network may end in softmax or sigmoid, as what a classifier's
    `export_model` returns: `probabilities` are then its own, and `logits` what
    goes into that last layer. Where that can't be had, as after
    `Dense(activation="softmax")`, they are the logarithms of probabilities
    (of odds for sigmoid).

    A language model has two signatures. `score`, which is `serving_default`
    too, takes `ids` (B, T) or `text` (B,) and returns `log_probabilities`
    (B, T - 1) of each token given those before it in the row, from a zero
    state, and `perplexity` (B,). Where a text ends before the longest of its
    batch, log-probabilities are 0 and do not count; the perplexity of a single
    token, which nothing precedes, is 1. `step` takes `token` (B,) and `state`
    (B, H), zeros to begin with, and returns `logits` (B, V) of the next token
    and `next_state`.

    Strings are split within the graph; who loads such a version imports
    `tensorflow_text` before, unless its tokens are characters. Tokens that the
    vocabulary lacks become its `unknown` token; if it has none, they raise
    `tf.errors.InvalidArgumentError`.

    Args:
        network: A `keras.Model` from images `(B, H, W, C)` or strings `(B,)`
            to logits or probabilities `(B, outputs)`, a `TextNetwork` or a
            `RecurrentLanguageModel`.
        path: Folder that holds the versions, made if it is missing.
        version: Integer > 0 that `path` does not hold yet. Defaults to `None`,
            one more than the highest.
        labels: List of strings, one an output, also written to
            `assets.extra/labels.txt`. Defaults to `None`.
        preprocessing: Keras layer or function that the served images go through
            before the network, such as `keras.layers.Normalization`. A network
            that scales its images itself must not have it. Defaults to `None`.
        activation: `"softmax"` for one class an image, `"sigmoid"` for several,
            or `None` for numbers alone, as in regression. Defaults to
            `"auto"`: by the last layer of the network, the loss that it was
            compiled with, and whether its rows sum to one; softmax of logits
            where none of them tells.
        input_shape: Tuple `(H, W, C)` of the served images. Defaults to
            `None`, which means `network.input_shape`.
        samples: What to compare on, as it will be served: an array, or a
            `tf.data.Dataset` of inputs or of `(inputs, ...)`, of which the
            first 1,024 are used, or 32 rows of a text. Token ids do for
            strings, too. Defaults to `None`, which means noise.
        vocabulary: `Vocabulary` of the network's tokens, also written to
            `assets.extra/vocabulary.json`. Defaults to `None`.
        tokenizer: Name of a tokenizer, such as `"whitespace"`, or a
            `TextEncoder`, by which strings go in. Defaults to `None`: token
            ids go in.
        training: Dict of plain data, what the model card says of the
            training: the data set, figures. Defaults to `None`: the last epoch
            of the network's `fit` in this process, if there was one.
        top_k: Integer, how many labels `classes` has for each input. Defaults
            to `None`, the five best.
        input_dtype: `"float32"` or `"uint8"`, what images are made of: the
            network gets the same numbers as floats. Defaults to `None`,
            float32.
        resize: Integer, to how many pixels `serving_bytes` scales the shorter
            side of an image of another size than the network's before it cuts
            out the centre. Defaults to `None`: 256 where the network takes
            224. Where height and width differ, it scales to them alone.
        warm_up: Boolean, whether the version holds a request of each signature
            that TensorFlow Serving runs before it serves it. Defaults to
            `None`: if tensorflow-serving-api is installed.
        pixel_range: Pair of floats, what black and white pixels of a file are
            as numbers of the images that the network was trained on, such as
            `(0, 1)`. Defaults to `None`: read from the network's scaling, or
            from `samples`, and (0, 255) where neither tells.
        validation_data: Pair of inputs and class numbers, or a
            `tf.data.Dataset` of such, of which the first 2,000 are used: how
            often the version and the network are right on them is in the
            card, and for images how often it is on 256 of them as PNG files.
            Defaults to `None`.
        max_accuracy_drop: Float, how much less often the version, or its
            `serving_bytes`, may be right without a warning. Defaults to
            `0.01`.
        verbose: As in Keras, whether the stages are shown. Defaults to
            `"auto"`.

    Returns:
        The `pathlib.Path` of the version's folder.

    Raises:
        ValueError: If `version` exists, `path` can't be written, or an
            argument does not fit the network.
        RuntimeError: If the SavedModel's logits are not those of the network,
            in which case it is not kept.
        ImportError: If `tokenizer` needs tensorflow-text, or `warm_up`
            tensorflow-serving-api, and that is not installed.

    Example:

    >>> import tempfile
    >>> import keras
    >>> image = keras.Input((8, 8, 1))
    >>> logits = keras.layers.Dense(2)(keras.layers.Flatten()(image))
    >>> network = keras.Model(image, logits)
    >>> options = {"labels": ["even", "odd"], "verbose": 0}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = saved_model(network, folder, **options)
    ...     second = saved_model(network, folder, **options)
    >>> first.name, second.name
    ('1', '2')
    """
    path = user_path(path)
    _check_version(path, version)
    with announced("SavedModel", path, verbose):
        warm_up = is_wanted(warm_up)
        serving = describe(
            network,
            preprocessing=preprocessing,
            activation=activation,
            labels=labels,
            input_shape=input_shape,
            vocabulary=vocabulary,
            tokenizer=tokenizer,
            top_k=top_k,
            input_dtype=input_dtype,
            resize=resize,
        )
        signatures.say(serving.head)
        training = cards.training_figures(network, training)
        samples = serving.samples(samples)
        judged = cards.labelled(serving, validation_data, max_accuracy_drop)
        seen = samples if judged is None else (judged.inputs, "given")
        serving = serving.with_files(pixel_range, seen)
        with staging(path) as scratch:
            export = scratch / "export"
            _write_guarded(serving, export)
            card = _card(serving, export, samples, judged, training)
            _write_extras(export, serving, card)
            if warm_up:
                requests = serving.requests(samples[0])
                write(export, path.name, requests)
            return _publish(export, path, version)


def _check_version(path, version):
    if version is None:
        return
    positive_integer("version", version)
    if (path / str(version)).exists():
        raise _taken(path, version)


def _write_guarded(serving, export):
    stage("tracing and writing it")
    endpoints = serving.saved_model_endpoints()
    guards = {name: guarded(each) for name, each in endpoints.items()}
    write_archive(serving, guards, export)


def _card(serving, export, samples, judged, training):
    """The card of a SavedModel that computes what its network does."""
    stage("comparing it with the network on %d samples", len(samples[0]))
    exported = load_saved_model(export)
    measured = parity.compare(serving, exported, samples)
    parity.require(measured, serving.network)
    facts = {}
    if judged is not None:
        facts["accuracy"] = cards.compared(serving, exported, judged)
    return cards.make(
        serving,
        exported,
        measured,
        training=training,
        format="saved_model",
        quantization=None,
        size_bytes=folder_size(export),
        **facts,
    )


def folder_size(export: pathlib.Path) -> int:
    """Bytes of a SavedModel."""
    files = [file for file in export.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def _write_extras(export, serving, card):
    extras = export / "assets.extra"
    extras.mkdir()
    if serving.labels is not None:
        text = "".join(f"{label}\n" for label in serving.labels)
        (extras / "labels.txt").write_text(text, encoding="utf-8")
    if serving.vocabulary is not None:
        serving.vocabulary.save(vocabulary_file(export))
    cards.write(cards.card_file(export), card)


def _publish(export, path, version):
    while True:
        final = path / str(_next_version(path) if version is None else version)
        try:
            os.replace(export, final)
            return final
        except OSError as error:
            # Another export took the number after it was looked up here.
            taken = error.errno in (errno.EEXIST, errno.ENOTEMPTY)
            if not taken:
                raise
            if version is not None:
                raise _taken(path, version) from error


def _next_version(path):
    names = [entry.name for entry in path.iterdir()]
    return 1 + max((int(n) for n in names if n.isdecimal()), default=0)


def _taken(path, version):
    return ValueError(
        "`version` must be a number that is not there yet, or None for the "
        f"next one. Received: version={version!r}, and {str(path)!r} has it"
    )
