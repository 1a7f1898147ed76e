"""What the runs of a project say of data, settings and sizes."""

import datetime
import json

_CONFIG = "config.json"


def facts_of(project):
    """What holds for all trials, from the newest run of a search.

    Args:
        project: `Project`.

    Returns:
        Dictionary from titles to strings, empty before the first search.
    """
    configs = sorted(
        project.folder.glob(f"trial_*/**/search/{_CONFIG}"),
        key=lambda path: path.stat().st_mtime,
    )
    if not configs:
        return {}
    config = _read(configs[-1])
    fit, data_sizes = config["fit"], config["search"]
    ended = datetime.datetime.fromtimestamp(configs[-1].stat().st_mtime)
    return {
        "Data": _data(fit, data_sizes),
        "Search": _search(fit, data_sizes),
        **_training(project),
        "Last run": ended.strftime("%Y-%m-%d %H:%M"),
    }


def parameters_of(folder):
    """How many parameters a trained network has, or `None`."""
    path = folder / _CONFIG
    return _read(path).get("parameters") if path.exists() else None


def _data(fit, sizes):
    shape, classes = sizes.get("input_shape"), sizes.get("num_classes")
    parts = [fit["data"]]
    if shape:
        parts.append(f"elements of {' x '.join(map(str, shape))}")
    if classes:
        parts.append(f"{classes} outputs")
    return "; ".join(parts)


def _search(fit, sizes):
    space = sizes["search_space"]
    drawn = {
        "cells": space.get("num_cells"),
        "filters": space.get("filters"),
        "hidden units": space.get("hidden_size"),
        "batch size": fit["batch_size"],
        "epochs": fit["epochs"],
        "steps an epoch": fit["steps_per_epoch"],
    }
    return _joined(drawn)


def _training(project):
    paths = sorted(project.networks.glob(f"*/{_CONFIG}"))
    if not paths:
        return {}
    config = _read(paths[-1])
    network, recipe = config["network"]["config"], config["recipe"]
    drawn = {
        "cells": network.get("num_cells"),
        "filters": network.get("filters"),
        "hidden units": network.get("hidden_size"),
        "batch size": recipe.get("batch_size"),
        "epochs": config["fit"]["epochs"],
        "steps an epoch": config["fit"]["steps_per_epoch"],
    }
    return {"Training of what is found": _joined(drawn)}


def _joined(numbers):
    return ", ".join(
        f"{name}: {value:,}"
        for name, value in numbers.items()
        if value is not None
    )


def _read(path):
    return json.loads(path.read_text("utf-8"))
