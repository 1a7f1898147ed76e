"""Objectives: figures of trained networks, and their Pareto front."""

from __future__ import annotations

import importlib.util
import math
import pathlib
import tempfile
from typing import TYPE_CHECKING

import keras_tuner
from keras import ops
from keras_tuner.engine import metrics_tracking

from keras_darts import analysis
from keras_darts import export
from keras_darts.export.language_signatures import LanguageServing
from keras_darts.networks import LanguageModel
from keras_darts.runtimes import litert
from keras_darts.runtimes import timing
from keras_darts.search.mixed_precision import default_policy
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from typing import Any

    import keras

    from keras_darts.utils.typing import PathLike

_WARM_UP_RUNS = 5
_TIMED_RUNS = 30
_DIRECTIONS = ("min", "max")


def get(objective: Any) -> Any:
    """The KerasTuner objective of a name, or a list of those of several.

    `"val_accuracy"`, `"val_loss"` and other metrics of Keras are read from
    the validation of the trained network. `"parameters"` and `"macs"` are
    counted. `"size"` is that of its LiteRT file in bytes, and `"latency"` the
    median time of that file for one input on one thread of this machine, in
    milliseconds.

    KerasTuner adds several objectives up as they are, those to be maximized
    with a minus: the largest numbers decide. `DartsTuner.get_pareto` compares
    each objective with its like.

    Args:
        objective: Name, `keras_tuner.Objective`, or a list of these.

    Returns:
        A `keras_tuner.Objective`, or a list of them.

    Raises:
        ValueError: for an unknown name, or one that comes twice.
        TypeError: for anything else.
        ImportError: for `"latency"` without the package that measures it.

    Example:

    >>> get("latency").direction
    'min'
    >>> [one.direction for one in get(["val_accuracy", "parameters"])]
    ['max', 'min']
    """
    if not isinstance(objective, list | tuple):
        return _one(objective)
    objectives = [_one(part) for part in objective]
    names = [one.name for one in objectives]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            "`objective` must be a name or a list of different ones. "
            f"Received: objective={names!r}"
        )
    return objectives


def directions(objective: Any) -> dict[str, str]:
    """Dictionary from the name of each objective to `"min"` or `"max"`.

    Example:

    >>> directions(["val_accuracy", "size"])
    {'val_accuracy': 'max', 'size': 'min'}
    """
    objectives = get(objective)
    # As KerasTuner holds them once it has made one of them.
    objectives = getattr(objectives, "objectives", objectives)
    objectives = objectives if isinstance(objectives, list) else [objectives]
    return {one.name: one.direction for one in objectives}


def measure(
    network: keras.Model, names: Sequence[str], logs: Mapping[str, float]
) -> dict[str, float]:
    """The figures of a derived, trained network.

    Only what is asked for is measured: a LiteRT file takes seconds.

    Args:
        network: Network of `keras_darts.networks`.
        names: The names of the figures.
        logs: Dictionary, the figures of the validation, by Keras' names.

    Returns:
        Dictionary from names to numbers.

    Raises:
        ValueError: if neither `logs` nor the network has a figure.

    Example:

    >>> network = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=2, num_cells=2, auxiliary=False,
    ...     input_shape=(8, 8, 1),
    ... )
    >>> measure(network, ["val_loss", "parameters"], {"val_loss": 0.5})
    {'val_loss': 0.5, 'parameters': 668}
    """
    check_known(names, logs)
    figures = _measured(network, [name for name in names if name in _COSTS])
    return {
        name: figures[name] if name in figures else logs[name] for name in names
    }


def check_known(names: Iterable[str], validated: Iterable[str]) -> None:
    """Raises a `ValueError` for a figure that can't be had.

    Args:
        names: The names of the figures.
        validated: The names of those that a validation gives.
    """
    for name in names:
        if name not in _COSTS and name not in validated:
            raise unknown_name("objective", name, {*validated, *_COSTS})


def pareto_front(
    rows: Iterable[Mapping[str, Any]], directions: Mapping[str, str]
) -> list[Any]:
    """The rows that no other beats in one figure without losing in another.

    Args:
        rows: List of dictionaries with a number for each name in
            `directions`, among whatever else. One that lacks a number, or
            has NaN, takes no part.
        directions: Dictionary from names to `"min"` or `"max"`.

    Returns:
        The list of these rows, the best by the first name first. Equal rows
        are all in it, or none is.

    Raises:
        ValueError: for an unknown direction, or none at all, and for a name
            that no row has.

    Example:

    >>> rows = [
    ...     {"val_accuracy": 0.9, "parameters": 300},
    ...     {"val_accuracy": 0.8, "parameters": 100},
    ...     {"val_accuracy": 0.7, "parameters": 200},
    ... ]
    >>> best = pareto_front(rows, {"val_accuracy": "max", "parameters": "min"})
    >>> [row["parameters"] for row in best]
    [300, 100]
    """
    _check_rows(rows, directions)
    costs = [(_to_minimize(row, directions), row) for row in rows]
    known = [(cost, row) for cost, row in costs if cost is not None]
    kept = [
        (cost, row)
        for cost, row in known
        if not any(_dominates(other, cost) for other, _ in known)
    ]
    return [row for _, row in sorted(kept, key=lambda pair: pair[0])]


def _one(objective):
    if isinstance(objective, keras_tuner.Objective):
        return objective
    if not isinstance(objective, str):
        raise TypeError(
            "`objective` must be a name, a `keras_tuner.Objective` or a list "
            f"of these. Received: objective={objective!r}"
        )
    if objective == "latency":
        _check_runtime()
    return keras_tuner.Objective(objective, _direction(objective))


def _direction(name):
    if name in _COSTS or name == _PERPLEXITY:
        return "min"
    direction = metrics_tracking.infer_metric_direction(name)
    if direction is None:
        error = unknown_name("objective", name, {*_OF_VALIDATION, *_COSTS})
        raise ValueError(
            f"{error}. Metrics of your own need their direction: "
            f"keras_tuner.Objective({name!r}, direction='max')"
        )
    return direction


def _check_runtime():
    if importlib.util.find_spec("ai_edge_litert") is None:
        raise ImportError(
            "The objective 'latency' is measured by ai-edge-litert: "
            "pip install keras_darts[litert]"
        )


def _measured(network, names):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "network.tflite"
        if {*names} & {*_OF_FILE}:
            export.litert(_in_float32(network), file)
        return {name: _COSTS[name](network, file) for name in names}


def _in_float32(network):
    """The network itself, or its weights in one that computes in float32."""
    if network.compute_dtype == "float32":
        return network
    config = {**network.get_config(), "dtype": "float32"}
    with default_policy("float32"):
        copy = type(network).from_config(config)
    copy.set_weights(network.get_weights())
    return copy


def _parameters(network, file):
    return analysis.count_parameters(network)


def _macs(network, file):
    if not isinstance(network, LanguageModel):
        return analysis.count_macs(network)
    # What a token takes: the network's own loop hides what is in it.
    serving = LanguageServing(network=network, vocabulary=None, encoder=None)

    def step(token):
        state = network.initial_state(1)
        return serving.step(ops.cast(token, "int32"), state)

    return analysis.count_macs(step, ())


def _size(network, file):
    return file.stat().st_size


def _latency(network, file):
    return median_latency(file)


def median_latency(file: PathLike) -> float:
    """Milliseconds that a LiteRT file takes for one input on one thread."""
    _check_runtime()
    run, _ = litert.opened(
        str(file), threads=1, batch_size=1, sequence_length=1
    )
    taken = timing.durations(
        run, repeats=_TIMED_RUNS, seconds=None, warm_up=_WARM_UP_RUNS
    )
    return timing.percentile(taken, 50)


def _check_rows(rows, directions):
    if not directions:
        raise ValueError(
            "`directions` must name at least one figure. Received: "
            f"directions={directions!r}"
        )
    for direction in directions.values():
        if direction not in _DIRECTIONS:
            raise unknown_name("direction", direction, _DIRECTIONS)
    measured = {name for row in rows for name in row}
    for name in directions:
        if rows and name not in measured:
            raise ValueError(
                "What is compared must have been measured, as the objectives "
                f"of a tuner are. Received: {name!r}, of {sorted(measured)}"
            )


def _to_minimize(row, directions):
    """The figures, those to be maximized with a minus, or `None`."""
    costs = []
    for name, direction in directions.items():
        value = row.get(name)
        if value is None or math.isnan(value):
            return None
        costs.append(-value if direction == "max" else value)
    return tuple(costs)


def _dominates(one, other):
    pairs = zip(one, other, strict=True)
    return one != other and all(a <= b for a, b in pairs)


_PERPLEXITY = "val_perplexity"
_OF_VALIDATION = ("val_accuracy", "val_loss", _PERPLEXITY)
_OF_FILE = {"size": _size, "latency": _latency}
_COSTS = {"parameters": _parameters, "macs": _macs, **_OF_FILE}
