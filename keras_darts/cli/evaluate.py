"""Measure a trained or an exported network on the test part of its data.

Writes evaluation.json into the folder of a run or of a SavedModel, and
NAME.evaluation.json next to a file.

  keras-darts evaluate --run=runs/digits-trained
  keras-darts evaluate --model=saved_models/digits.tflite --dataset=digits
  keras-darts evaluate --model=saved_models/ptb --dataset=FOLDER
"""

from __future__ import annotations

from absl import flags

from keras_darts.cli import backend
from keras_darts.cli import data
from keras_darts.cli import models
from keras_darts.cli import tasks
from keras_darts.cli.options import require
from keras_darts.utils.files import writable_folder
from keras_darts.utils.files import write_json


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    models.define(options)
    data.define(options)
    flags.DEFINE_integer(
        "batch_size",
        None,
        "Images or sentences at once, 100 if not given, or rows that running "
        "text is cut into, 1 if not given: the state is carried from its "
        "begin to its end.",
        lower_bound=1,
        flag_values=options,
    )


def run(options: flags.FlagValues) -> None:
    """Evaluates; `options` are the parsed flags."""
    path, saved = models.find(options)
    data.fill_in(options, saved)
    require(options, "dataset")
    data.check_path(options)
    backend.start()
    model, vocabulary, path = models.load(path)
    target = _target(path)
    writable_folder(target.parent, "model")
    task = tasks.of_model(model)
    tasks.check_flags(options, task)
    name, figures = task.evaluated(
        model, options, saved=saved, vocabulary=vocabulary
    )
    write_json(target, {"dataset": name, **figures})
    print(f"{path}: {task.in_words(figures)}")
    print(f"written to {target}")


def _target(path):
    """Where the figures of a model go."""
    if path.is_dir():
        return path / "assets.extra" / "evaluation.json"
    if path.name == "model.keras":
        return path.with_name("evaluation.json")
    return path.with_suffix(".evaluation.json")
