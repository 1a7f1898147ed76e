"""Milliseconds of primitives and networks, each as a LiteRT file."""

import dataclasses
import pathlib
import tempfile
import types

import keras
import numpy as np
import tensorflow as tf

from keras_darts.export.litert_converter import convert
from keras_darts.export.serving import ENDPOINT
from keras_darts.export.serving import Endpoint
from keras_darts.export.serving import write_archive
from keras_darts.primitives import Identity
from keras_darts.primitives import build_layer
from keras_darts.primitives import make_primitive
from keras_darts.runtimes import litert_rounds
from keras_darts.runtimes.machine import machine
from keras_darts.search_spaces import CostTable
from keras_darts.search_spaces.cost_table import key
from keras_darts.search_spaces.cost_table import places
from keras_darts.strategies.discretizers import WithinTarget

_NO_LAYERS = types.SimpleNamespace(layers=())


class Latencies:
    """Measures a `CostTable` of latencies.

    Args:
        space: Search space of images.
        cells: `PlacedCell`s of the network.
        network: Function from a genotype to a `keras.Model`.
        num_threads: Integer, those of the runtime.
        progress: Function of the steps that are done and of their number, or
            `None`.
    """

    def __init__(self, space, cells, network, num_threads, progress):
        self.runtime = litert_rounds.runtime()
        self.space = space
        self.cells = cells
        self.network = network
        self.num_threads = num_threads
        self._progress = progress or _nothing
        self._done = self._total = 0

    def table(self, num_networks, rounds, seed):
        """The table, after so many networks and rounds."""
        found = places(self.space, self.cells)
        self._total = len(found) + num_networks + 2 * rounds
        layers = {key(*place): primitive(*place) for place in found}
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
            kind: np.ones((len(spec.edges), spec.num_candidates))
            for kind, spec in self.space.cells.items()
        }
        ends = [
            WithinTarget(draft, bound, tolerance=1e-3)(self.space, equal, {})
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
        lowest = litert_rounds.lowest_medians(
            list(files.values()), self.num_threads, rounds, self._step
        )
        found = dict(zip(files, lowest, strict=True))
        return {name: found.get(name, 0.0) for name in models}

    def _step(self):
        self._done += 1
        self._progress(min(self._done, self._total), self._total)


def primitive(name, filters, stride, sides):
    """A primitive as a model on one image, or the `Identity` that it is."""
    layer = make_primitive(name, filters, stride=stride)
    build_layer(layer, (None, *sides, filters))
    if isinstance(layer, Identity):
        return layer
    image = keras.Input((*sides, filters))
    return keras.Model(image, layer(image))


def converted(model):
    """The bytes of a LiteRT file of a model, for one input at a time."""

    def serve(image):
        return {"output": model(image, training=False)}

    image = tf.TensorSpec((1, *model.input_shape[1:]), "float32", "image")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "saved_model"
        endpoints = {ENDPOINT: Endpoint(serve, (image,))}
        write_archive(_NO_LAYERS, endpoints, path)
        return convert(path, ENDPOINT, None, None)


def line(sums, measured):
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
