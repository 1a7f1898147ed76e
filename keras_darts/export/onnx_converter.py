"""From a SavedModel to an ONNX model."""

import contextlib
import logging

import tensorflow as tf

from keras_darts.export.onnx_runtime import needs_onnx

_BATCH = "batch"


def convert(folder, signature, opset, properties):
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
