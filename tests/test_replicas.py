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
COURSES = (("course", 3, 1e-3), ("synchronized", 2, 0.05))
GROUPS = ("alphas", "weights")
# What moves no alpha; what draws numbers of the size of a device's part.
STILL = ("random_sharing",)


def variables_by_step(folder):
    """What searches were like on one device and on two, and some again."""
    runs = [
        (replicas, folder / f"{replicas}-{names}.json", names)
        for names in ([], ["deterministic"])
        for replicas in "12"
    ]
    processes = [
        subprocess.Popen(
            [sys.executable, SCRIPT, replicas, str(path), *names],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(TESTS.parent)},
        )
        for replicas, path, names in runs
    ]
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    results = [json.loads(path.read_text()) for _, path, _ in runs]
    return results[:2], results[2:]


def test_they_move_as_on_a_single_device(tmp_path):
    """One test, since workers would each start the processes again."""
    result, again = variables_by_step(tmp_path)
    check_steps(result)
    check_courses(result)
    for first, second in zip(result, again, strict=True):
        # To the last bit, in another process, which did nothing else before.
        assert first["deterministic"] == second["deterministic"]
    losses = [on_devices["evaluated"] for on_devices in result]
    np.testing.assert_allclose(*losses, rtol=1e-5)


def check_courses(values):
    """From the first of ten steps to the last, alphas move alike."""
    for course, count, bound in COURSES:
        assert len(values[0][course]) == count
        for name in values[0][course]:
            one, two = (
                np.subtract(steps[-1][0], steps[0][0])
                for on_devices in values
                for steps in [on_devices[course][name]]
            )
            what = f"{name}, {course}"
            size = np.linalg.norm(one)
            assert len(values[0][course][name]) == 11 and size > 1e-3, what
            assert np.linalg.norm(two - one) < bound * size, what


def check_steps(values):
    for group in ("image", "text", "pieces", "strategies", "clipped", "means"):
        for name, one in values[0][group].items():
            check_same_steps(one, values[1][group][name], name)
    for group, one in values[0]["trained"].items():
        check_same_steps(one, values[1]["trained"][group], group)
    one, two = (np.diff(np.squeeze(on["parted"]), axis=0) for on in values)
    assert np.linalg.norm(two - one) > 0.01 * np.linalg.norm(one)


def check_same_steps(one, two, name):
    for index, group in enumerate(GROUPS[: len(one[0])]):
        if group == "alphas" and name in STILL:
            continue
        what = f"{group} of {name}"
        several, single = ([s[index] for s in steps] for steps in (two, one))
        np.testing.assert_array_equal(several[0], single[0], what)
        for places in of_one_size(single):
            assert_same_movement(
                *([steps[p] for p in places] for steps in (several, single)),
                what,
            )


def of_one_size(steps):
    """The places of consecutive steps, stage by stage if sizes change."""
    places = range(len(steps))
    groups = itertools.groupby(places, lambda place: len(steps[place]))
    return [list(group) for _, group in groups]
