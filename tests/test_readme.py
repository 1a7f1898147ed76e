"""What the README and the pages of the documentation say, run."""

import ast
import re

import numpy as np
import pytest
from less_work import without_graphs
from pages import ROOT
from pages import pages
from pages import python_blocks
from pages import text_of
from test_layering import ORDER

import keras_darts as kd
from keras_darts.cli.main import COMMANDS
from keras_darts.cli.main import main


def run(page, name, replacements=(), arguments=()):
    """Runs code of a page, its long parts made short."""
    code = python_blocks(page)[name]
    for written, quick in replacements:
        assert written in code, written
        code = code.replace(written, quick)
    names = {"kd": kd, **dict(arguments)}
    exec(compile(code, f"{page}, {name}", "exec"), names)
    return names


@pytest.fixture
def eagerly():
    """For a few steps no graph is worth its making."""
    with without_graphs():
        yield


def write_parts(folder, lines, share=1):
    folder.mkdir(parents=True)
    for part, count in (("train", 60), ("valid", 20), ("test", 20)):
        places = range(int(share * count))
        text = "".join(lines[i % len(lines)] + "\n" for i in places)
        (folder / f"{part}.txt").write_text(text)


@pytest.mark.usefixtures("eagerly")
def test_the_quickstart_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run(
        "README.md",
        "quickstart",
        (
            ("epochs=20", "epochs=1"),
            ("filters=16, num_cells=8", "filters=4, num_cells=3"),
            (
                "filters=8, num_cells=5",
                "kd.search_spaces.darts_cnn(2, 1, num_nodes=1)",
            ),
            ("train.batch(64)", "train.take(128).batch(64)"),
            ("data.train, valid", "data.train.take(128), valid"),
            ("recipe(network)", "recipe(network, epochs=1)"),
        ),
    )
    assert (tmp_path / "saved_models" / "digits" / "1").is_dir()
    assert (tmp_path / "runs" / "digits" / "genotype.json").exists()
    images, labels = next(iter(names["data"].test.batch(100)))
    answers = kd.export.load(tmp_path / "saved_models" / "digits" / "1")(images)
    logits = names["network"].predict_on_batch(images)
    np.testing.assert_allclose(answers["logits"], logits, atol=1e-3)
    assert answers["classes"].shape == (100, 5)


@pytest.mark.usefixtures("eagerly")
def test_the_code_on_language_models_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = ["the cat saw the dog", "a dog ran"]
    write_parts(tmp_path / "data" / "ptb", lines, share=0.2)
    names = run(
        "docs/text.md",
        "language-model",
        (
            ('"darts_rnn"', "kd.search_spaces.darts_rnn(2)"),
            ("hidden_size=300", "hidden_size=4"),
            ("hidden_size=850", "hidden_size=4"),
            ('output_dir="runs/ptb"', 'epochs=1, batch_size=4, output_dir="a"'),
            ("epochs=300", "epochs=1, batch_size=4"),
        ),
    )
    assert names["search"].genotype() == names["model"].genotype
    assert (tmp_path / "a" / "vocabulary.json").exists()
    assert (tmp_path / "saved_models" / "ptb" / "1").is_dir()


@pytest.mark.usefixtures("eagerly")
def test_the_code_on_sentences_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_parts(tmp_path / "data" / "sst2", ["1 a good film", "0 a bad film ."])
    names = run(
        "docs/text.md",
        "sentences",
        (
            ('"text_cnn", ', '"text_cnn", filters=2, num_cells=1, '),
            ("batch(64)", "batch(30), epochs=1"),
            ("derived_network()", "derived_network(filters=2, num_cells=1)"),
            ("data.num_train)", "data.num_train, epochs=1, batch_size=30)"),
        ),
    )
    assert names["network"].genotype == names["search"].genotype()


@pytest.mark.usefixtures("eagerly")
def test_the_code_on_tuning_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    arguments = {
        "images": draw.random((40, 8, 8, 1), "float32"),
        "labels": np.arange(40) % 2,
        "tiny": kd.search_spaces.darts_cnn(
            2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
        ),
    }
    names = run(
        "docs/tuning.md",
        "tuner",
        (
            ('"darts_cnn", "darts", filters=8, num_cells=5', "tiny"),
            ("max_trials=4", "max_trials=1"),
            ("random_baseline=4", "random_baseline=1"),
            ("epochs=10", "batch_size=8, epochs=1, verbose=0"),
        ),
        arguments,
    )
    assert len(names["tuner"].get_pareto()) == 1


def test_users_own_pieces_make_a_search():
    search = run("docs/extending.md", "own-pieces")["search"]
    assert search.search_space.num_cells == 5
    assert search.strategy.architect.hessian == "exact"


def test_a_users_own_strategy_makes_a_search():
    strategy = run("README.md", "own-strategy")["search"].strategy
    assert strategy.architect.hessian == "exact"
    assert len(strategy.regularizers) == 1


def test_early_stopping_makes_a_strategy():
    strategy = run("docs/methods.md", "early-stopping")["search"].strategy
    assert len(strategy.callbacks) == 5
    assert strategy.callbacks[3].mode == "stop"


@pytest.mark.parametrize("name", python_blocks("docs/extending.md"))
def test_code_in_the_recipes_of_pieces_runs(name):
    run("docs/extending.md", name)


def test_make_has_the_commands_of_the_readme():
    makefile = text_of("Makefile")
    for target in ("demo", "test"):
        assert f"make {target}" in text_of("README.md")
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    ci = text_of(".ci/run")
    assert re.search(r"^make test$", ci, re.MULTILINE)


def test_the_contributors_map_has_every_room_in_its_order():
    _, _, after = text_of("CONTRIBUTING.md").partition("## A map")
    table, _, _ = after.partition("\n\nTwo ways")
    rooms = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    inner = [room for part in ORDER for room in sorted(part)]
    assert rooms == [room for room in inner if not room.startswith("__")]


@pytest.mark.parametrize("page", pages())
def test_code_on_a_page_parses(page):
    fences = r"^```python\n(.*?)^```$"
    for code in re.findall(fences, text_of(page), re.DOTALL | re.MULTILINE):
        ast.parse(code)


@pytest.mark.parametrize("page", pages())
def test_names_on_a_page_exist(page):
    for name in re.findall(r"\bkd((?:\.[A-Za-z_]\w*)+)", text_of(page)):
        result = kd
        for part in name.split(".")[1:]:
            result = getattr(result, part)


@pytest.mark.parametrize("page", pages())
def test_files_on_a_page_exist(page):
    text = text_of(page)
    folders = "benchmarks|docs|examples|keras_darts|tests"
    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", text)
    missing = [path for path in named if not (ROOT / path).exists()]
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        path, _, heading = target.partition("#")
        if path.startswith("http"):
            continue
        file = ((ROOT / page).parent / path) if path else ROOT / page
        if not file.exists() or (heading and heading not in headings(file)):
            missing.append(target)
    assert missing == []


def headings(file):
    """The anchors of a page, as GitHub makes them of its headings."""
    matches = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.MULTILINE)
    kept = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in matches]
    return [heading.replace(" ", "-") for heading in kept]


@pytest.mark.parametrize("page", pages())
def test_commands_on_a_page_exist(page, capsys):
    text = text_of(page).replace("\\\n", " ")
    for name, rest in re.findall(
        r"^keras-darts (\w+)(.*)$", text, re.MULTILINE
    ):
        assert name in COMMANDS
        assert main([name, "--help"]) == 0
        flags = re.findall(r"--(?:\[no\])?(\w+)", capsys.readouterr().out)
        for flag in re.findall(r" --(\w+)", rest):
            assert flag in flags, f"{name} --{flag}"
