"""ONNX files read back."""

import numpy as np

from keras_darts.export.exported import Exported
from keras_darts.export.exported import Signature
from keras_darts.export.language_serving import STEP
from keras_darts.export.serving import ENDPOINT

_DTYPES = {"tensor(float)": "float32", "tensor(int32)": "int32"}
_ONLY_ERRORS = 3


def load_onnx(file):
    """The `Exported` of an ONNX file."""
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
    return Exported(
        path=file,
        runtime=f"onnxruntime {onnxruntime.__version__}",
        signatures={name: signature},
    )


def needs_onnx(what, error):
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
