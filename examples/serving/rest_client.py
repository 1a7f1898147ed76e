"""Ask a TensorFlow Serving for the classes of image files, over REST.

    python rest_client.py --model=cifar10 cat.jpg ship.png

Needs Python alone. Where no Python is, the same request is
`{"signature_name": "serving_bytes", "instances": [{"b64": "..."}]}`, sent by
POST to http://SERVER/v1/models/MODEL:predict.
"""

import argparse
import base64
import json
import pathlib
import sys
import urllib.error
import urllib.request


def main():
    options = parse_options()
    files = [pathlib.Path(name).read_bytes() for name in options.files]
    url = f"http://{options.server}/v1/models/{options.model}:predict"
    try:
        predictions = predict(url, files, options.timeout)
    except urllib.error.HTTPError as error:
        # The server says in the body what was wrong.
        sys.exit(f"{url}: {error.code} {error.read().decode()}")
    except urllib.error.URLError as error:
        sys.exit(f"{url}: {error.reason}")
    for name, outputs in zip(options.files, predictions, strict=True):
        print(f"{name}: {answer(outputs)}")


def predict(url, files, timeout):
    """A dict of outputs for each of the contents of image files."""
    instances = [{"b64": base64.b64encode(file).decode()} for file in files]
    body = {"signature_name": "serving_bytes", "instances": instances}
    request = urllib.request.Request(
        url,
        json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return json.load(response)["predictions"]


def answer(outputs):
    probabilities = outputs["probabilities"]
    order = range(len(probabilities))
    best = sorted(order, key=lambda place: -probabilities[place])[:5]
    names = outputs.get("classes", best)
    return ", ".join(
        f"{name} {probabilities[place]:.1%}"
        for name, place in zip(names, best, strict=False)
    )


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", help="JPEG or PNG files")
    parser.add_argument("--server", default="localhost:8501")
    parser.add_argument("--model", required=True)
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds")
    return parser.parse_args()


if __name__ == "__main__":
    main()
