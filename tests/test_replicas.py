"""A search on two devices finds what it finds on one."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

TESTS = pathlib.Path(__file__).parent
SCRIPT = str(TESTS / "search_on_replicas.py")


def alphas_by_step(strategy, folder):
    """On one device and on two: the processes run side by side."""
    paths = {n: folder / f"alphas_{n}.json" for n in (1, 2)}
    processes = [
        subprocess.Popen(
            [sys.executable, SCRIPT, strategy, str(replicas), str(path)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(TESTS.parent)},
        )
        for replicas, path in paths.items()
    ]
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    return [np.array(json.loads(path.read_text())) for path in paths.values()]


@pytest.mark.parametrize("strategy", ["darts", "darts_second_order"])
def test_alphas_move_as_on_a_single_device(strategy, tmp_path):
    one, two = alphas_by_step(strategy, tmp_path)
    moved = np.diff(one, axis=0)
    assert np.abs(moved).max() > 1e-5
    np.testing.assert_array_equal(two[0], one[0])
    np.testing.assert_allclose(
        np.diff(two, axis=0), moved, rtol=1e-3, atol=1e-3 * np.abs(moved).max()
    )
