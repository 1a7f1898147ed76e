"""Export the network of a training run, compared with what it was before.

A SavedModel goes to OUTPUT_DIR/NAME/1 (or 2, 3, ...), where TensorFlow Serving
finds it by OUTPUT_DIR/models.config, LiteRT files to OUTPUT_DIR/NAME.tflite and
NAME_int8.tflite, and other files to NAME.onnx, NAME.keras and NAME.safetensors.
They take raw images or token ids, hold the names of the classes, and have a
model card and the vocabulary of a text next to them.

  keras-darts export --run=runs/digits-trained --quantization=none,int8
  keras-darts export --run=runs/digits-trained --format=onnx,keras,safetensors
  keras-darts export --run=runs/text-trained --raw_text
"""

from __future__ import annotations

import csv
import json
import logging
import pathlib
from typing import TYPE_CHECKING

from absl import flags

from keras_darts.cli import backend
from keras_darts.cli import data
from keras_darts.cli import folders
from keras_darts.cli import tasks
from keras_darts.cli.options import define_choices
from keras_darts.cli.options import define_path
from keras_darts.cli.options import require
from keras_darts.cli.tasks.base import given_values
from keras_darts.utils.files import folder_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def training_figures(
    folder: pathlib.Path, saved: Mapping[str, Any]
) -> dict[str, Any]:
    """The settings and figures of a training run, as plain data.

    Args:
        folder: `pathlib.Path` of the run.
        saved: What its `config.json` says.
    """
    rows = _rows(folder / "history.csv")
    figures = {
        "dataset": saved.get("data", {}).get("dataset"),
        "recipe": saved.get("recipe", {}).get("name"),
        "seed": saved.get("seed"),
        "epochs": len(rows),
        "last_epoch": rows[-1] if rows else None,
        "test": _figures(folder / "evaluation.json"),
    }
    return {name: each for name, each in figures.items() if each is not None}


def _rows(file):
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as table:
        return [
            {name: float(value) for name, value in row.items() if value}
            for row in csv.DictReader(table)
        ]


def _figures(file):
    if not file.exists():
        return None
    return json.loads(file.read_text(encoding="utf-8"))


_LOG = logging.getLogger("keras_darts")
_FILES = ("onnx", "keras", "safetensors")
_FORMATS = ("saved_model", "litert", *_FILES)
_FLAGS = {
    "saved_model": ("version", "top_k", "input_dtype", "raw_text"),
    "litert": ("quantization", "io_dtype", "batch_size"),
}
_QUANTIZATIONS = ("none", "dynamic", "float16", "int8")


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    define_path(options, "run", None, "Folder of a training run.")
    define_choices(
        options,
        "format",
        ["saved_model", "litert"],
        _FORMATS,
        f"What to write: one or more of {', '.join(_FORMATS)}.",
    )
    define_choices(
        options,
        "quantization",
        ["none"],
        _QUANTIZATIONS,
        "Of the LiteRT files: one or more of none, dynamic, float16, int8.",
    )
    define_path(options, "output_dir", "saved_models", "Where exports go.")
    flags.DEFINE_string(
        "name",
        None,
        "Name of the export; if not given, the data set's.",
        flag_values=options,
    )
    _define_litert(options)
    _define_served(options)
    data.define(options)


def _define_litert(options):
    """Those of the LiteRT files alone."""
    flags.DEFINE_enum(
        "io_dtype",
        None,
        ["int8", "uint8"],
        "What goes into an int8 file and comes out of it; if not given, "
        "floats.",
        flag_values=options,
    )
    flags.DEFINE_integer(
        "batch_size",
        None,
        "Inputs that a LiteRT file takes at once; if not given, any number.",
        lower_bound=1,
        flag_values=options,
    )


def _define_served(options):
    """Those of the SavedModel alone."""
    flags.DEFINE_bool(
        "raw_text",
        None,
        "Let the SavedModel take strings, which it splits by tensorflow-text; "
        "LiteRT files take token ids all the same.",
        flag_values=options,
    )
    flags.DEFINE_integer(
        "version",
        None,
        "Of the SavedModel; if not given, the next one.",
        lower_bound=1,
        flag_values=options,
    )
    flags.DEFINE_integer(
        "top_k",
        None,
        "How many classes a SavedModel names for an input; if not given, 5.",
        lower_bound=1,
        flag_values=options,
    )
    flags.DEFINE_enum(
        "input_dtype",
        None,
        ["float32", "uint8"],
        "What the images that a SavedModel takes are made of; if not given, "
        "float32.",
        flag_values=options,
    )


def run(options: flags.FlagValues) -> None:
    """Exports; `options` are the parsed flags."""
    require(options, "run")
    if options.name is not None:
        folder_name(options.name, "name")
    _check_meaning(options)
    folder = pathlib.Path(options.run)
    saved = _saved(folder, options)
    data.fill_in(options, saved)
    backend.start()
    from keras_darts import training

    network = training.load_network(folder)
    task = tasks.of_model(network)
    tasks.check_flags(options, task)
    vocabulary = folders.vocabulary(folder)
    if options.dataset is None:
        name, arguments = folder.resolve().name, _bare(saved, vocabulary)
    else:
        name, arguments = task.exports(
            network, options, saved=saved, vocabulary=vocabulary
        )
    name = options.name or name.replace("/", "_")
    target = pathlib.Path(options.output_dir) / name
    figures = training_figures(folder, saved)
    arguments.common["training"] = figures
    if "saved_model" in options.format:
        given = given_values(options, "version", "top_k", "input_dtype")
        arguments.saved_model.update(given)
        _saved_model(network, target, task, arguments)
    if "litert" in options.format:
        for quantization in options.quantization:
            _litert(network, target, task, arguments, options, quantization)
    for form in _FILES:
        if form in options.format:
            _file(network, target, task, arguments, form)


def _saved(folder, options):
    """What `config.json` of a run says, whoever has written it.

    Raises:
        ValueError: if the run lacks what is needed, with its name.
    """
    saved = folders.config(folder)
    if not (folder / "model.keras").exists():
        lacks = "which is no folder"
        if "search" in saved:
            lacks = (
                "a search, which has no trained network: `keras-darts train "
                f"--run={options.run}` trains one"
            )
        elif folder.is_dir():
            lacks = "which has no model.keras"
        raise ValueError(
            "`run` must be the folder of a training run. Received: "
            f"run={options.run!r}, {lacks}"
        )
    known = saved.get("data", {}).get("dataset") or options.dataset
    if known is None and "int8" in options.quantization:
        raise ValueError(
            "`dataset` must be given for --quantization=int8, which reads the "
            "ranges of activations from it: the run was made in Python and "
            f"does not say its data. Received: run={options.run!r}"
        )
    return saved


def _bare(saved, vocabulary):
    """The `Exports` of a run that does not say its data."""
    from keras_darts.cli.tasks.base import Exports

    _LOG.info(
        "the run does not say which data it was trained on: the export is "
        "compared on noise; --dataset has it compared on its test part, and "
        "gives it the names of the classes"
    )
    common = {"labels": saved.get("data", {}).get("label_names")}
    if vocabulary is not None:
        common["vocabulary"] = vocabulary
    return Exports(common, saved_model={}, calibration=None)


def _check_meaning(options):
    """Refuses flags of files that are not written."""
    for form, names in _FLAGS.items():
        for name in names:
            if options[name].present and form not in options.format:
                raise ValueError(
                    f"`{name}` must be left out where --format has no {form}. "
                    f"Received: {name}={options[name].value}"
                )
    if options.io_dtype is not None and "int8" not in options.quantization:
        raise ValueError(
            "`io_dtype` must be left out but with --quantization=int8. "
            f"Received: io_dtype={options.io_dtype!r}"
        )


def _saved_model(network, target, task, arguments):
    from keras_darts import export

    path = export.saved_model(
        network, target, **arguments.common, **arguments.saved_model
    )
    export.serving_config(target.parent)
    _report(path, task)


def _litert(network, target, task, arguments, options, quantization):
    from keras_darts import export

    plain, int8 = quantization == "none", quantization == "int8"
    name = f"{target.name}{'' if plain else f'_{quantization}'}.tflite"
    path = export.litert(
        network,
        target.with_name(name),
        quantization=None if plain else quantization,
        representative_data=arguments.calibration if int8 else None,
        io_dtype=options.io_dtype if int8 else None,
        batch_size=options.batch_size,
        validation_data=arguments.labelled,
        **arguments.common,
    )
    _report(path, task)


def _file(network, target, task, arguments, form):
    from keras_darts import export

    write = getattr(export, form)
    path = target.with_name(f"{target.name}.{form}")
    _report(write(network, path, **arguments.common), task)


def _report(path, task):
    from keras_darts import export

    card = export.model_card(path)
    measured = card["parity"]
    things = f"test {task.things}"
    if measured["samples_from"] != "given":
        things = f"samples of {measured['samples_from']}"
    agreement = measured["top1_agreement"]
    best = (
        f", the same best class on {agreement:.2%}"
        if agreement is not None
        else ""
    )
    print(
        f"{path}: {card['size_bytes'] / 1e3:.0f} kB; on "
        f"{measured['samples']} {things} logits differ by at most "
        f"{measured['max_logit_difference']:.2g} (of "
        f"{measured['max_logit']:.2g}){best}{_accuracy(card)}",
        flush=True,
    )


def _accuracy(card):
    if "accuracy" not in card:
        return ""
    accuracy = card["accuracy"]
    before = accuracy["network"]
    return f"; accuracy {accuracy['export']:.2%}, before {before:.2%}"
