"""A search on two devices moves as it does on one."""

import itertools
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
from movements import assert_same_movement

TESTS = pathlib.Path(__file__).parent
SCRIPT = str(TESTS / "search_on_replicas.py")
STRATEGIES = ("darts", "darts_second_order", "enas")
COURSES = (("course", 1e-3), ("synchronized", 0.05))
STRATEGIES_OF_COURSES = (
    "first order",
    "finite difference",
    "exact",
    "pc_darts",
    "gdas",
)
CLIPPED = ("clipnorm", "global_clipnorm", "clipvalue")
TRAINED = (("trained", "image"), ("trained", "text"))
PIECES = ("gates", "gumbel", "dirichlet", "perturbed")


def variables_by_step(folder):
    """Of each modality and strategy on one device and on two."""
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


def test_they_move_as_on_a_single_device(tmp_path):
    """One test, since workers would each start the processes again."""
    found = variables_by_step(tmp_path)
    check_steps(found)
    check_courses(found)
    for on_devices in found:
        first, second = on_devices["deterministic"]
        assert first == second
    losses = [on_devices["evaluated"] for on_devices in found]
    np.testing.assert_allclose(*losses, rtol=1e-5)


def check_courses(found):
    """From the first of ten steps to the last, alphas move alike."""
    for (course, bound), name in itertools.product(
        COURSES, STRATEGIES_OF_COURSES
    ):
        one, two = (
            np.subtract(steps[-1][0], steps[0][0])
            for on_devices in found
            for steps in [on_devices[course][name]]
        )
        what = f"{name}, {course}"
        size = np.linalg.norm(one)
        assert len(found[0][course][name]) == 11 and size > 1e-3, what
        assert np.linalg.norm(two - one) < bound * size, what


def check_steps(found):
    searches = [
        *itertools.product(("image", "text"), STRATEGIES),
        *itertools.product(("pieces",), PIECES),
        *itertools.product(("clipped",), CLIPPED),
    ]
    groups = [
        *itertools.product(searches, enumerate(("alphas", "weights"))),
        *itertools.product(TRAINED, [(0, "trained weights")]),
    ]
    for (modality, strategy), (group, name) in groups:
        one, two = (
            np.array([step[group] for step in steps[modality][strategy]])
            for steps in found
        )
        what = f"{name} of {strategy} on {modality}"
        np.testing.assert_array_equal(two[0], one[0], what)
        assert_same_movement(two, one, what)
