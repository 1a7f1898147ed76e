"""A search of the benchmark on a budget says what it found and when."""

import json

import pytest
from running import run

from keras_darts.genotypes import NasBench201Genotype


def test_a_search_ends_in_time_and_keeps_each_epoch(shared_data, tmp_path):
    output = tmp_path / "figures.json"
    done = run(
        "nas_bench_201",
        **{"strategy": "darts", "seed": 3, "minutes": 0, "filters": 2},
        **{"max_examples": 40, "batch_size": 10, "epochs": 5},
        arch_learning_rate=0.1,
        data_dir=shared_data / "tfds",
        output=output,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(output.read_text())
    assert report["settings"]["seed"] == 3
    assert report["settings"]["num_cells"] == 1
    assert report["ended_by"] == "minutes"
    (epoch,) = report["epochs"]
    text = report["architecture"]
    assert epoch["architecture"] == text == done.stdout.strip()
    assert len(NasBench201Genotype.from_text(text).edges) == 6
    alphas = epoch["alphas"]["alphas_cell"]
    assert [len(row) for row in alphas] == [5] * 6
    # Two steps of Adam, of a tenth each.
    assert max(map(max, alphas)) > 0.05
    assert 0 < epoch["seconds"] <= report["seconds"]
    assert epoch["arch_learning_rate"] == pytest.approx(0.1)
    assert 0.9 < epoch["entropy_of_uniform"] < 1
    assert epoch["num_skip_connects"] == text.count("skip_connect")
    assert str(shared_data) not in output.read_text()
    check_table(tmp_path, shared_data, report)
    check_rates(tmp_path, report)


def check_rates(folder, search):
    """The comparison of rates reads searches that are there, judged by all."""
    for rates in ("scaled", "published"):
        path = folder / "rates" / f"darts_{rates}_3.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(search))
    judge = folder / "judge.py"
    judge.write_text(
        "import json, sys\n"
        "found = json.load(open(sys.argv[1]))['architecture']\n"
        "print('B' if '~' in found else 'F', found)\n"
    )
    output = folder / "rates.json"
    done = run(
        "arch_learning_rates",
        **{"folder": folder / "rates", "strategies": "darts", "seeds": 3},
        judge=judge,
        output=output,
    )
    assert done.returncode == 0, done.stderr
    runs = json.loads(output.read_text())["runs"]
    assert [result["rates"] for result in runs] == ["scaled", "published"]
    last = search["epochs"][-1]
    for result in runs:
        assert result["architecture"] == search["architecture"]
        assert result["accuracy_band"] == "B"
        assert result["entropy_of_uniform"] == last["entropy_of_uniform"]
    entropy = f"{last['entropy_of_uniform']:.3f}"
    assert f"| darts | scaled | 0.1 | B | {entropy} |" in done.stdout


def check_table(folder, shared_data, search):
    output = folder / "table" / "table.json"
    done = run(
        "nas_bench_201_table",
        **{"searches": folder, "random_cells": 1, "train_epochs": 1},
        **{"max_examples": 40, "test_examples": 20, "batch_size": 10},
        filters=2,
        data_dir=shared_data / "tfds",
        output=output,
    )
    assert done.returncode == 0, done.stderr
    result, drawn = json.loads(output.read_text())["runs"]
    assert result["architecture"] == search["architecture"]
    assert result["settings"] == search["settings"]
    assert drawn["cell"] == "random" and "minutes" not in drawn
    for figures in (result, drawn):
        assert 0 <= figures["test_accuracy"] <= 1
    skips = search["architecture"].count("skip_connect")
    (row,) = [li for li in done.stdout.splitlines() if li.startswith("| darts")]
    assert row.split(" | ")[3] == str(skips)


def test_an_unknown_strategy_is_refused():
    done = run("nas_bench_201", strategy="third_order")
    assert done.returncode == 2
    assert "third_order" in done.stderr
