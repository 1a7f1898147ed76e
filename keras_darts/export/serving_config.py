"""What TensorFlow Serving is told of a folder of SavedModels."""

import json
import os

from keras_darts.errors import non_negative
from keras_darts.errors import positive_integer
from keras_darts.files import user_path
from keras_darts.files import write_text

MODELS, BATCHING = "models.config", "batching.config"


def serving_config(
    folder,
    *,
    base_path="/models",
    max_batch_size=32,
    batch_timeout_milliseconds=1.0,
    num_batch_threads=None,
):
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
