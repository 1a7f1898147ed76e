"""What the README says, run."""

import pathlib
import re

import numpy as np
import pytest

import keras_darts as kd

ROOT = pathlib.Path(__file__).parents[1]


def python_blocks():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def run(code, replacements, given=()):
    """Runs code of the README, its long parts made short."""
    for written, quick in replacements:
        assert written in code, written
        code = code.replace(written, quick)
    names = {"kd": kd, **dict(given)}
    exec(code, names)
    return names


def write_parts(folder, lines):
    folder.mkdir(parents=True)
    for part, count in (("train", 60), ("valid", 20), ("test", 20)):
        text = "".join(lines[i % len(lines)] + "\n" for i in range(count))
        (folder / f"{part}.txt").write_text(text)


@pytest.mark.slow
def test_the_ten_lines_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run(
        python_blocks()[0],
        (
            ("epochs=20", "epochs=1"),
            ("filters=16, num_cells=8", "filters=4, num_cells=3"),
            ("filters=8, num_cells=5", "filters=2, num_cells=2"),
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


@pytest.mark.slow
def test_the_lines_on_running_text_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_parts(tmp_path / "data" / "ptb", ["the cat saw the dog", "a dog ran"])
    names = run(
        python_blocks()[1],
        (
            ("hidden_size=300", "hidden_size=4"),
            ("hidden_size=850", "hidden_size=4"),
            ('output_dir="runs/ptb"', 'epochs=1, batch_size=4, output_dir="a"'),
            ("epochs=300", "epochs=1, batch_size=4"),
        ),
    )
    assert names["search"].genotype() == names["model"].genotype
    assert (tmp_path / "a" / "vocabulary.json").exists()
    assert (tmp_path / "saved_models" / "ptb" / "1").is_dir()


@pytest.mark.slow
def test_the_lines_on_sentences_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_parts(tmp_path / "data" / "sst2", ["1 a good film", "0 a bad film ."])
    names = run(
        python_blocks()[2],
        (
            ('"text_cnn", ', '"text_cnn", filters=2, num_cells=2, '),
            ("batch(64)", "batch(8), epochs=1"),
            ("derived_network()", "derived_network(filters=2, num_cells=2)"),
            ("data.num_train)", "data.num_train, epochs=1, batch_size=8)"),
        ),
    )
    assert names["network"].genotype == names["search"].genotype()


@pytest.mark.slow
def test_the_lines_on_tuning_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    given = {
        "images": draw.random((40, 8, 8, 1), "float32"),
        "labels": np.arange(40) % 2,
        "tiny": kd.search_spaces.darts_cnn(
            2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
        ),
    }
    names = run(
        python_blocks()[-2],
        (
            ('"darts_cnn", "darts", filters=8, num_cells=5', "tiny"),
            ("max_trials=4", "max_trials=1"),
            ("random_baseline=4", "random_baseline=1"),
            ("epochs=10", "batch_size=8, epochs=1, verbose=0"),
        ),
        given,
    )
    assert len(names["tuner"].get_pareto()) == 1


def test_users_own_pieces_make_a_search():
    search = run("import keras\n" + python_blocks()[3], ())["search"]
    assert search.search_space.num_cells == 5
    assert search.strategy.architect.hessian == "exact"


def test_guards_make_a_strategy():
    strategy = run(python_blocks()[4], ())["search"].strategy
    assert len(strategy.callbacks) == 5
    assert strategy.callbacks[3].mode == "stop"


def test_commands_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in (ROOT / "README.md").read_text()
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^make test$", ci, re.MULTILINE)
