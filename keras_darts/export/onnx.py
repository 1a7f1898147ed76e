"""Networks as ONNX files, and those files read back."""

from __future__ import annotations

import contextlib
import json
import logging
import numbers
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from keras_darts.export import cards
from keras_darts.export import parity
from keras_darts.export import signatures
from keras_darts.export.exported_model import ExportedModel
from keras_darts.export.exported_model import Signature
from keras_darts.export.exported_model import announced
from keras_darts.export.exported_model import check_file
from keras_darts.export.exported_model import stage
from keras_darts.export.exported_model import write_vocabulary
from keras_darts.export.language_signatures import STEP
from keras_darts.export.signatures import ENDPOINT
from keras_darts.export.signatures import write_archive
from keras_darts.export.specification import describe
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
    from keras_darts.utils.typing import PathLike

_DTYPES = {"tensor(float)": "float32", "tensor(int32)": "int32"}
_ONLY_ERRORS = 3


def load_onnx(file: pathlib.Path) -> ExportedModel:
    """The `ExportedModel` of an ONNX file."""
    try:
        import onnxruntime
    except ImportError as error:
        raise needs_onnx("Running", error) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ONLY_ERRORS
    session = onnxruntime.InferenceSession(
        str(file), options, providers=["CPUExecutionProvider"]
    )
    inputs, outputs = session.get_inputs(), session.get_outputs()
    name = STEP if "state" in {tensor.name for tensor in inputs} else ENDPOINT
    signature = Signature(
        inputs=_shapes(inputs),
        outputs=_shapes(outputs),
        run=_function(session, inputs, [tensor.name for tensor in outputs]),
    )
    return ExportedModel(
        path=file,
        runtime=f"onnxruntime {onnxruntime.__version__}",
        signatures={name: signature},
    )


def needs_onnx(what: str, error: ImportError) -> ImportError:
    """The `ImportError` of a missing package."""
    return ImportError(
        f"{what} ONNX files needs {error.name}: pip install keras_darts[onnx]"
    )


def _function(session, inputs, names):
    # Files of others may hold other types, which go in as they come.
    dtypes = {tensor.name: _DTYPES.get(tensor.type) for tensor in inputs}

    def run(**inputs):
        feeds = {
            name: np.asarray(values, dtypes.get(name))
            for name, values in inputs.items()
        }
        return dict(zip(names, session.run(names, feeds), strict=True))

    return run


def _shapes(tensors):
    return {
        tensor.name: tuple(
            size if isinstance(size, int) else None for size in tensor.shape
        )
        for tensor in tensors
    }


_BATCH = "batch"


def convert(
    folder: PathLike, signature: str, opset: int, properties: Mapping[str, str]
) -> bytes:
    """The bytes of an ONNX model.

    Args:
        folder: Path of a SavedModel.
        signature: String, the name of the signature to convert.
        opset: Integer, the version of ONNX's operations.
        properties: Dict of strings that the model carries.

    Raises:
        ValueError: If ONNX lacks operations.
        ImportError: If tf2onnx is not installed.
    """
    try:
        import onnx
        from tf2onnx import optimizer
        from tf2onnx import tf_loader
        from tf2onnx import tfonnx
    except ImportError as error:
        raise needs_onnx("Writing", error) from error
    with _quiet(), tf.device("CPU:0"):
        graph, inputs, outputs, tables, names = tf_loader.from_saved_model(
            str(folder),
            None,
            None,
            tag=["serve"],
            signatures=[signature],
            return_initialized_tables=True,
            return_tensors_to_rename=True,
        )
        with tf.Graph().as_default() as imported:
            tf.import_graph_def(graph, name="")
            converted = tfonnx.process_tf_graph(
                imported,
                # What is missing is named below, all at once.
                continue_on_error=True,
                opset=opset,
                input_names=inputs,
                output_names=outputs,
                tensors_to_rename=names,
                initialized_tables=tables,
            )
        optimized = optimizer.optimize_graph(converted, catch_errors=False)
        model = optimized.make_model(f"{signature} by keras_darts")
    _check_operations(model.graph, onnx.defs.has)
    onnx.helper.set_model_props(model, properties)
    _name_batch(model.graph)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def _check_operations(graph, exists):
    missing = {
        node.op_type
        for node in _nodes(graph)
        if not exists(node.op_type, node.domain)
    }
    if missing:
        raise ValueError(
            "`network` and `preprocessing` must use operations that ONNX has. "
            f"Received: {', '.join(sorted(missing))}"
        )


def _nodes(graph):
    """The nodes of a graph and of the bodies of its loops and branches."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _nodes(attribute.g)


def _name_batch(graph):
    """Gives one name to the number of rows, the first of all dimensions."""
    for value in (*graph.input, *graph.output):
        first = value.type.tensor_type.shape.dim[0]
        if not first.HasField("dim_value"):
            first.dim_param = _BATCH


@contextlib.contextmanager
def _quiet():
    """Keeps back what tf2onnx says of missing operations and of its steps."""
    log = logging.getLogger("tf2onnx")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


# What tf2onnx knows; before 13, operations took other arguments.
_OLDEST_OPSET, _NEWEST_OPSET = 13, 18


def onnx(
    network: keras.Model,
    path: PathLike,
    *,
    opset: int = _NEWEST_OPSET,
    preprocessing: Callable[..., Any] | None = None,
    labels: Sequence[str] | None = None,
    activation: str | None = "auto",
    input_shape: Sequence[int] | None = None,
    samples: Any = None,
    vocabulary: Vocabulary | None = None,
    training: Mapping[str, Any] | None = None,
    verbose: int | str = "auto",
) -> pathlib.Path:
    """Writes a network as an ONNX file.

    Before the file appears it is run by onnxruntime and compared with the
    network; the comparison stands next to `NAME.onnx` in
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
        vocabulary: `Vocabulary` of the network's tokens, written next to the
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
        signatures.say(serving.head)
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
