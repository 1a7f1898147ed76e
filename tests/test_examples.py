"""Every example runs, as a user would run it."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

# Where examples leave the network that they have exported.
EXPORTS = {
    "classify_text": "sentences/saved_model/1",
    "demo": "demo/digits/1",
    "search_ptb": "ptb/saved_model/1",
}


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(example, tmp_path):
    pytest.importorskip("ai_edge_litert", reason="the demo runs LiteRT files")
    done = run(example, tmp_path, "--smoke")
    assert done.returncode == 0, done.stderr[-3000:]
    if example.stem in EXPORTS:
        assert (tmp_path / "runs" / EXPORTS[example.stem]).is_dir()
    assert "Done in" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", ["classify_text", "search_ptb"])
def test_examples_on_text_say_what_they_need(name, tmp_path):
    done = run(ROOT / "examples" / f"{name}.py", tmp_path)
    assert done.returncode == 2
    assert "--data_dir or --smoke must be given" in done.stderr


def run(example, folder, *arguments):
    return subprocess.run(
        [sys.executable, example, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=900,
    )
