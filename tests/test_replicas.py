"""A search on two devices finds what it finds on one."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np

TESTS = pathlib.Path(__file__).parent
SCRIPT = str(TESTS / "search_on_replicas.py")


STRATEGIES = ("darts", "darts_second_order")


def alphas_by_step(folder):
    """Of each strategy on one device and on two."""
    paths = [folder / f"{replicas}.json" for replicas in (1, 2)]
    processes = [
        subprocess.Popen(
            [sys.executable, SCRIPT, path.stem, str(path), *STRATEGIES],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(TESTS.parent)},
        )
        for path in paths
    ]
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    return [json.loads(path.read_text()) for path in paths]


def test_alphas_move_as_on_a_single_device(tmp_path):
    one, two = alphas_by_step(tmp_path)
    for strategy in STRATEGIES:
        moved, moved_by_two = (
            np.diff(found[strategy], axis=0) for found in (one, two)
        )
        size = np.abs(moved).max()
        assert size > 1e-5
        np.testing.assert_array_equal(two[strategy][0], one[strategy][0])
        np.testing.assert_allclose(
            moved_by_two, moved, rtol=1e-3, atol=1e-3 * size
        )
