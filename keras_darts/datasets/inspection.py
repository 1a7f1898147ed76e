"""Reads from the graph of a `tf.data.Dataset` how it behaves."""

from __future__ import annotations

import dataclasses

from keras_darts.utils import private_api
from keras_darts.utils.typing import Dataset

# What may stand after a `repeat` without changing how many elements come.
_KEEPS_COUNT = (
    "AssertCardinalityDataset",
    "BatchDataset",
    "CacheDataset",
    "MapDataset",
    "OptionsDataset",
    "ParallelBatchDataset",
    "ParallelMapDataset",
    "PrefetchDataset",
)

# What leaves elements as they are, and holds a few of them at most.
_PASSES_ON = ("AssertCardinalityDataset", "OptionsDataset", "PrefetchDataset")


@dataclasses.dataclass(frozen=True)
class Traits:
    """How a data set behaves from one pass to the next.

    Args:
        reshuffles: Boolean, whether the order may change between passes.
        generated: Boolean, whether elements come from Python code, of which
            nothing can be known.
        random: Boolean, whether its functions draw random numbers or call
            Python: augmentation, as a rule.
        draws: Boolean, whether they draw from a state, so that each
            repetition of an element becomes another one, even if a global
            seed makes every pass the same.
        repeats: Boolean, whether elements come more than once.
        in_memory: Boolean, whether elements lie in memory as they come.
        one_pass: Tuple `(count, unit)` with the unit `"elements"` or
            `"batches"`, how much comes before the first repetition, or `None`
            when that can't be known.
    """

    reshuffles: bool
    generated: bool
    random: bool
    draws: bool
    repeats: bool
    in_memory: bool
    one_pass: tuple[int, str] | None


def traits(dataset: Dataset) -> Traits:
    """Reads the `Traits` of a data set from its graph, without running it.

    TensorFlow has no public way to ask: a data set that lacks the private
    names counts as plain. What matters most is also measured, by comparing
    two passes (`reading.py`).
    """
    nodes = _nodes(dataset)
    operations = set().union(*map(_operations, nodes))
    return Traits(
        reshuffles=(
            dataset.options().deterministic is False
            or any(map(_reshuffles, nodes))
            or any("Shuffle" in name for name in operations)
        ),
        generated="GeneratorDataset" in operations,
        random=any("Random" in name or "PyFunc" in name for name in operations),
        draws=any(
            "Random" in name and "Stateless" not in name for name in operations
        ),
        repeats=(
            any(map(_repeats, nodes))
            or any("RepeatDataset" in name for name in operations)
        ),
        in_memory=_in_memory(dataset),
        one_pass=_one_pass(dataset),
    )


def _nodes(dataset):
    nodes = [dataset]
    for node in nodes:
        nodes.extend(private_api.dataset_inputs(node))
    return nodes


def _type_name(node):
    return type(node).__name__.strip("_")


def _reshuffles(node):
    if private_api.is_nondeterministic(node):
        return True
    again = private_api.reshuffles_each_iteration(node)
    return "Shuffle" in _type_name(node) and again


def _repeats(node):
    if _type_name(node) != "RepeatDataset":
        return False
    return private_api.repeat_count(node) != 1


def _in_memory(node):
    while _type_name(node) in _PASSES_ON:
        (node,) = private_api.dataset_inputs(node)
    return _type_name(node) in ("CacheDataset", "TensorSliceDataset")


def _operations(node):
    """Names of the operations in a node's functions and in what they call."""
    names = set()
    for function in private_api.dataset_functions(node):
        graph = function.function.graph.as_graph_def()
        names.update(operation.op for operation in graph.node)
        for inner in graph.library.function:
            names.update(operation.op for operation in inner.node_def)
    return names


def _one_pass(dataset):
    """Walks from the end to the first `repeat`, noting a `batch` after it."""
    node, unit = dataset, "batches"
    while not _repeats(node):
        if _type_name(node) not in _KEEPS_COUNT:
            return None
        if "Batch" in _type_name(node):
            unit = "elements"
        (node,) = private_api.dataset_inputs(node)
    count = int(private_api.dataset_inputs(node)[0].cardinality())
    return (count, unit) if count >= 0 else None
