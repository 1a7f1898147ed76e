"""Requests that TensorFlow Serving runs before it serves a version.

The first request of a graph takes longer than those after it: with these in
place it is not a client's.
"""

import tensorflow as tf

_FILE = "tf_serving_warmup_requests"


def write(folder, name, requests):
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


def is_wanted(asked):
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
