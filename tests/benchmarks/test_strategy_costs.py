"""What a step of a method costs is measured beside DARTS."""

import json

from running import run


def test_a_strategy_is_measured_next_to_darts(in_threads, tmp_path):
    figures = tmp_path / "strategies.json"
    done = run(
        "strategy_costs",
        strategies="pc_darts",
        filters=8,
        num_cells=2,
        num_nodes=1,
        num_primitives=5,
        batch_size=2,
        image_size=8,
        steps=1,
        output=figures,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(figures.read_text())["results"]
    assert [name.strip() for name in results] == ["darts", "pc_darts", "darts"]
    for result in results.values():
        assert min(result["seconds"]) > 0
        assert result["peak_bytes"] > 1e8
    assert "| pc_darts | " in done.stdout
