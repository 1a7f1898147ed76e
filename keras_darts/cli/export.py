"""Export the network of a training run, compared with what it was before.

A SavedModel goes to OUTPUT_DIR/NAME/1 (or 2, 3, ...), where TensorFlow Serving
finds it, and LiteRT files to OUTPUT_DIR/NAME.tflite and NAME_int8.tflite. They
take raw images, and hold the names of the classes.

  keras-darts export --run=runs/digits-trained --quantization=none,int8
"""

import json
import pathlib

from absl import flags

from keras_darts.cli import backend
from keras_darts.cli import data
from keras_darts.cli import folders
from keras_darts.cli.modalities import image_data
from keras_darts.cli.options import define_choices
from keras_darts.cli.options import require

_QUANTIZATIONS = ("none", "dynamic", "float16", "int8")
_SEED = 0
_SHUFFLE = 4096


def define(options):
    """Declares the flags."""
    flags.DEFINE_string(
        "run", None, "Folder of a training run.", flag_values=options
    )
    define_choices(
        options,
        "format",
        ["saved_model", "litert"],
        ("saved_model", "litert"),
        "What to write: saved_model, litert or both with a comma.",
    )
    define_choices(
        options,
        "quantization",
        ["none"],
        _QUANTIZATIONS,
        "Of the LiteRT files: one or more of none, dynamic, float16, int8.",
    )
    flags.DEFINE_string(
        "output_dir", "saved_models", "Where exports go.", flag_values=options
    )
    flags.DEFINE_string(
        "name",
        None,
        "Name of the export; if not given, the data set's.",
        flag_values=options,
    )
    data.define(options)


def run(options):
    """Exports; `options` are the parsed flags."""
    require(options, "run")
    folder = pathlib.Path(options.run)
    saved = folders.config(folder)
    if not (folder / "model.keras").exists() or "data" not in saved:
        raise ValueError(
            "`run` must be the folder of a training run. Received: "
            f"run={options.run!r}, which lacks model.keras or config.json"
        )
    data.fill_in(options, saved)
    target = pathlib.Path(options.output_dir) / (
        options.name or options.dataset.replace("/", "_")
    )
    backend.start()
    from keras_darts import training

    network = training.load_network(folder)
    images = image_data.load(options, options.image_size)
    shape = network.input_shape[1:]
    common = {
        "labels": saved["data"]["label_names"],
        "samples": image_data.test_batches(images, shape, saved),
    }
    if "saved_model" in options.format:
        _saved_model(network, target, common)
    if "litert" in options.format:
        calibration = image_data.batches(
            images.train.shuffle(_SHUFFLE, _SEED), images, shape, saved
        )
        for quantization in options.quantization:
            _litert(network, target, common, quantization, calibration)


def _saved_model(network, target, common):
    from keras_darts import export

    path = export.saved_model(network, target, **common)
    _report(path, path / "assets.extra" / "parity.json")


def _litert(network, target, common, quantization, calibration):
    from keras_darts import export

    plain, int8 = quantization == "none", quantization == "int8"
    name = f"{target.name}{'' if plain else f'_{quantization}'}.tflite"
    path = export.litert(
        network,
        target.with_name(name),
        quantization=None if plain else quantization,
        representative_data=calibration if int8 else None,
        **common,
    )
    _report(path, path.with_suffix(".parity.json"))


def _report(path, record):
    measured = json.loads(record.read_text(encoding="utf-8"))
    print(
        f"{path}: {measured['size_bytes'] / 1e3:.0f} kB; on "
        f"{measured['samples']} test images logits differ by at most "
        f"{measured['max_logit_difference']:.2g} (of "
        f"{measured['max_logit']:.2g}), the same best class on "
        f"{measured['top1_agreement']:.2%}",
        flush=True,
    )
