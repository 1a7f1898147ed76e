"""The losses of a search as functions of weights and architecture.

This is what architects see of a search: gradients at any point, which leave
the variables, the normalisations' statistics and the random state as they
are. Each kind of gradient is traced once and called wherever it is needed.

Weights and their gradients are packed into a vector: architects do arithmetic
with all of them, which is one operation instead of one for each variable.
"""

import keras
import tensorflow as tf

from keras_darts.search.coming_step import coming_step
from keras_darts.search.evaluation import Evaluation
from keras_darts.search.evaluation import Setting
from keras_darts.search.loss_scaling import scaled
from keras_darts.search.loss_scaling import unscaled
from keras_darts.search.micro_batches import in_parts
from keras_darts.search.precision import full_precision
from keras_darts.search.precision import is_mixed
from keras_darts.search.product_problem import ProductProblem
from keras_darts.search.random_streams import random_states
from keras_darts.search.replicas import replicas_meet
from keras_darts.search.replicas import sum_over_replicas
from keras_darts.supernet import packed
from keras_darts.supernet import unpacked


class SearchProblem(ProductProblem):
    """Loss and gradients of a `DartsSearch`, in replica context.

    Args:
        search: A compiled `DartsSearch`.
    """

    def __init__(self, search):
        super().__init__(search)
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

    def mixing(self):
        """The mixing weights of each kind of cell, without any chance."""
        found = self._search.supernet.arch(training=False)
        return {kind: mixing.weights for kind, mixing in found.items()}

    def gradients(
        self,
        batch,
        weights,
        arch,
        wrt,
        *,
        penalized=False,
        searching=False,
        mixing=None,
        drawn=None,
        training=True,
        full_precision=False,
    ):
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
            mixing: Dictionary from the kind of a cell to mixing weights that
                take the place of those of the architecture. Defaults to
                `None`.
            drawn: The same of the candidates that then run. Defaults to
                `None`: all.
            training: Boolean, the mode of the layers. Defaults to `True`.
            full_precision: Boolean, whether layers of a mixed precision
                compute in full one. Defaults to `False`.
        """
        modality, arch_layer = self._search.modality, self._search.supernet.arch
        together = modality.gradients_together and wrt == "weights"
        setting = Setting(
            wrt="both" if together else wrt,
            penalized=penalized and modality.penalizes,
            searching=searching and arch_layer.draws,
            training=training,
            full_precision=full_precision and is_mixed(self._search),
        )
        scale = None
        if not setting.full_precision:
            scale = self._search.loss_scaling.scale(searching)
        evaluate = self._function(setting, self._evaluate, setting)
        given = (mixing or {}, drawn or {})
        others = (given, tf.constant(int(searching)), scale)
        found = in_parts(
            lambda part, state: Evaluation(
                *evaluate(part, weights, arch, *others, state)
            ),
            batch,
            self._search.accumulation_steps,
        )
        return found._replace(
            weights=sum_over_replicas(found.weights),
            arch=sum_over_replicas(found.arch if wrt != "weights" else []),
            mixing=sum_over_replicas(found.mixing),
        )

    def total(self, loss):
        """The sum of a loss over replicas."""
        return sum_over_replicas([loss])[0]

    def _function(self, name, python_function, *arguments):
        if not tf.inside_function() or replicas_meet(self._search):
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
        self, batch, weights, arch, given, searching, scale, state, setting
    ):
        wrt, (mixing, _) = setting.wrt, given
        groups = {
            "weights": weights if wrt in ("weights", "both") else [],
            "arch": arch if wrt in ("arch", "both") else [],
            "mixing": mixing if wrt == "mixing" else {},
        }
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(groups)
            loss, outputs, state = self._loss_at(
                batch, weights, arch, setting, given, searching, state
            )
            penalty = self._penalty(outputs) if setting.penalized else 0.0
            total = scaled(loss + tf.cast(penalty, loss.dtype), scale)
        found = groups
        if wrt != "nothing":
            found = tape.gradient(
                total,
                groups,
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            found = unscaled(found, scale)
        return (
            loss,
            found["weights"],
            found["arch"],
            outputs,
            state,
            found["mixing"],
        )

    def _loss_at(
        self,
        batch,
        weights,
        arch,
        setting,
        given=(None, None),
        searching=0,
        state=None,
    ):
        search, (mixing, drawn) = self._search, given
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
                searching=setting.searching, weights=mixing, drawn=drawn
            ),
        ):
            # Weights without gradient are not prepared for one.
            frozen = setting.wrt in ("mixing", "nothing")
            outputs = search.forward(
                x,
                training=setting.training,
                wrt="arch" if frozen else setting.wrt,
            )
            logits = search.modality.logits(outputs)
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
        penalty = self._search.modality.penalty(outputs)
        return penalty / tf.distribute.get_strategy().num_replicas_in_sync


def _current(scope, variable):
    value = scope.get_current_value(variable)
    return variable.value if value is None else value
