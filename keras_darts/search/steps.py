"""The steps of a search, in replica context, and measures of its supernet."""

from __future__ import annotations

import math
from collections.abc import Callable
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_darts import analysis
from keras_darts.distributed.devices import mean_over_replicas
from keras_darts.distributed.devices import per_replica
from keras_darts.distributed.devices import sum_over_replicas
from keras_darts.search.bilevel_problem import CLASSES
from keras_darts.search.bilevel_problem import accuracy
from keras_darts.search.bilevel_problem import random_states
from keras_darts.search.mixed_precision import finite_or
from keras_darts.supernet import arch_parameters
from keras_darts.supernet import packed
from keras_darts.supernet import unpacked
from keras_darts.training import clip_gradients
from keras_darts.utils import private_api
from keras_darts.utils.tf_config import grappler

if TYPE_CHECKING:
    from keras_darts.relaxations.problem import LossAndGradients
    from keras_darts.search.darts_search import DartsSearch


def train_step(
    search: DartsSearch, train_batch: Any, valid_batch: Any
) -> dict[str, Any]:
    """Moves the architecture, then the weights; returns the logs."""
    streams, recipe = search.streams, search.recipe
    optimizer = search.optimizer
    with search.task_adapter.step_scope(train_batch, optimizer, recipe):
        train_batch = streams.resume(train_batch, "train")
        valid_batch = streams.resume(valid_batch, "search")
        if not search.arch_frozen:
            searched = arch_step(search, train_batch, valid_batch)
            streams.keep(searched.outputs, "search")
        trained = weight_step(search, train_batch)
        streams.keep(trained.outputs, "train")
    logs = _logs(search, train_batch, trained.outputs, trained.loss)
    if search.arch_frozen:
        logs.pop("arch_loss", None)
    return logs


def test_step(search: DartsSearch, batch: Any) -> dict[str, Any]:
    """Moves nothing; returns the logs."""
    batch = search.streams.resume(batch, "evaluation")
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
    outputs = search.forward(x, training=False)
    search.streams.keep(outputs, "evaluation")
    logits = search.task_adapter.logits(outputs)
    loss = search.compute_loss(x, y, logits, sample_weight, training=False)
    logs = _logs(search, batch, outputs, loss)
    return {k: v for k, v in logs.items() if k != "arch_loss"}


def _logs(search, batch, outputs, loss):
    """The metrics, with what a batch adds to them."""
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
    private_api.loss_tracker(search).update_state(
        loss * search.distribute_strategy.num_replicas_in_sync,
        sample_weight=tf.size(y),
    )
    logits = search.task_adapter.logits(outputs)
    logs = search.compute_metrics(x, y, logits, sample_weight)
    return {**logs, **search.task_adapter.log_metrics(logs)}


def arch_loss_and_gradients(
    search: DartsSearch, train_batch: Any, valid_batch: Any
) -> tuple[Any, Sequence[tf.Tensor]]:
    """What the search loss was, and the gradients of alphas and betas."""
    result, gradients = search.strategy.architect.gradients(
        search.problem, train_batch, valid_batch
    )
    terms = arch_parameters.regularizer_gradients(
        search.supernet, search.strategy.regularizers, gradients
    )
    return result, [g + t for g, t in zip(gradients, terms, strict=True)]


def arch_step(search: DartsSearch, train_batch: Any, valid_batch: Any) -> Any:
    """Moves the architecture, and nothing else; what the loss was."""
    result, gradients = arch_loss_and_gradients(
        search, train_batch, valid_batch
    )
    before = search.problem.arch_values()
    _apply(search, gradients, search.arch_variables, searching=True)
    _rescale(search.supernet.arch, before)
    search.strategy.architect.after_step(search.problem, result)
    search.arch_loss_tracker.update_state(result.loss * _num_replicas())
    return result


def weight_step(search: DartsSearch, batch: Any) -> LossAndGradients:
    """Moves the weights and the state of the layers.

    Returns:
        The `LossAndGradients` of the batch, from before the step.
    """
    problem = search.problem
    result = problem.gradients(
        batch,
        problem.weight_values(),
        problem.arch_values(),
        "weights",
        penalized=True,
        mixing=search.strategy.relaxation.perturb(problem, batch),
    )
    gradients = problem.for_variables(result.weights)
    _apply(search, gradients, search.weight_variables, searching=False)
    state = search.supernet.non_trainable_variables
    values = mean_over_replicas(result.state)
    if search.loss_scaling.enabled:
        # Where the weights' step is left out, their layers stay as well.
        values = finite_or(result.weights, values, state)
    for variable, value in zip(state, values, strict=True):
        variable.assign(value)
    return result


def _rescale(arch, before):
    """Lets the relaxation shift the logits that a step has moved."""
    # Betas, which come after all alphas, stay as they are.
    for variable, value in zip(arch.alphas.values(), before, strict=False):
        after = tf.convert_to_tensor(variable)
        rescaled = arch.relaxation.rescale_logits(value, after)
        if rescaled is not after:
            variable.assign(rescaled)


def gradient_function(search: DartsSearch) -> Callable[..., Any]:
    """`arch_loss_and_gradients` for global batches, called from outside."""
    strategy = search.distribute_strategy

    def gradients(*batches):
        def on_replica(train_batch, valid_batch):
            with search.task_adapter.step_scope(
                train_batch, search.optimizer, search.recipe
            ):
                # From a text's beginning: no state is read or kept.
                begin = search.streams.begin
                _, result = arch_loss_and_gradients(
                    search, begin(train_batch), begin(valid_batch)
                )
            return result

        parts = [per_replica(strategy, batch) for batch in batches]
        result = strategy.run(on_replica, parts)
        return [
            tf.cast(strategy.experimental_local_results(g)[0], "float32")
            for g in result
        ]

    return gradients if search.run_eagerly else tf.function(gradients)


def curvature_function(search: DartsSearch) -> Callable[..., Any]:
    """`search.problem.arch_hvp` for a global batch and a vector."""
    strategy = search.distribute_strategy

    def product(batch, vector):
        def on_replica(batch, vector):
            problem = search.problem
            products = problem.arch_hvp(
                search.streams.begin(batch),
                problem.weight_values(),
                problem.arch_values(),
                unpacked([vector], search.arch_variables),
            )
            return packed(products)

        parts = per_replica(strategy, batch)
        (result,) = strategy.run(on_replica, (parts, vector))
        return strategy.experimental_local_results(result)[0]

    return product if search.run_eagerly else tf.function(product)


def _num_replicas():
    return tf.distribute.get_strategy().num_replicas_in_sync


def _apply(search, gradients, variables, searching):
    """One step with gradients that are already summed over replicas."""
    optimizer = search.arch_optimizer if searching else search.optimizer
    replicas = _num_replicas()
    if replicas > 1:
        # The optimizer would clip each replica's share of the sum that it
        # makes once more.
        gradients = [g / replicas for g in clip_gradients(optimizer, gradients)]
    search.loss_scaling.apply(gradients, variables, searching)


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
