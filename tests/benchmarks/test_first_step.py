"""The parts of the time to a first step are measured, at a tiny size."""

import json
import time

from running import run


def test_the_parts_are_all_of_the_time_to_the_first_step(tmp_path):
    sizes = {"filters": 2, "num_cells": 1, "num_nodes": 1, "batch_size": 2}
    begin = time.time()
    done = run(
        "first_step",
        json=tmp_path / "figures.json",
        rounds=1,
        step_types="first_order",
        image_size=8,
        **sizes,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "figures.json").read_text())
    ((name, (parts,)),) = report["seconds"].items()
    assert name == "keras_darts first_order"
    assert set(parts) == {"import", "build", "trace", "first run"}
    assert all(seconds > 0 for seconds in parts.values())
    # The process takes longer only by what it does after its step.
    assert sum(parts.values()) < time.time() - begin
    row = done.stdout.splitlines()[-1].split("|")[1:-1]
    assert float(row[-1]) == round(sum(parts.values()), 1)
    assert "round 1, keras_darts, first_order" in done.stdout
