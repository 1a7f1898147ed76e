"""Paths of users: home folders are meant, remote file systems are refused."""

import inspect
import pathlib
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.cli.main import main
from keras_darts.utils.files import user_path

GENOTYPE = kd.genotypes.get("darts_v2")
SPACE = kd.search_spaces.darts_cnn(
    2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
)
IMAGES = np.zeros((16, 8, 8, 1), "float32")
LABELS = np.arange(16) % 2
ALPHAS = np.zeros((2, 2))


def network():
    image = keras.Input((8, 8, 1))
    return keras.Model(
        image, keras.layers.Dense(2)(keras.layers.Flatten()(image))
    )


def vocabulary():
    return kd.datasets.Vocabulary.of_words("one two", unknown="<unk>")


def table():
    sizes = {"filters": 2, "num_cells": 2, "input_shape": (8, 8, 1)}
    return kd.profiling.build_cost_table(SPACE, "macs", **sizes)


def recipe_fit(**folder):
    genotype = kd.networks.CifarNetwork(
        SPACE.random_genotype(0),
        num_classes=2,
        filters=2,
        num_cells=2,
        auxiliary=False,
        input_shape=(8, 8, 1),
    )
    recipe = kd.training.small_image_recipe(
        genotype, num_train=16, batch_size=8, mean=(0.0,), variance=(1.0,)
    )
    examples = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))
    recipe.fit(genotype, examples, epochs=1, verbose=0, **folder)


def search_fit(**folder):
    search = kd.DartsSearch(SPACE)
    search.fit(IMAGES, LABELS, batch_size=4, epochs=1, verbose=0, **folder)


def board(path):
    made = kd.training.Board(path)
    made.folder.mkdir(parents=True)


def begin(callback):
    """As `fit` does: what a run writes is opened with its first epoch."""
    callback.set_model(
        types.SimpleNamespace(
            optimizer=keras.optimizers.SGD(),
            arch_optimizer=keras.optimizers.Adam(),
        )
    )
    callback.on_train_begin()
    callback.on_epoch_begin(0)


# What reads or writes at the path `p`, by what it is and its argument. Those
# that write end in what they write.
WRITING = {
    ("CostTable.save", "path"): lambda p: table().save(p),
    ("analysis.plot_alpha_history", "path"): lambda p: (
        kd.analysis.plot_alpha_history(np.zeros((2, 2, 2)), ["a", "b"], p)
    ),
    ("analysis.plot_alphas", "path"): lambda p: kd.analysis.plot_alphas(
        ALPHAS, ["a", "b"], path=p
    ),
    ("callbacks.ArchitectureTensorBoard", "folder"): lambda p: begin(
        kd.callbacks.ArchitectureTensorBoard(p)
    ),
    ("callbacks.RunDirectory", "folder"): lambda p: kd.callbacks.RunDirectory(
        p, config={}, checkpoint=None
    ),
    ("datasets.Vocabulary.save", "path"): lambda p: vocabulary().save(p),
    ("export.keras", "path"): lambda p: kd.export.keras(network(), p),
    ("export.litert", "path"): lambda p: kd.export.litert(network(), p),
    ("export.onnx", "path"): lambda p: kd.export.onnx(network(), p),
    ("export.safetensors", "path"): lambda p: kd.export.safetensors(
        network(), p
    ),
    ("export.saved_model", "path"): lambda p: kd.export.saved_model(
        network(), p, warm_up=False
    ),
    ("genotypes.save", "path"): lambda p: kd.genotypes.save(GENOTYPE, p),
    ("plot_cell", "path"): lambda p: kd.plot_cell(GENOTYPE, "normal", p),
    ("training.Board", "folder"): lambda p: board(p),
    ("training.TrainingRun", "folder"): lambda p: kd.training.TrainingRun(
        p, config={}
    ),
}
SUFFIXES = {
    "CostTable.save": ".json",
    "analysis.plot_alpha_history": ".svg",
    "analysis.plot_alphas": ".png",
    "datasets.Vocabulary.save": ".json",
    "export.keras": ".keras",
    "export.litert": ".tflite",
    "export.onnx": ".onnx",
    "export.safetensors": ".safetensors",
    "genotypes.save": ".json",
    "plot_cell": ".svg",
}
TUNED = {"objective": "val_accuracy", "max_trials": 1}
OTHERS = {
    ("CostTable.load", "path"): lambda p: kd.CostTable.load(p),
    ("DartsSearch.fit", "output_dir"): lambda p: search_fit(output_dir=p),
    ("DartsSearch.fit", "resume_from"): lambda p: search_fit(resume_from=p),
    ("DartsTuner", "directory"): lambda p: kd.DartsTuner(
        SPACE, directory=p, **TUNED
    ),
    ("DartsTuner", "project_name"): lambda p: kd.DartsTuner(
        SPACE, project_name=p, **TUNED
    ),
    ("ImageClassifier", "directory"): lambda p: kd.ImageClassifier(directory=p),
    ("ImageClassifier", "project_name"): lambda p: kd.ImageClassifier(
        project_name=p
    ),
    ("TextClassifier", "directory"): lambda p: kd.TextClassifier(directory=p),
    ("TextClassifier", "project_name"): lambda p: kd.TextClassifier(
        project_name=p
    ),
    ("datasets.Vocabulary.load", "path"): lambda p: kd.datasets.Vocabulary.load(
        p
    ),
    ("datasets.load", "data_dir"): lambda p: kd.datasets.load("mnist", p),
    ("datasets.load", "source"): lambda p: kd.datasets.load(p),
    ("datasets.load_corpus", "data_dir"): lambda p: kd.datasets.load_corpus(
        "tiny_shakespeare", data_dir=p
    ),
    ("datasets.load_corpus", "source"): lambda p: kd.datasets.load_corpus(p),
    ("datasets.load_text_classification", "data_dir"): lambda p: (
        kd.datasets.load_text_classification("imdb_reviews", data_dir=p)
    ),
    ("datasets.load_text_classification", "source"): lambda p: (
        kd.datasets.load_text_classification(p)
    ),
    ("discretizers.CostConstrained", "table"): lambda p: (
        kd.discretizers.CostConstrained(p, 1.0)
    ),
    ("profiling.benchmark", "path"): lambda p: kd.profiling.benchmark(p),
    ("export.generate", "model"): lambda p: kd.export.generate(p, prompt=[1]),
    ("export.load", "path"): lambda p: kd.export.load(p),
    ("export.load_weights", "path"): lambda p: kd.export.load_weights(
        network(), p
    ),
    ("export.model_card", "path"): lambda p: kd.export.model_card(p),
    ("export.serving_config", "folder"): lambda p: kd.export.serving_config(p),
    ("genotypes.load", "path"): lambda p: kd.genotypes.load(p),
    ("interop.load_torch_weights", "source"): lambda p: (
        kd.interop.load_torch_weights(network(), p)
    ),
    ("training.Recipe.fit", "output_dir"): lambda p: recipe_fit(output_dir=p),
    ("training.Recipe.fit", "resume_from"): lambda p: recipe_fit(resume_from=p),
    ("regularizers.Cost", "table"): lambda p: kd.regularizers.Cost(
        "macs", table=p
    ),
    ("strategies.with_cost_target", "table"): lambda p: (
        kd.strategies.with_cost_target("darts", p, 1.0)
    ),
    ("training.load_network", "path"): lambda p: kd.training.load_network(p),
    ("tuner.write_results_page", "project_dir"): lambda p: (
        kd.tuner.write_results_page(p)
    ),
}
# Names by which public callables take paths, and what has one for another
# reason: it is data, or was read from a path already.
ARGUMENTS = {"path", "folder", "directory", "output_dir", "resume_from"}
ARGUMENTS |= {"project_dir", "project_name", "data_dir", "source", "table"}
NO_PATHS = {
    ("datasets.Elements", "source"),
    ("datasets.token_streams", "source"),
    ("export.ExportedModel", "path"),
}
# The same function under another name, or of a base.
ALIASES = {"analysis.plot_cell": "plot_cell"}


def public():
    """Name and function of every public callable and method."""
    for name in kd.__all__:
        results = getattr(kd, name)
        inner = [(name, results)]
        if isinstance(results, types.ModuleType):
            inner = [
                (f"{name}.{n}", getattr(results, n))
                for n in getattr(results, "__all__", ())
            ]
        for path, each in inner:
            yield path, each
            if inspect.isclass(each):
                methods = vars(each).items()
                for method, raw in methods:
                    function = getattr(raw, "__func__", raw)
                    known = inspect.isfunction(function)
                    if known and not method.startswith("_"):
                        yield f"{path}.{method}", function


def arguments(function):
    try:
        return set(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return set()


@pytest.fixture(autouse=True)
def nothing_in_the_working_directory(tmp_path, monkeypatch):
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    home.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    yield
    assert [file.name for file in here.iterdir()] == []


def test_every_public_callable_with_a_path_stands_in_the_table():
    tested = {*WRITING, *OTHERS} | NO_PATHS
    missing = set()
    for name, function in public():
        for argument in arguments(function) & ARGUMENTS:
            # Top-level names are members of their rooms too.
            short = {name, name.partition(".")[2], ALIASES.get(name, name)}
            if not {(each, argument) for each in short} & tested:
                missing.add((name, argument))
    assert missing == set()


@pytest.mark.parametrize("entry", sorted({**WRITING, **OTHERS}))
@pytest.mark.parametrize(
    "path", ["gs://bucket/a", pathlib.PurePosixPath("s3://b/a"), "", b"a", 3]
)
def test_what_is_no_path_of_this_machine_is_refused_by_name(entry, path):
    name, argument = entry
    place = path
    if isinstance(path, str) and path:
        place = path + SUFFIXES.get(name, "")
    with pytest.raises((TypeError, ValueError), match="`") as caught:
        {**WRITING, **OTHERS}[entry](place)
    # A table is an argument of its own, from wherever it is read.
    named = {"CostTable.load": "table", "export.generate": "(model|path)"}
    assert caught.match(f"`{named.get(name, argument)}`|`output_dir`")
    if "bucket" in str(path) and argument != "project_name":
        assert caught.match("local file system")


@pytest.mark.parametrize("entry", sorted(WRITING))
@pytest.mark.parametrize("made", [str, pathlib.PurePosixPath])
def test_what_is_written_to_the_home_folder_lies_there(entry, made):
    path = made(f"~/kept/this{SUFFIXES.get(entry[0], '')}")
    WRITING[entry](path)
    home = pathlib.Path("~").expanduser()
    assert (home / "kept").is_dir()
    assert any(file.name.startswith("this") for file in home.rglob("*"))


def test_the_home_folder_is_meant_where_is_read(tmp_path):
    home = pathlib.Path("~").expanduser()
    kd.genotypes.save(GENOTYPE, home / "found.json")
    assert kd.genotypes.load("~/found.json") == GENOTYPE
    assert kd.genotypes.load((home / "found.json").as_uri()) == GENOTYPE
    vocabulary().save(home / "words.json")
    assert len(kd.datasets.Vocabulary.load("~/words.json")) == 4
    file = kd.export.litert(network(), "~/network.tflite")
    assert file == home / "network.tflite"
    assert kd.export.load("~/network.tflite").task == "image_classification"
    assert kd.export.model_card("~/network.tflite")


def test_runs_and_projects_lie_in_the_home_folder():
    home = pathlib.Path("~").expanduser()
    search_fit(output_dir="~/run")
    assert (home / "run" / "genotype.json").is_file()
    tuner = kd.DartsTuner(SPACE, directory="~/tuned", **TUNED)
    assert pathlib.Path(tuner.project_dir).parent == home / "tuned"
    assert kd.ImageClassifier(directory="~/a").directory == home / "a"


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "a\\b", "c:a"])
def test_a_project_is_a_folder_inside_of_its_directory(name):
    for make in (kd.ImageClassifier, kd.TextClassifier):
        with pytest.raises(ValueError, match="`project_name`"):
            make(project_name=name, overwrite=True)
    with pytest.raises(ValueError, match="`project_name`"):
        kd.DartsTuner(SPACE, project_name=name, overwrite=True, **TUNED)


@pytest.mark.parametrize(
    "command, flag",
    [
        ("benchmark", "model"),
        ("benchmark", "output"),
        ("evaluate", "data_dir"),
        ("evaluate", "model"),
        ("export", "output_dir"),
        ("export", "run"),
        ("generate", "model"),
        ("estimate", "dataset"),
        ("plot", "genotype"),
        ("plot", "output_dir"),
        ("cost_table", "output"),
        ("search", "data_dir"),
        ("search", "dataset"),
        ("search", "latency_table"),
        ("search", "output_dir"),
        ("train", "genotype"),
        ("train", "output_dir"),
        ("tune", "output_dir"),
    ],
)
def test_flags_refuse_remote_file_systems_by_name(command, flag, capsys):
    assert main([command, f"--{flag}=gs://bucket/a"]) == 2
    output = capsys.readouterr().err
    assert f"`{flag}`" in output and "mount gs:// as a folder" in output


def test_flags_mean_the_home_folder(capsys):
    home = pathlib.Path("~").expanduser()
    assert main(["plot", "--genotype=darts_v2", "--output_dir=~/cells"]) == 0
    assert str(home / "cells") in capsys.readouterr().out
    assert (home / "cells" / "darts_v2_normal.svg").is_file()


@pytest.mark.parametrize(
    "text, meant",
    [
        ("a/b", "a/b"),
        (".", "."),
        ("C:/a", "C:/a"),
        ("c:\\a", "c:\\a"),
        ("file:///tmp/a%20b", "/tmp/a b"),
        ("file://localhost/tmp/a", "/tmp/a"),
        ("a~", "a~"),
    ],
)
def test_other_paths_are_what_they_say(text, meant):
    assert user_path(text, "path") == pathlib.Path(meant)


def test_a_name_that_begins_with_a_tilde_stays_one():
    result = user_path("./~x", "path")
    assert result == user_path(result, "path") == pathlib.Path.cwd() / "~x"


@pytest.mark.parametrize("text", ["file://elsewhere/a", "~nobody-at-all/a"])
def test_what_is_of_no_machine_or_user_is_refused(text):
    with pytest.raises(ValueError, match=r"`folder` must .*Received: folder="):
        user_path(text, "folder")
