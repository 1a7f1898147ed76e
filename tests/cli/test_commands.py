"""What each subcommand leaves and says, on a few of the digits."""

import csv
import json
import re
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import datasets
from keras_darts import export
from keras_darts import genotypes
from keras_darts import strategies
from keras_darts import training
from keras_darts.cli.main import main
from keras_darts.cli.tasks import image_classification as data
from keras_darts.runs import manifest
from keras_darts.search import darts_search
from keras_darts.search import fit_loop


def history(folder):
    with (folder / "history.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_search_leaves_a_whole_run(runs):
    names = {entry.name for entry in runs.search.iterdir()}
    assert names == {
        "alphas.npz",
        "cells",
        "checkpoints",
        "command.json",
        "config.json",
        "decisions.json",
        "genotype.json",
        "history.csv",
        "mixing_weights.npz",
        "tensorboard",
    }
    assert len(history(runs.search)) == 2


def test_a_search_says_what_it_does_and_where_it_lies(here, capsys):
    command = [
        *["search", "--dataset=digits", "--output_dir=a", "--epochs=2"],
        *["--search_space=tiny", "--max_examples=40", "--batch_size=8"],
    ]
    assert main(command) == 0
    text = capsys.readouterr().out
    for pattern in (
        "search: darts in tiny, epochs: 2, seed: 0",
        "40 training images, 359 test images, 8 x 8 x 1, 10 classes",
        r"2 cells of 2 filters, [\d,]+ weights, 8 alphas",
        "device: .",
        "20 for the weights, 20 for the architecture",
        "1 of 2 epochs done, .* each; about .* left",
        "Genotype\\(normal=",
        "genotype: +a/genotype.json",
        "train --run=a --dataset=digits --output_dir=a-trained",
    ):
        assert re.search(pattern, text), (pattern, text)


def test_resume_takes_the_flags_of_the_run_and_extends_it(runs, here, capsys):
    shutil.copytree(runs.search, "a")
    assert main(["search", "--output_dir=a"]) == 1
    assert "--resume continues it" in capsys.readouterr().err
    assert main(["search", "--output_dir=a", "--resume", "--epochs=3"]) == 0
    assert "darts in tiny, epochs: 3" in capsys.readouterr().out
    before, after = history(runs.search), history(here / "a")
    assert len(after) == 3
    assert [row["loss"] for row in after[:2]] == [r["loss"] for r in before]


def test_resume_refuses_other_settings_and_forgets_them(
    runs, capsys, monkeypatch
):
    # It would be for all tests after this one.
    monkeypatch.setattr(darts_search, "make_deterministic", lambda _: None)
    remembered = (runs.search / "command.json").read_text()
    command = ["search", f"--output_dir={runs.search}", "--resume"]
    others = ["--seed=1", "--sync_batch_norm", "--deterministic"]
    assert main([*command, *others]) == 1
    output = capsys.readouterr().err
    for difference in (
        "seed: 0 in the run, 1 now",
        "search_space.normalization: 'batch' in the run, 'sync_batch' now",
        "deterministic: None in the run, True now",
    ):
        assert difference in output
    assert (runs.search / "command.json").read_text() == remembered


def test_a_run_cut_in_an_early_stage_goes_on(here, monkeypatch, capsys):
    command = [
        *["search", "--search_space=tiny", "--strategy=staged", "--epochs=2"],
        *["--dataset=digits", "--max_examples=32", "--batch_size=16"],
    ]
    stages = [strategies.Stage(1), strategies.Stage(1, num_candidates=2)]
    monkeypatch.setitem(
        strategies.strategy._REGISTRY._entries,
        "staged",
        lambda: strategies.SearchStrategy(stages=stages),
    )
    with monkeypatch.context() as patch:
        patch.setattr(fit_loop, "_advance", interrupt)
        assert main([*command, "--output_dir=a"]) == 130
    assert "--output_dir=a --resume" in capsys.readouterr().out
    assert main([*command, "--output_dir=a"]) == 0
    output = capsys.readouterr().out
    assert output.index("stage 1 of 2") < output.index("stage 2 of 2")
    # The first stage was not trained again.
    assert (
        len(manifest.manifests(here / "a" / "stages" / "0" / "checkpoints"))
        == 1
    )
    assert len(history(here / "a")) == 1


def interrupt(*args):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("flag", "measured"),
    [((), (False, True)), (("--validation_freq=1",), (True, True))],
)
def test_a_training_measures_the_test_part_and_says_so(
    flag, measured, here, capsys
):
    command = ["train", "--genotype=random:3", "--search_space=tiny"]
    command += ["--dataset=digits"]
    sizes = ["--max_examples=48", "--batch_size=24", "--epochs=2"]
    small = ["--filters=2", "--num_cells=2", "--output_dir=a"]
    assert main([*command, *sizes, *small, *flag]) == 0
    output = capsys.readouterr().out
    often = "each epoch" if flag else "every 2 epochs"
    assert f"measured after {often} on the test images, as test_" in output
    assert "val_" not in output
    rows = history(here / "a")
    assert tuple(bool(row["test_accuracy"]) for row in rows) == measured
    assert not any(name.startswith("val_") for name in rows[0])


def test_training_leaves_a_whole_run(runs):
    names = {entry.name for entry in runs.train.iterdir()}
    assert names == {
        "checkpoints",
        "command.json",
        "config.json",
        "evaluation.json",
        "genotype.json",
        "history.csv",
        "model.keras",
        "tensorboard",
    }
    rows = history(runs.train)
    assert len(rows) == 2
    assert {"loss", "accuracy", "test_loss", "test_accuracy"} < set(rows[0])
    config = json.loads((runs.train / "config.json").read_text())
    assert config["data"]["label_names"] == list("0123456789")
    assert config["data"]["num_train"] == 64
    assert config["recipe"]["name"] == "small"
    assert config["network"]["config"]["filters"] == 2


def test_the_trained_network_takes_raw_images(runs):
    network = training.load_network(runs.train)
    digits = datasets.load("digits")
    figures = training.evaluate_classifier(
        network.predict_on_batch, digits.test.batch(100)
    )
    written = json.loads((runs.train / "evaluation.json").read_text())
    assert figures["accuracy"] == written["accuracy"]
    assert figures["loss"] == pytest.approx(written["loss"], rel=1e-4)
    last = float(history(runs.train)[-1]["test_loss"])
    assert figures["loss"] == pytest.approx(last, rel=1e-4)


def test_exports_hold_labels_and_take_raw_images(runs, exports):
    version = exports / "digits" / "1"
    labels = (version / "assets.extra" / "labels.txt").read_text()
    assert labels.split() == list("0123456789")
    names = {file.name for file in exports.glob("*.tflite")}
    assert names == {"digits.tflite", "digits_int8.tflite"}
    network = training.load_network(runs.train)
    images = next(datasets.load("digits").test.batch(8).as_numpy_iterator())[0]
    expected = network.predict_on_batch(images)
    for path in (version, exports / "digits.tflite"):
        logits = export.load(path)(images.astype("float32"))["logits"]
        np.testing.assert_allclose(logits, expected, atol=1e-4)
    export.load_weights(network, exports / "digits.safetensors")
    files = np.array([tf.io.encode_png(i).numpy() for i in images], object)
    of_files = export.load(version).signatures["serving_bytes"]
    logits = of_files(image_bytes=files)["logits"]
    np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_a_model_card_tells_the_run(runs, exports):
    trained = json.loads((runs.train / "evaluation.json").read_text())
    genotype = genotypes.load(runs.train / "genotype.json")
    for path in ("digits/1", "digits.tflite", "digits_int8.tflite"):
        card = export.model_card(exports / path)
        assert card["genotype"] == genotype.to_text()
        assert card["labels"] == list("0123456789")
        figures = card["training"]
        assert figures["dataset"] == "digits"
        assert figures["recipe"] == "small"
        assert figures["test"] == trained
        assert figures["last_epoch"]["epoch"] == figures["epochs"] - 1


def test_a_server_finds_the_exports(exports):
    text = (exports / "models.config").read_text()
    assert 'base_path: "/models/digits"' in text
    assert (exports / "batching.config").is_file()


def test_export_compares_on_test_images_and_is_silent_of_runtimes(
    runs, tmp_path, capfd
):
    command = ["export", f"--run={runs.train}", f"--output_dir={tmp_path}"]
    command += ["--name=mine", "--format=litert", "--quantization=none,int8"]
    assert main(command) == 0
    output = capfd.readouterr()
    assert output.out.count(".tflite: ") == 2
    assert not output.err
    assert re.search(
        r"mine\.tflite: \d+ kB; on 359 test images logits differ by at most "
        r".*, the same best class on 100\.00%; accuracy (.*)%, before \1%",
        output.out,
    )
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("model", "written"),
    [
        ("train", "train/evaluation.json"),
        ("train/model.keras", "train/evaluation.json"),
        ("exports/digits", "exports/digits/1/assets.extra/evaluation.json"),
        ("exports/digits.tflite", "exports/digits.evaluation.json"),
        ("exports/digits.onnx", "exports/digits.evaluation.json"),
        ("exports/digits.keras", "exports/digits.evaluation.json"),
    ],
)
def test_every_form_of_a_network_has_the_same_figures(
    model, written, runs, exports, capsys
):
    root = exports.parent
    # A run knows its data set; an export has to be told.
    known = [] if model.startswith("train") else ["--dataset=digits"]
    trained = json.loads((runs.train / "evaluation.json").read_text())
    flag = "run" if model == "train" else "model"
    assert main(["evaluate", f"--{flag}={root / model}", *known]) == 0
    figures = json.loads((root / written).read_text())
    assert figures["accuracy"] == trained["accuracy"]
    assert figures["loss"] == pytest.approx(trained["loss"], rel=1e-4)
    assert f"accuracy {figures['accuracy']:.2%}" in capsys.readouterr().out


def test_evaluate_says_that_a_search_is_not_trained_yet(runs, capsys):
    assert main(["evaluate", f"--run={runs.search}"]) == 1
    assert "`keras-darts train` makes one" in capsys.readouterr().err


def test_a_run_draws_into_its_own_folder(runs, capsys):
    command = ["plot", f"--run={runs.search}", "--alphas"]
    assert main([*command, "--format=svg,png"]) == 0
    names = {entry.name for entry in (runs.search / "cells").iterdir()}
    stems = ("normal", "reduce", "alphas_normal", "alphas_reduce")
    assert names == {f"{k}.{form}" for k in stems for form in ("svg", "png")}
    genotype = genotypes.load(runs.search / "genotype.json")
    assert capsys.readouterr().out.startswith(genotype.to_text())


@pytest.mark.parametrize(
    ("genotype", "names"),
    [
        ("darts_v2", {"darts_v2_normal.svg", "darts_v2_reduce.svg"}),
        ("rnn_enas", {"rnn_enas_recurrent.svg"}),
        ("random:3", {"random_3_normal.svg", "random_3_reduce.svg"}),
    ],
)
def test_other_genotypes_are_drawn_where_one_is(genotype, names, here):
    assert main(["plot", f"--genotype={genotype}"]) == 0
    assert {entry.name for entry in here.iterdir()} == names


def test_a_training_run_has_no_alphas(runs, capsys):
    assert main(["plot", f"--run={runs.train}", "--alphas"]) == 1
    assert "has no alphas.npz" in capsys.readouterr().err


def test_images_of_other_sizes_are_cropped_about_the_centre():
    digits = datasets.load("digits", image_size=16)
    for saved, size in (
        ({}, 8),
        ({"recipe": {"resize": {"size": 12, "resize": 14}}}, 12),
    ):
        batches = data.test_batches(digits, (size, size, 1), saved, 100)
        assert batches.element_spec[0].shape[1:] == (size, size, 1)


@pytest.fixture
def many_sizes(monkeypatch):
    """Twelve images of other heights and widths, in place of a data set."""
    rng = np.random.default_rng(0)
    images = [
        rng.integers(0, 255, (70 + n, 90 - n, 3)).astype("uint8")
        for n in range(12)
    ]
    dataset = tf.data.Dataset.from_generator(
        lambda: zip(images, [0, 1, 2] * 4, strict=True),
        output_signature=(
            tf.TensorSpec((None, None, 3), "uint8"),
            tf.TensorSpec((), "int64"),
        ),
    ).apply(tf.data.experimental.assert_cardinality(12))
    loaded = datasets.ImageData(
        name="many",
        train=dataset,
        test=dataset,
        num_train=12,
        num_test=12,
        label_names=("a", "b", "c"),
        image_shape=(None, None, 3),
        description="images of many sizes",
    )
    monkeypatch.setattr(datasets, "load", lambda *args, **kwargs: loaded)


def test_images_of_many_sizes_go_through_the_imagenet_recipe(
    many_sizes, here, capsys
):
    command = [
        *["train", "--dataset=many", "--output_dir=a", "--genotype=random:0"],
        *["--search_space=tiny", "--image_size=64", "--filters=2"],
        *["--num_cells=2", "--epochs=1", "--batch_size=4"],
        "--recipe=imagenet",
    ]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "imagenet recipe" in text and "? x ? x 3, 3 classes" in text
    trained = json.loads((here / "a" / "evaluation.json").read_text())
    with pytest.warns(UserWarning, match="12 inputs are few"):
        assert main(["export", "--run=a", "--quantization=int8"]) == 0
    for model in ("--run=a", "--model=saved_models/many"):
        assert main(["evaluate", model, "--dataset=many"]) == 0
    again = json.loads((here / "a" / "evaluation.json").read_text())
    version = here / "saved_models" / "many" / "1" / "assets.extra"
    exported = json.loads((version / "evaluation.json").read_text())
    for figures in (again, exported):
        assert figures["loss"] == pytest.approx(trained["loss"], rel=1e-4)


@pytest.mark.parametrize("command", ["search", "train --genotype=darts_v1"])
def test_images_of_many_sizes_need_a_size(command, many_sizes, here, capsys):
    recipe = ["--recipe=small"] if "train" in command else []
    command = [*command.split(), "--dataset=many", "--output_dir=a", *recipe]
    assert main(command) == 1
    assert "`image_size` must be given" in capsys.readouterr().err


def test_time_left_leaves_out_the_building_of_the_graph(monkeypatch, caplog):
    from keras_darts.training import callbacks

    caplog.set_level("INFO", logger="keras_darts")

    clock = iter([0.0, 100.0, 130.0, 170.0, 170.0])
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: next(clock))
    callback = callbacks.ETALogger()
    callback.set_params({"epochs": 2})
    callback.on_train_begin()
    callback.on_epoch_begin(0)
    callback.on_train_batch_end(0)
    callback.on_train_batch_end(1)
    callback.on_epoch_end(0)
    callback.on_epoch_begin(1)
    callback.on_epoch_end(1)
    callback.on_train_end()
    assert caplog.messages == [
        "1 of 2 epochs done, 30 s each; about 30 s left",
        "took 3 min in all",
    ]


def test_the_network_is_a_keras_model_for_anyone(runs):
    network = training.load_network(runs.train / "model.keras")
    assert isinstance(network, keras.Model)
    with pytest.raises(ValueError, match="folder of a training run"):
        training.load_network(runs.search)


def test_half_precision_is_asked_for_and_remembered(here):
    shared = ["--dataset=digits", "--max_examples=32", "--batch_size=16"]
    shared += ["--epochs=1", "--dtype=mixed_bfloat16"]
    command = ["search", "--search_space=tiny", "--output_dir=a", *shared]
    assert main([*command, "--gradient_accumulation_steps=2"]) == 0
    config = json.loads((here / "a" / "config.json").read_text())
    assert config["search"]["dtype"] == "mixed_bfloat16"
    assert config["fit"]["gradient_accumulation_steps"] == 2
    command = ["train", "--run=a", "--output_dir=b", *shared]
    assert main([*command, "--filters=2", "--num_cells=2"]) == 0
    config = json.loads((here / "b" / "config.json").read_text())
    assert config["dtype"] == "mixed_bfloat16"
    network = training.load_network(here / "b")
    policies = {layer.compute_dtype for layer in network._flatten_layers()}
    assert "bfloat16" in policies
    assert keras.config.dtype_policy().name == "float32"
