"""What the model card of an export says of the run it is from."""

import csv
import json


def training_figures(folder, saved):
    """The settings and figures of a training run, as plain data.

    Args:
        folder: `pathlib.Path` of the run.
        saved: What its `config.json` says.
    """
    rows = _rows(folder / "history.csv")
    figures = {
        "dataset": saved.get("data", {}).get("dataset"),
        "recipe": saved.get("recipe", {}).get("name"),
        "seed": saved.get("seed"),
        "epochs": len(rows),
        "last_epoch": rows[-1] if rows else None,
        "test": _figures(folder / "evaluation.json"),
    }
    return {name: each for name, each in figures.items() if each is not None}


def _rows(file):
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as table:
        return [
            {name: float(value) for name, value in row.items() if value}
            for row in csv.DictReader(table)
        ]


def _figures(file):
    if not file.exists():
        return None
    return json.loads(file.read_text(encoding="utf-8"))
