"""The losses of a search and their derivatives, as functions.

This is what architects see of a search: gradients at any point, which leave
the variables, the normalisations' statistics and the random state as they
are. Each kind of gradient is traced once and called wherever it is needed.

Weights and their gradients are packed into a vector: architects do arithmetic
with all of them, which is one operation instead of one for each variable.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts.distributed.devices import needs_cross_replica_sync
from keras_darts.distributed.devices import per_replica
from keras_darts.distributed.devices import sum_over_replicas
from keras_darts.networks.gradient_accumulation import in_parts
from keras_darts.networks.gradient_accumulation import mean_of_parts
from keras_darts.relaxations.problem import LossAndGradients
from keras_darts.search.mixed_precision import full_precision
from keras_darts.search.mixed_precision import is_mixed
from keras_darts.search.mixed_precision import scaled
from keras_darts.search.mixed_precision import unscaled
from keras_darts.supernet import packed
from keras_darts.supernet import unpacked

if TYPE_CHECKING:
    from keras_darts.search.darts_search import DartsSearch


class TraceKey(typing.NamedTuple):
    """In what traces of an evaluation differ."""

    wrt: str
    penalized: bool = False
    searching: bool = False
    training: bool = True
    full_precision: bool = False


# The name that Keras gives to the state of each `SeedGenerator`.
_STATE = "seed_generator_state"
# Far from all seeds that are near one another; the count of draws stays.
_FAR = np.array([0x1E3779B9, 0])


def random_states(
    supernet: keras.Model, searching: bool
) -> list[tuple[Any, Any]]:
    """(variable, value) of what random numbers come from.

    The step of the architecture moves no state, so that the step of the
    weights after it would draw the same numbers once more.

    Args:
        supernet: Keras model.
        searching: Scalar, 1 in a step of the architecture and otherwise 0.
    """
    return [
        (variable, variable + ops.cast(searching * _FAR, variable.dtype))
        for variable in supernet.non_trainable_variables
        if variable.name.endswith(_STATE)
    ]


# What ENAS divides by the perplexity of a language model.
_BY_PERPLEXITY = 80.0
# The label types that are classes.
CLASSES: tuple[str, ...] = ("sparse", "one_hot")


def reward(
    search: DartsSearch, batch: Any, result: LossAndGradients
) -> tf.Tensor:
    """A number that is larger the better, of the batch on all replicas.

    - For classes the accuracy, by sample weight where there are any.
    - For language 80 / perplexity.
    - For other tasks, several labels at once and regression, exp(-loss): at
      most one where no loss is negative, and of the order of the losses.

    Args:
        search: `DartsSearch`.
        batch: Tuple (x, y) or (x, y, sample weight).
        result: `LossAndGradients` of the batch.

    Reference: Pham et al., 2018, Efficient neural architecture search via
    parameter sharing, section 2.2, for the first two.
    """
    label_type = search.task.label_type
    if label_type in CLASSES:
        logits = search.task_adapter.logits(result.outputs)
        return accuracy(batch, logits, label_type)
    scale = _BY_PERPLEXITY if label_type == "next_token" else 1.0
    return scale * tf.exp(-sum_over_replicas([result.loss])[0])


def accuracy(batch: Any, logits: tf.Tensor, label_type: str) -> tf.Tensor:
    """That of the batch on all replicas, by sample weight if there is any.

    Args:
        batch: Tuple (x, y) or (x, y, sample weight).
        logits: (B, classes).
        label_type: String, one of `CLASSES`.
    """
    _, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
    guessed = tf.argmax(logits, axis=-1, output_type="int32")
    labels = tf.argmax(y, axis=-1) if label_type == "one_hot" else y
    labels = tf.cast(tf.reshape(labels, (-1,)), "int32")
    right = tf.cast(guessed == labels, logits.dtype)
    if weight is None:
        weight = tf.ones_like(right)
    weight = tf.cast(tf.reshape(weight, (-1,)), right.dtype)
    sums = [tf.reduce_sum(right * weight), tf.reduce_sum(weight)]
    return tf.math.divide_no_nan(*sum_over_replicas(sums))


def virtual_step(
    optimizer: keras.optimizers.Optimizer,
    weights: Any,
    gradients: Sequence[tf.Tensor],
) -> list[tf.Tensor]:
    """Where `optimizer` would move `weights` with these gradients.

    Args:
        optimizer: A built `keras.optimizers.SGD`.
        weights: The present values of its variables, packed.
        gradients: Their gradients, packed.

    Returns:
        The coming values, packed: momentum, weight decay and the current
        learning rate are those of the optimizer, clipping is left out.

    Raises:
        ValueError: if the optimizer is not SGD.

    Reference: the unrolled point of DARTS, equation 6, with the optimizer's
    momentum as in the published code.
    """
    if not isinstance(optimizer, keras.optimizers.SGD):
        raise ValueError(
            "`optimizer` must be SGD for an unrolled architect, which foresees "
            f"its coming step. Received: {type(optimizer).__name__}"
        )
    # Keras keeps the learning rate inside its momentum: v <- mu v - lr g.
    momentums = packed(optimizer.momentums) or [0.0] * len(weights)
    rate = optimizer.learning_rate
    decay = optimizer.weight_decay or 0.0
    return [
        w + _velocity(optimizer, m, ops.cast(rate, w.dtype) * (g + decay * w))
        for w, m, g in zip(weights, momentums, gradients, strict=True)
    ]


def _velocity(optimizer, momentum, step):
    velocity = optimizer.momentum * momentum - step
    if optimizer.nesterov and optimizer.momentum:
        return optimizer.momentum * velocity - step
    return velocity


class BilevelProblem:
    """Loss and gradients of a `DartsSearch`, in replica context.

    Where its relaxation is a `Policy`, architectures are sampled and judged
    too.

    Args:
        search: A compiled `DartsSearch`.
    """

    def __init__(self, search: DartsSearch) -> None:
        self._search = search
        self._functions = {}

    @property
    def unroll_clip_norm(self) -> float | None:
        """The recipe's bound on norms inside the coming step, or `None`."""
        return self._search.recipe.unroll_clip_norm

    def weight_values(self) -> list[tf.Tensor]:
        """The present weights, packed."""
        return packed(self._search.weight_variables)

    def for_variables(self, weights: Any) -> list[tf.Tensor]:
        """What is packed, in the shapes of `search.weight_variables`."""
        return unpacked(weights, self._search.weight_variables)

    def arch_values(self) -> list[tf.Tensor]:
        """The present alphas and betas, as tensors."""
        return [tf.convert_to_tensor(v) for v in self._search.arch_variables]

    def step_size(self) -> tf.Tensor:
        """The learning rate of the coming step of the weights."""
        # A schedule computes in single precision.
        rate = self._search.optimizer.learning_rate
        return tf.cast(rate, self._search.arch_variables[0].dtype)

    def stepped(
        self, weights: Any, gradients: Sequence[tf.Tensor]
    ) -> list[tf.Tensor]:
        """Where the weights' optimizer is about to move them."""
        return virtual_step(self._search.optimizer, weights, gradients)

    def mixing(self) -> dict[str, tf.Tensor]:
        """The mixing weights of each cell type, without any chance."""
        mixings = self._search.supernet.arch(training=False)
        return {
            cell_type: mixing.weights for cell_type, mixing in mixings.items()
        }

    def gradients(
        self,
        batch: Any,
        weights: Any,
        arch: Any,
        wrt: str,
        *,
        penalized: bool = False,
        searching: bool = False,
        mixing: Mapping[str, tf.Tensor] | None = None,
        sampled: Mapping[str, tf.Tensor] | None = None,
        training: bool = True,
        full_precision: bool = False,
    ) -> LossAndGradients:
        """The loss on a batch and its gradients, summed over replicas.

        Args:
            batch: Tuple (x, y) or (x, y, sample weight).
            weights: Values for `search.weight_variables`, packed.
            arch: Values for `search.arch_variables`.
            wrt: `"weights"`, `"arch"`, `"both"`, `"nothing"`, or `"mixing"`,
                which must be given then.
            penalized: Boolean, whether the gradients are those of the loss
                with the penalties of a step of the weights. Defaults to
                `False`.
            searching: Boolean, whether it is the search loss: its random
                numbers are others than those of the training loss. Defaults
                to `False`.
            mixing: Dictionary from cell types to mixing weights that
                take the place of those of the architecture. Defaults to
                `None`.
            sampled: The same of the candidates that then run. Defaults to
                `None`: all.
            training: Boolean, the mode of the layers. Defaults to `True`.
            full_precision: Boolean, whether layers of a mixed precision
                compute in full one. Defaults to `False`.
        """
        adapter, arch_layer = (
            self._search.task_adapter,
            self._search.supernet.arch,
        )
        together = adapter.gradients_together and wrt == "weights"
        setting = TraceKey(
            wrt="both" if together else wrt,
            penalized=penalized and adapter.penalizes,
            searching=searching and arch_layer.samples,
            training=training,
            full_precision=full_precision and is_mixed(self._search),
        )
        scale = None
        if not setting.full_precision:
            scale = self._search.loss_scaling.scale(searching)
        evaluate = self._function(setting, self._evaluate, setting)
        substituted = (mixing or {}, sampled or {})
        others = (substituted, tf.constant(int(searching)), scale)
        result = in_parts(
            lambda part, state: LossAndGradients(
                *evaluate(part, weights, arch, *others, state)
            ),
            batch,
            self._search.gradient_accumulation_steps,
        )
        return result._replace(
            weights=sum_over_replicas(result.weights),
            arch=sum_over_replicas(result.arch if wrt != "weights" else []),
            mixing=sum_over_replicas(result.mixing),
        )

    def total(self, loss: Any) -> tf.Tensor:
        """The sum of a loss over replicas."""
        return sum_over_replicas([loss])[0]

    def mixed_hvp(
        self, batch: Any, weights: Any, arch: Any, vector: Any
    ) -> list[tf.Tensor]:
        """The second derivative of the loss, (d2 L/da dw) applied to v."""
        product = self._function("mixed_hvp", self._product, "weights")
        return self._summed(product, batch, weights, arch, vector)

    def arch_hvp(
        self, batch: Any, weights: Any, arch: Any, vector: Any
    ) -> list[tf.Tensor]:
        """The second derivative of the loss, (d2 L/da2) applied to v."""
        product = self._function("arch_hvp", self._product, "arch")
        return self._summed(product, batch, weights, arch, vector)

    @property
    def policy(self) -> Any:
        """The relaxation, of which architectures are drawn."""
        return self._search.strategy.relaxation

    def sample(self, arch: Any, number: int = 1) -> Any:
        """A `Sample` of the policy, the same on all replicas.

        Args:
            arch: Values for `search.arch_variables`.
            number: Integer > 0; draws of one step that shall differ have
                different ones. Defaults to `1`.
        """
        search = self._search
        mapping = [
            *zip(search.arch_variables, arch, strict=True),
            *random_states(search.supernet, tf.cast(number, "int32")),
        ]
        with keras.StatelessScope(state_mapping=mapping):
            return self.policy.sample_architecture(
                search.supernet.arch.all_logits()
            )

    def judge(self, batch: Any, weights: Any, sampled: Any) -> Any:
        """Loss and reward of an architecture, without any gradient.

        Normalisations use the batch's statistics; there is no dropout where
        they do so outside of training too.

        Args:
            batch: Tuple (x, y) or (x, y, sample weight).
            weights: Of a `Sample`.
            sampled: Of the same.
        """
        result = self.gradients(
            batch,
            self.weight_values(),
            self.arch_values(),
            "nothing",
            searching=True,
            mixing=weights,
            sampled=sampled,
            training=self._search.task_adapter.judged_in_training,
        )
        return result._replace(reward=reward(self._search, batch, result))

    def samples(self, count: int, batches: Sequence[Any]) -> np.ndarray:
        """Draws architectures, and judges all of them on the same batches.

        It is called from outside of any step, and changes no state.

        Args:
            count: Integer.
            batches: List of global batches, in tuples.

        Returns:
            Arrays: the numbers of what was drawn by cell type, (count, E,
            1), and the mean rewards (count,).
        """
        sample, judge = (
            self._outside(f) for f in (self._sampled, self._judged)
        )
        parts = [
            per_replica(self._search.distribute_strategy, batch)
            for batch in batches
        ]
        samples, rewards = [], []
        for number in range(count):
            # A step's draws have the numbers from one on.
            weights, sampled = sample(tf.constant(count + number + 1))
            rewards.append(
                np.mean([judge(part, weights, sampled) for part in parts])
            )
            samples.append(
                {cell_type: np.array(d) for cell_type, d in sampled.items()}
            )
        sampled = {
            cell_type: np.stack([f[cell_type] for f in samples])
            for cell_type in samples[0]
        }
        return sampled, np.array(rewards)

    def _function(self, name, python_function, *arguments):
        if not tf.inside_function() or needs_cross_replica_sync(self._search):
            return lambda *a: python_function(*a, *arguments)
        if name not in self._functions:
            self._functions[name] = tf.function(
                lambda *a: python_function(*a, *arguments),
                autograph=False,
                reduce_retracing=True,
                # Called, not inlined, so that the activations of one
                # evaluation are freed before the next begins.
                experimental_attributes={"_noinline": True},
            )
        return self._functions[name]

    def _evaluate(
        self,
        batch,
        weights,
        arch,
        substituted,
        searching,
        scale,
        state,
        setting,
    ):
        wrt, (mixing, _) = setting.wrt, substituted
        groups = {
            "weights": weights if wrt in ("weights", "both") else [],
            "arch": arch if wrt in ("arch", "both") else [],
            "mixing": mixing if wrt == "mixing" else {},
        }
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(groups)
            loss, outputs, state = self._loss_at(
                batch, weights, arch, setting, substituted, searching, state
            )
            penalty = self._penalty(outputs) if setting.penalized else 0.0
            total = scaled(loss + tf.cast(penalty, loss.dtype), scale)
        gradients = groups
        if wrt != "nothing":
            gradients = tape.gradient(
                total,
                groups,
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            gradients = unscaled(gradients, scale)
        return (
            loss,
            gradients["weights"],
            gradients["arch"],
            outputs,
            state,
            gradients["mixing"],
        )

    def _loss_at(
        self,
        batch,
        weights,
        arch,
        setting,
        substituted=(None, None),
        searching=0,
        state=None,
    ):
        search, (mixing, sampled) = self._search, substituted
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        variables = [*search.weight_variables, *search.arch_variables]
        values = [*self.for_variables(weights), *arch]
        mapping = [
            *zip(variables, values, strict=True),
            *self._states(searching, state),
        ]
        with (
            full_precision(search.dtype_policy, setting.full_precision),
            keras.StatelessScope(state_mapping=mapping) as scope,
            search.supernet.arch.within(
                searching=setting.searching, weights=mixing, sampled=sampled
            ),
        ):
            # Weights without gradient are not prepared for one.
            frozen = setting.wrt in ("mixing", "nothing")
            outputs = search.forward(
                x,
                training=setting.training,
                wrt="arch" if frozen else setting.wrt,
            )
            logits = search.task_adapter.logits(outputs)
            loss = search.compute_loss(x, y, logits, sample_weight)
        state = [
            _current(scope, variable)
            for variable in search.supernet.non_trainable_variables
        ]
        return loss, outputs, state

    def _states(self, searching, state):
        """Where random numbers begin, or all that an earlier part has left."""
        supernet = self._search.supernet
        if state is None:
            return random_states(supernet, searching)
        return zip(supernet.non_trainable_variables, state, strict=True)

    def _penalty(self, outputs):
        # Like the loss, of this replica's share.
        adapter = self._search.task_adapter
        penalty = adapter.penalty(self._search.supernet, outputs)
        return penalty / tf.distribute.get_strategy().num_replicas_in_sync

    def _summed(self, product, batch, *point):
        steps = self._search.gradient_accumulation_steps
        return sum_over_replicas(
            mean_of_parts(lambda part: product(part, *point), batch, steps)
        )

    def _product(self, batch, weights, arch, vector, wrt):
        inside = {"weights": weights, "arch": arch}[wrt]
        with tf.GradientTape(watch_accessed_variables=False) as outer:
            outer.watch(arch)
            with tf.GradientTape(watch_accessed_variables=False) as inner:
                inner.watch(inside)
                loss, _, _ = self._loss_at(
                    batch,
                    weights,
                    arch,
                    TraceKey(
                        "arch" if wrt == "arch" else "both",
                        full_precision=True,
                    ),
                )
            gradients = inner.gradient(loss, inside)
            along = tf.add_n(
                [
                    tf.reduce_sum(g * tf.stop_gradient(v))
                    for g, v in zip(gradients, vector, strict=True)
                    if g is not None
                ]
            )
        return outer.gradient(
            along, arch, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )

    def _sampled(self, number):
        sample = self.sample(self.arch_values(), number)
        return sample.weights, sample.sampled

    def _judged(self, batch, weights, sampled):
        batch = self._search.streams.begin(batch)
        return self.judge(batch, weights, sampled).reward

    def _outside(self, on_replica):
        """The function on all replicas; what it returns is the same on them."""
        strategy = self._search.distribute_strategy

        def function(*arguments):
            result = strategy.run(on_replica, arguments)
            return tf.nest.map_structure(
                lambda value: strategy.experimental_local_results(value)[0],
                result,
            )

        if self._search.run_eagerly:
            return function
        return tf.function(function, autograph=False, reduce_retracing=True)


def _current(scope, variable):
    value = scope.get_current_value(variable)
    return variable.value if value is None else value
