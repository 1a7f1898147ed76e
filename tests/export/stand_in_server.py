"""What stands in for TensorFlow Serving, whose binary no package brings.

A `PredictionService` over gRPC and the REST interface's `predict`, both as
the documentation of TensorFlow Serving has them, over a loaded SavedModel.
"""

import base64
import concurrent.futures
import contextlib
import http.server
import json
import threading

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc


class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    """One model by its name."""

    def __init__(self, name, folder):
        self.name = name
        self.model = tf.saved_model.load(str(folder))

    def Predict(self, request, context):
        spec = request.model_spec
        inputs = {
            key: tf.constant(tf.make_ndarray(tensor))
            for key, tensor in request.inputs.items()
        }
        try:
            outputs = self.answer(spec.name, spec.signature_name, inputs)
        except KeyError as error:
            context.abort(grpc.StatusCode.NOT_FOUND, str(error))
        except tf.errors.InvalidArgumentError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, error.message)
        response = predict_pb2.PredictResponse()
        for key, tensor in outputs.items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(tensor))
        return response

    def answer(self, name, signature, inputs):
        if name != self.name:
            raise KeyError(f"Servable not found for request: {name}")
        outputs = self.model.signatures[signature](**inputs)
        return {key: tensor.numpy() for key, tensor in outputs.items()}


@contextlib.contextmanager
def over_grpc(service):
    """Gives the address of a server that answers by a `Service`."""
    pool = concurrent.futures.ThreadPoolExecutor(2)
    server = grpc.server(pool)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        service, server
    )
    port = server.add_insecure_port("localhost:0")
    server.start()
    try:
        yield f"localhost:{port}"
    finally:
        server.stop(grace=None).wait()


@contextlib.contextmanager
def over_rest(service):
    """The same over HTTP, for signatures with a single input."""
    server = http.server.ThreadingHTTPServer(
        ("localhost", 0), _handler(service)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _handler(service):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            name = self.path.removeprefix("/v1/models/").partition(":")[0]
            size = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(size))
            signature = body.get("signature_name", "serving_default")
            try:
                instances = _from_json(body["instances"])
                specs = service.model.signatures[signature]
                (key,) = specs.structured_input_signature[1]
                outputs = service.answer(name, signature, {key: instances})
                self._send(200, {"predictions": _rows(outputs)})
            except KeyError as error:
                self._send(404, {"error": str(error)})
            except tf.errors.InvalidArgumentError as error:
                self._send(400, {"error": error.message})

        def _send(self, code, content):
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *arguments):
            pass

    return Handler


def _from_json(instances):
    """Strings of bytes are written as `{"b64": "..."}`."""
    if isinstance(instances[0], dict):
        instances = [base64.b64decode(each["b64"]) for each in instances]
    return tf.constant(instances)


def _rows(outputs):
    """Where there are several outputs, each row is an object."""
    plain = {key: _plain(values) for key, values in outputs.items()}
    count = len(next(iter(plain.values())))
    return [
        {key: rows[place] for key, rows in plain.items()}
        for place in range(count)
    ]


def _plain(values):
    if values.dtype == object:
        values = np.array([[name.decode() for name in row] for row in values])
    return values.tolist()
