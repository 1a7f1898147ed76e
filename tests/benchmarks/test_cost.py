"""Costs are measured against sizes, fitted and drawn."""

import json

from running import run

SIZES = {
    "filters": 2,
    "num_cells": 2,
    "num_nodes": 1,
    "num_primitives": 5,
    "image_size": 8,
}


def point(value, seconds, gigabytes):
    return {"value": value, "seconds": seconds, "peak_bytes": gigabytes * 1e9}


def test_points_are_measured_and_drawn(in_threads, tmp_path):
    figures, picture = tmp_path / "cost.json", tmp_path / "cost.svg"
    done = run(
        "cost",
        **SIZES,
        batch_size="1,2",
        step_type="weight",
        steps=1,
        output=figures,
        picture=picture,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(figures.read_text())
    assert report["base"] == {**SIZES, "batch_size": 1}
    assert list(report["axes"]) == ["batch_size"]
    points = report["axes"]["batch_size"]
    assert [result["value"] for result in points] == [1, 2]
    assert min(result["seconds"] for result in points) > 0
    assert min(result["peak_bytes"] for result in points) > 1e8
    assert "| batch | 1, 2 |" in done.stdout
    assert picture.read_text().rstrip().endswith("</svg>")


def test_fits_find_what_costs_were_made_of(tmp_path):
    # 5 and 9 edges at 2 and 3 nodes; 16 and 64 pixels.
    report = {
        "machine": {"cpu": "", "cores": 1, "system": "", "load_before": 0},
        "versions": {},
        "settings": {"step_type": "weight", "steps": 1, "plain": False},
        "base": {**SIZES, "batch_size": 1},
        "axes": {
            "filters": [point(2, 4.0, 1.0), point(8, 64.0, 1.0)],
            "num_nodes": [point(2, 1.5, 0.6), point(3, 1.9, 1.0)],
            "image_size": [point(4, 1.16, 1.0), point(8, 1.64, 1.0)],
        },
    }
    figures, picture = tmp_path / "cost.json", tmp_path / "cost.svg"
    figures.write_text(json.dumps(report))
    done = run("cost", figures=figures, picture=picture)
    assert done.returncode == 0, done.stderr
    assert "filters^2.00" in done.stdout
    assert "1.000 + 0.1 per edge of a cell" in done.stdout
    assert "0.100 + 0.1 per edge of a cell" in done.stdout
    assert "1.000 + 10 per 1,000 pixels" in done.stdout
    assert "+100 ms" in picture.read_text()


def test_sizes_that_are_none_are_refused():
    for flags in ({"filters": "0,2"}, {"filters": "2,2"}, {"steps": 0}):
        done = run("cost", **flags)
        assert done.returncode == 2
        assert "error" in done.stderr
