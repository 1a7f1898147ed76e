"""Ask a TensorFlow Serving for the classes of image files, over gRPC.

    pip install "tensorflow-serving-api>=2.21,<2.22"
    python grpc_client.py --model=cifar10 cat.jpg ship.png

The answer has `classes` where the model was exported with labels, and
`probabilities` in any case. Needs no keras_darts.
"""

import argparse
import pathlib
import sys

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc


def main():
    options = parse_options()
    files = [pathlib.Path(name).read_bytes() for name in options.files]
    with grpc.insecure_channel(options.server) as channel:
        service = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        try:
            outputs = predict(service, options.model, files, options.timeout)
        except grpc.RpcError as error:
            sys.exit(f"{options.server}: {error.code().name} {error.details()}")
    for number, name in enumerate(options.files):
        print(f"{name}: {answer(outputs, number)}")


def predict(service, model, files, timeout):
    """The outputs of `serving_bytes` for the contents of image files."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = "serving_bytes"
    inputs = tf.make_tensor_proto(np.array(files, object), "string")
    request.inputs["image_bytes"].CopyFrom(inputs)
    response = service.Predict(request, timeout)
    return {
        name: tf.make_ndarray(tensor)
        for name, tensor in response.outputs.items()
    }


def answer(outputs, number):
    probabilities = outputs["probabilities"][number]
    best = np.argsort(-probabilities)[:5]
    names = best.astype(str)
    if "classes" in outputs:
        names = [name.decode() for name in outputs["classes"][number]]
    return ", ".join(
        f"{name} {share:.1%}"
        for name, share in zip(names, probabilities[best], strict=False)
    )


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", help="JPEG or PNG files")
    parser.add_argument("--server", default="localhost:8500")
    parser.add_argument("--model", required=True)
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds")
    return parser.parse_args()


if __name__ == "__main__":
    main()
