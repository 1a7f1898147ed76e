"""What the README says, run."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]


def python_blocks():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


@pytest.mark.slow
def test_the_ten_lines_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = python_blocks()[0]
    for written, quick in (
        ("epochs=20", "epochs=1"),
        ("filters=16, num_cells=8", "filters=4, num_cells=3"),
        ("filters=8, num_cells=5", "filters=2, num_cells=2"),
        ("recipe.fit(network", "recipe.fit(epochs=1, network=network"),
        ("network=network, data.train", "network=network, train=data.train"),
    ):
        assert written in code
        code = code.replace(written, quick)
    exec(code, {})
    assert (tmp_path / "saved_models" / "digits" / "1").is_dir()
    assert (tmp_path / "runs" / "digits" / "genotype.json").exists()


def test_users_own_pieces_make_a_search():
    names = {}
    exec("import keras\nimport keras_darts as kd\n" + python_blocks()[1], names)
    search = names["search"]
    assert search.search_space.num_cells == 5
    assert search.strategy.architect.hessian == "exact"


def test_commands_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in (ROOT / "README.md").read_text()
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^make test$", ci, re.MULTILINE)
