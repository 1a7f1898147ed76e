"""The losses of a search as functions of weights and architecture.

This is what architects see of a search: gradients at any point, which leave
the variables, the normalisations' statistics and the random state as they
are. Each kind of gradient is traced once and called wherever it is needed.

Weights and their gradients are packed into a vector: architects do arithmetic
with all of them, which is one operation instead of one for each variable.
"""

import typing

import keras
import tensorflow as tf

from keras_darts.search.coming_step import coming_step
from keras_darts.supernet import packed
from keras_darts.supernet import unpacked


class Evaluation(typing.NamedTuple):
    """A loss and what came with it.

    Gradients that were not asked for are empty lists, and those of the weights
    are packed; `state` holds the new values of
    `search.supernet.non_trainable_variables`.
    """

    loss: object
    weights: list
    arch: list
    outputs: object
    state: list


class SearchProblem:
    """Loss and gradients of a `DartsSearch`, in replica context.

    Args:
        search: A compiled `DartsSearch`.
    """

    def __init__(self, search):
        self._search = search
        self._functions = {}

    @property
    def unroll_clip_norm(self):
        """The recipe's bound on norms inside the coming step, or `None`."""
        return self._search.recipe.unroll_clip_norm

    def weight_values(self):
        """The present weights, packed."""
        return packed(self._search.weight_variables)

    def for_variables(self, weights):
        """What is packed, in the shapes of `search.weight_variables`."""
        return unpacked(weights, self._search.weight_variables)

    def arch_values(self):
        """The present alphas and betas, as tensors."""
        return [tf.convert_to_tensor(v) for v in self._search.arch_variables]

    def step_size(self):
        """The learning rate of the coming step of the weights."""
        # A schedule computes in single precision.
        rate = self._search.optimizer.learning_rate
        return tf.cast(rate, self._search.arch_variables[0].dtype)

    def stepped(self, weights, gradients):
        """Where the weights' optimizer is about to move them."""
        return coming_step(self._search.optimizer, weights, gradients)

    def gradients(self, batch, weights, arch, wrt, penalized=False):
        """The loss on a batch and its gradients, summed over replicas.

        Args:
            batch: Tuple (x, y) or (x, y, sample weight).
            weights: Values for `search.weight_variables`, packed.
            arch: Values for `search.arch_variables`.
            wrt: `"weights"`, `"arch"` or `"both"`.
            penalized: Boolean, whether the gradients are those of the loss
                with the penalties of a step of the weights. Defaults to
                `False`.
        """
        modality = self._search.modality
        penalized = penalized and modality.penalizes
        traced = "both" if modality.gradients_together else wrt
        traced = "arch" if wrt == "arch" else traced
        evaluate = self._function(
            f"evaluate_{traced}_{penalized}", self._evaluate, traced, penalized
        )
        found = Evaluation(*evaluate(batch, weights, arch))
        return found._replace(
            weights=sum_over_replicas(found.weights),
            arch=sum_over_replicas(found.arch if wrt != "weights" else []),
        )

    def mixed_product(self, batch, weights, arch, vector):
        """The second derivative of the loss, (d2 L/da dw) applied to v."""
        product = self._function("mixed_product", self._product, "weights")
        return sum_over_replicas(product(batch, weights, arch, vector))

    def arch_product(self, batch, weights, arch, vector):
        """The second derivative of the loss, (d2 L/da2) applied to v."""
        product = self._function("arch_product", self._product, "arch")
        return sum_over_replicas(product(batch, weights, arch, vector))

    def _function(self, name, python_function, *arguments):
        if not tf.inside_function():
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

    def _evaluate(self, batch, weights, arch, wrt, penalized):
        groups = {
            "weights": weights if wrt != "arch" else [],
            "arch": arch if wrt != "weights" else [],
        }
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(groups)
            loss, outputs, state = self._loss_at(batch, weights, arch, wrt)
            penalty = self._penalty(outputs) if penalized else 0.0
            total = loss + tf.cast(penalty, loss.dtype)
        found = tape.gradient(
            total, groups, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return loss, found["weights"], found["arch"], outputs, state

    def _product(self, batch, weights, arch, vector, wrt):
        inside = {"weights": weights, "arch": arch}[wrt]
        with tf.GradientTape(watch_accessed_variables=False) as outer:
            outer.watch(arch)
            with tf.GradientTape(watch_accessed_variables=False) as inner:
                inner.watch(inside)
                loss, _, _ = self._loss_at(batch, weights, arch)
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

    def _loss_at(self, batch, weights, arch, wrt="both"):
        search = self._search
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        variables = [*search.weight_variables, *search.arch_variables]
        values = [*self.for_variables(weights), *arch]
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            outputs = search.forward(x, training=True, wrt=wrt)
            logits = search.modality.logits(outputs)
            loss = search.compute_loss(x, y, logits, sample_weight)
        state = [
            _current(scope, variable)
            for variable in search.supernet.non_trainable_variables
        ]
        return loss, outputs, state

    def _penalty(self, outputs):
        # Like the loss, of this replica's share.
        penalty = self._search.modality.penalty(outputs)
        return penalty / tf.distribute.get_strategy().num_replicas_in_sync


def sum_over_replicas(tensors):
    """All-reduced sums; the tensors themselves on a single device."""
    context = tf.distribute.get_replica_context()
    if not tensors or context is None or context.num_replicas_in_sync == 1:
        return tensors
    return context.all_reduce(tf.distribute.ReduceOp.SUM, tensors)


def _current(scope, variable):
    value = scope.get_current_value(variable)
    return variable.value if value is None else value
