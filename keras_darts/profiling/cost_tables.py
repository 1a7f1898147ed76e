"""Cost tables of a search space, measured on this machine."""

from __future__ import annotations

import dataclasses
import pathlib
import tempfile
import types
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from keras_darts import search_spaces
from keras_darts.analysis import count_macs
from keras_darts.analysis import count_parameters
from keras_darts.discretizers import CostConstrained
from keras_darts.export.litert_converter import convert
from keras_darts.export.signatures import ENDPOINT
from keras_darts.export.signatures import Endpoint
from keras_darts.export.signatures import write_archive
from keras_darts.networks import network_for
from keras_darts.primitives import Identity
from keras_darts.primitives import build_layer
from keras_darts.primitives import make_primitive
from keras_darts.runtimes import litert
from keras_darts.runtimes.timing import machine
from keras_darts.search_spaces import CellInstance
from keras_darts.search_spaces import CostTable
from keras_darts.search_spaces.cost_table import MEASURES
from keras_darts.search_spaces.cost_table import key
from keras_darts.search_spaces.cost_table import places
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.errors import unknown_name
from keras_darts.utils.private_api import seeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence
    from typing import Any

    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.search_spaces.search_space import NasBench201Space
    from keras_darts.search_spaces.search_space import SearchSpace

_NO_LAYERS = types.SimpleNamespace(layers=())


class Latencies:
    """Measures a `CostTable` of latencies.

    Args:
        space: Search space of images.
        cells: `CellInstance`s of the network.
        network: Function from a genotype to a `keras.Model`.
        num_threads: Integer, those of the runtime.
        progress: Function of the steps that are done and of their number, or
            `None`.
    """

    def __init__(
        self,
        space: SearchSpace | NasBench201Space,
        cells: Sequence[CellInstance],
        network: Callable[[BaseGenotype], keras.Model],
        num_threads: int,
        progress: Callable[[int, int], Any] | None,
    ) -> None:
        self.runtime: str = litert.runtime()
        self.space = space
        self.cells = cells
        self.network = network
        self.num_threads = num_threads
        self._progress = progress or _nothing
        self._done = self._total = 0

    def table(self, num_networks: int, rounds: int, seed: int) -> CostTable:
        """The table, after so many networks and rounds."""
        needed = places(self.space, self.cells)
        self._total = len(needed) + num_networks + 2 * rounds
        layers = {key(*place): primitive(*place) for place in needed}
        costs = self._measured(layers, rounds)
        draft = CostTable(measure="latency", cells=self.cells, costs=costs)
        genotypes = self._genotypes(draft, num_networks, seed)
        networks = {g.to_text(): self.network(g) for g in genotypes}
        measured = self._measured(networks, rounds)
        fixed, scale = line(
            [draft.predict(genotype) for genotype in genotypes],
            list(measured.values()),
        )
        facts = {
            "machine": machine(),
            "runtime": self.runtime,
            "num_threads": self.num_threads,
            "rounds": rounds,
            "networks": measured,
        }
        return dataclasses.replace(draft, fixed=fixed, scale=scale, facts=facts)

    def _genotypes(self, draft, count, seed):
        """The fastest and the slowest by the draft, and random ones."""
        equal = {
            cell_type: np.ones((len(spec.edges), spec.num_candidates))
            for cell_type, spec in self.space.cells.items()
        }
        ends = [
            CostConstrained(draft, bound, tolerance=1e-3)(self.space, equal, {})
            for bound in draft.bounds(self.space)
            if bound > 0
        ]
        drawn = [self.space.random_genotype(seed + i) for i in range(count)]
        return list(dict.fromkeys([*ends, *drawn]))[:count]

    def _measured(self, models, rounds):
        """The milliseconds of each model; of an identity, none."""
        files = {}
        for name, model in models.items():
            if not isinstance(model, Identity):
                files[name] = converted(model)
            self._step()
        lowest = litert.interleaved_min_medians(
            list(files.values()), self.num_threads, rounds, self._step
        )
        times = dict(zip(files, lowest, strict=True))
        return {name: times.get(name, 0.0) for name in models}

    def _step(self):
        self._done += 1
        self._progress(min(self._done, self._total), self._total)


def primitive(
    name: str, filters: int, stride: int, sides: Sequence[int]
) -> keras.Model | keras.Layer:
    """A primitive as a model on one image, or the `Identity` that it is."""
    layer = make_primitive(name, filters, stride=stride)
    build_layer(layer, (None, *sides, filters))
    if isinstance(layer, Identity):
        return layer
    image = keras.Input((*sides, filters))
    return keras.Model(image, layer(image))


def converted(model: keras.Model) -> bytes:
    """The bytes of a LiteRT file of a model, for one input at a time."""

    def serve(image):
        return {"output": model(image, training=False)}

    image = tf.TensorSpec((1, *model.input_shape[1:]), "float32", "image")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "saved_model"
        endpoints = {ENDPOINT: Endpoint(serve, (image,))}
        write_archive(_NO_LAYERS, endpoints, path)
        return convert(path, ENDPOINT, None, None)


def line(
    sums: Sequence[float], measured: Sequence[float]
) -> tuple[float, float]:
    """`fixed` and `scale` of `measured = fixed + scale * sums`.

    The squares of the relative errors are least, of those lines that neither
    fall nor begin below zero.

    Example:

    >>> fixed, scale = line([1.0, 2.0, 4.0], [5.0, 7.0, 11.0])
    >>> round(fixed, 6), round(scale, 6)
    (3.0, 2.0)
    """
    sums, measured = np.asarray(sums), np.asarray(measured)
    columns = np.stack([np.ones_like(sums), sums], axis=1) / measured[:, None]
    ones = np.ones(len(sums))
    (fixed, scale), *_ = np.linalg.lstsq(columns, ones, rcond=None)
    if scale < 0:
        fixed, scale = np.mean(measured), 0.0
    if fixed < 0:
        fixed, scale = 0.0, columns[:, 1] @ ones / (columns[:, 1] ** 2).sum()
    return float(fixed), float(scale)


def _nothing(done, total):
    del done, total


def build_cost_table(
    search_space: SearchSpace | NasBench201Space | str,
    measure: str = "latency",
    *,
    filters: int = 36,
    num_cells: int = 20,
    input_shape: Sequence[int] = (32, 32, 3),
    num_classes: int = 10,
    num_threads: int = 1,
    num_networks: int = 8,
    rounds: int = 9,
    seed: int = 0,
    progress: Callable[[int, int], Any] | None = None,
) -> CostTable:
    """Measures what each primitive costs at each place in a network.

    For `"latency"`, each primitive is written as a LiteRT file of its own for
    one input of each shape that occurs, and so are some networks: the two that
    the primitives' times say to be fastest and slowest, and random ones. All
    of them run in turn, again and again, and of each the lowest median counts,
    so that other work on the machine disturbs little. A line through the
    networks' times gives the part that all of them share, and the factor by
    which primitives take longer or shorter within a network.

    Args:
        search_space: Name, `SearchSpace` of images or `NasBench201Space`.
        measure: `"latency"`, `"parameters"` or `"macs"`. Defaults to
            `"latency"`.
        filters: Integer, of the derived network. Defaults to `36`.
        num_cells: Integer, of the derived network, or of each of its stages.
            Defaults to `20`.
        input_shape: Tuple, height, width and channels. Defaults to
            `(32, 32, 3)`.
        num_classes: Integer. Defaults to `10`.
        num_threads: Integer, those of the runtime; for latency alone, as the
            next two. Defaults to `1`.
        num_networks: Integer > 2, the networks measured. Defaults to `8`.
        rounds: Integer, how often everything is measured. Defaults to `9`.
        seed: Integer, decides the random networks. Defaults to `0`.
        progress: Function of the steps that are done and the number that there
            will be. Defaults to `None`.

    Returns:
        A `kd.CostTable`.

    Raises:
        ValueError: for a space whose candidates cost the same or whose
            networks take no images, and for numbers that make no sense.
        ImportError: for latency without the package that measures it.

    Example:

    >>> names = ("skip_connect", "max_pool_3x3")
    >>> space = kd.search_spaces.darts_cnn(num_nodes=1, primitives=names)
    >>> sizes = {"filters": 4, "num_cells": 2, "input_shape": (8, 8, 1)}
    >>> table = build_cost_table(space, "macs", **sizes)
    >>> round(table.predict(space.random_genotype(0)))
    24480
    """
    space = _of_images(search_spaces.get(search_space))
    if measure not in MEASURES:
        raise unknown_name("measure", measure, MEASURES)
    sizes = {"filters": filters, "num_cells": num_cells}
    numbers = {**sizes, "num_threads": num_threads, "rounds": rounds}
    for name, number in numbers.items():
        positive_integer(name, number)
    if positive_integer("num_networks", num_networks) < 3:
        raise ValueError(
            "`num_networks` must be 3 or more. Received: "
            f"num_networks={num_networks}"
        )

    def network(genotype):
        return network_for(
            genotype, num_classes, tuple(input_shape), auxiliary=False, **sizes
        )

    with seeded(seed):
        cells = placed_cells(network(space.random_genotype(seed)))
        if measure == "latency":
            measured = Latencies(space, cells, network, num_threads, progress)
            return measured.table(num_networks, rounds, seed)
        return _counted(space, cells, network, measure, seed)


def placed_cells(network: keras.Model) -> tuple[CellInstance, ...]:
    """The `CellInstance`s of a derived network of images."""
    sides = network.input_shape[1:3]
    if hasattr(network, "blocks"):
        return _of_stages(network, sides)
    for layer in network.stem:
        sides = tuple(side // layer.stride for side in sides)
    cells = []
    for cell in network.cells:
        cell_type = "reduce" if cell.reduction else "normal"
        cells.append(CellInstance(cell_type, cell.filters, sides))
        if cell.reduction:
            sides = tuple(side // 2 for side in sides)
    return tuple(cells)


def _of_stages(network, sides):
    """Three stages of equal cells, each on half the sides of the last."""
    return tuple(
        CellInstance(
            "cell",
            network.filters * 2**stage,
            tuple(side // 2**stage for side in sides),
        )
        for stage in range(3)
        for _ in range(network.num_cells)
    )


def _counted(space, cells, network, measure, seed):
    """The table of what is counted and adds up."""
    count = {"parameters": count_parameters, "macs": _macs}[measure]

    def cost(place):
        model = primitive(*place)
        return 0 if isinstance(model, Identity) else count(model)

    costs = {key(*place): cost(place) for place in places(space, cells)}
    draft = CostTable(measure=measure, cells=cells, costs=costs)
    genotype = space.random_genotype(seed)
    rest = count(network(genotype)) - draft.predict(genotype)
    return CostTable(measure=measure, cells=cells, costs=costs, fixed=rest)


def _macs(model):
    return count_macs(model, model.input_shape[1:])


def _of_images(space):
    if getattr(space, "task", None) != "image_classification":
        raise ValueError(
            "`search_space` must be one for images: the candidates of a "
            "recurrent cell cost the same, and what cells along time cost "
            "hangs on the length of each text. Received: a search space of "
            f"{space.task}"
        )
    return space
