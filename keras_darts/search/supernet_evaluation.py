"""Measures of the present supernet: its loss on batches, its curvature."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_darts import analysis
from keras_darts.distributed.replicas import per_replica
from keras_darts.distributed.replicas import sum_over_replicas
from keras_darts.search.bilevel_problem import CLASSES
from keras_darts.search.bilevel_problem import accuracy
from keras_darts.search.bilevel_problem import random_states
from keras_darts.utils.tf_config import grappler

if TYPE_CHECKING:
    from keras_darts.search.darts_search import DartsSearch


class SupernetEvaluator:
    """Loss and accuracy of a search, in training mode; no state is moved.

    Normalisations use the statistics of the batch, and random numbers are the
    same in each call. The accuracy is zero where labels are no classes.

    Args:
        search: A `DartsSearch` that is compiled and built.
        batches: Function of an epoch and a number or `None`, returns batches of
            the search part, the same ones in each call.
    """

    def __init__(
        self, search: DartsSearch, batches: Callable[..., Any]
    ) -> None:
        self._search = search
        self._batches = batches
        self._function = self._measure
        if not search.run_eagerly:
            self._function = tf.function(self._measure, autograph=False)

    def __call__(self, epoch: int, count: int | None = None) -> Any:
        """The means over the batches of an epoch, or over some of them."""
        result = [
            [float(figure) for figure in self._function(batch)]
            for batch in self._batches(epoch, count)
        ]
        return tuple(
            sum(figures) / len(result) for figures in zip(*result, strict=True)
        )

    def _measure(self, batch):
        strategy = self._search.distribute_strategy
        parts = per_replica(strategy, batch)
        figures = strategy.run(self._on_replica, (parts,))
        return [strategy.experimental_local_results(f)[0] for f in figures]

    def _on_replica(self, batch):
        search = self._search
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        states = random_states(search.supernet, 0)
        with keras.StatelessScope(state_mapping=states):
            outputs = search.forward(x, training=True, wrt="arch")
            logits = search.task_adapter.logits(outputs)
            loss = search.compute_loss(x, y, logits, sample_weight)
        (loss,) = sum_over_replicas([loss])
        if search.task.label_type not in CLASSES:
            return loss, tf.zeros_like(loss)
        return loss, accuracy(batch, logits, search.task.label_type)


def largest_eigenvalue(
    search: DartsSearch, batch: Any, **options: Any
) -> float:
    """That of the Hessian of the search loss, as Robust DARTS measures it.

    The weight decay of the architecture's optimizer is part of the loss.

    Args:
        search: A `DartsSearch`.
        batch: Tuple (x, y) or (x, y, sample weight).
        **options: Of `analysis.largest_eigenvalue`.

    Reference: Zela et al., 2020, Understanding and robustifying
    differentiable architecture search, section 4.
    """
    size = sum(math.prod(v.shape) for v in search.arch_variables)
    product = search.hessian_product(batch)
    value = analysis.largest_eigenvalue(product, size, **options)
    return value + (search.arch_optimizer.weight_decay or 0.0)


def as_arrays(
    search: DartsSearch, function: Callable[..., Any], batch: Any
) -> Callable[[np.ndarray], np.ndarray]:
    """`function(batch, vector)` for a batch, from vector to vector."""
    batch = tf.nest.map_structure(tf.convert_to_tensor, tuple(batch))
    dtype = search.arch_variables[0].dtype

    def product(vector):
        vector = tf.convert_to_tensor(np.asarray(vector), dtype)
        with grappler(search.grappler):
            return function(batch, vector).numpy()

    return product
