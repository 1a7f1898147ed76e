"""Measure a trained or an exported network on the test images.

Writes evaluation.json into the folder of a run or of a SavedModel, and
NAME.evaluation.json beside a file.

  keras-darts evaluate --model=runs/digits-trained
  keras-darts evaluate --model=saved_models/digits.tflite --dataset=digits
"""

import pathlib

from absl import flags

from keras_darts.cli import backend
from keras_darts.cli import data
from keras_darts.cli import folders
from keras_darts.cli.options import require
from keras_darts.files import writable_folder
from keras_darts.files import write_json


def define(options):
    """Declares the flags."""
    flags.DEFINE_string(
        "model",
        None,
        "Folder of a training run, a .keras file from one, a .tflite file, or "
        "a SavedModel's folder.",
        flag_values=options,
    )
    data.define(options)
    flags.DEFINE_integer(
        "batch_size", 100, "Images at once.", lower_bound=1, flag_values=options
    )


def run(options):
    """Evaluates; `options` are the parsed flags."""
    require(options, "model")
    path = pathlib.Path(options.model)
    if not path.exists():
        raise ValueError(
            "`model` must be a folder or a file that exists. Received: "
            f"model={options.model!r}"
        )
    path = _file_of_run(path)
    saved = folders.config(path.parent) if path.suffix == ".keras" else {}
    data.fill_in(options, saved)
    require(options, "dataset")
    backend.start()
    from keras_darts import training

    function, shape, path = _opened(path)
    target = _target(path)
    writable_folder(target.parent, "model")
    images = data.load(options, options.image_size)
    figures = training.classification_figures(
        function, data.test_batches(images, shape, saved, options.batch_size)
    )
    write_json(target, {"dataset": images.name, **figures})
    print(f"{path}: {data.in_words(figures)}")
    print(f"written to {target}")


def _file_of_run(path):
    if (path / "model.keras").exists():
        return path / "model.keras"
    if (path / "config.json").exists():
        raise ValueError(
            "`model` must be a training run: `keras-darts train` makes one "
            f"from a search. Received: model={str(path)!r}, which has no "
            "model.keras"
        )
    return path


def _opened(path):
    """Function from images to logits, the images' shape, and the path."""
    if path.suffix == ".keras":
        from keras_darts import training

        model = training.load_network(path)
        return model.predict_on_batch, model.input_shape[1:], path
    from keras_darts import export

    exported = export.load(path)
    return (
        lambda batch: exported(batch)["logits"],
        exported.image_shape,
        exported.path,
    )


def _target(path):
    """Where the figures of a model go."""
    if path.is_dir():
        return path / "assets.extra" / "evaluation.json"
    if path.name == "model.keras":
        return path.with_name("evaluation.json")
    return path.with_suffix(".evaluation.json")
