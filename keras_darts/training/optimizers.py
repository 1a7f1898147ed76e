"""SGD and Adam with weight decay in the gradient, as PyTorch has them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import keras
import tensorflow as tf
from keras import ops

from keras_darts.utils import private_api

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def clip_gradients(
    optimizer: keras.optimizers.Optimizer, gradients: Sequence[tf.Tensor]
) -> Sequence[tf.Tensor]:
    """Gradients within the bound that a Keras optimizer was made with.

    Args:
        optimizer: `keras.optimizers.Optimizer`.
        gradients: List of tensors, those of the whole batch.

    Example:

    >>> optimizer = keras.optimizers.SGD(clipvalue=0.5)
    >>> [float(g) for g in clip_gradients(optimizer, [tf.constant(2.0)])]
    [0.5]
    """
    if optimizer.clipnorm:
        return [tf.clip_by_norm(g, optimizer.clipnorm) for g in gradients]
    if optimizer.global_clipnorm:
        bound = optimizer.global_clipnorm
        return tf.clip_by_global_norm(gradients, bound)[0]
    if optimizer.clipvalue:
        bound = optimizer.clipvalue
        return [tf.clip_by_value(g, -bound, bound) for g in gradients]
    return gradients


class _ClippedSums:
    """Clips the sum of the replicas' gradients, and not each part of it.

    Keras' optimizers clip first, so that the bound would grow with the number
    of devices.
    """

    def _clip_gradients(self, grads):
        if tf.distribute.get_strategy().num_replicas_in_sync > 1:
            return grads
        return super()._clip_gradients(grads)

    def _all_reduce_sum_gradients(self, grads_and_vars):
        pairs = super()._all_reduce_sum_gradients(grads_and_vars)
        if tf.distribute.get_strategy().num_replicas_in_sync == 1:
            return pairs
        gradients, variables = zip(*pairs, strict=True)
        return list(
            zip(clip_gradients(self, gradients), variables, strict=True)
        )


class _CoupledWeightDecay(_ClippedSums):
    """Adds `weight_decay` times the variable to its gradient.

    Keras' own weight decay shrinks the variable apart from the update, and so
    never enters the momentum or the moments.
    """

    def update_step(
        self,
        gradient: tf.Tensor,
        variable: keras.Variable,
        learning_rate: tf.Tensor,
    ) -> None:
        # Decay moves every row of an embedding: its sparse gradient ends here.
        gradient = tf.cast(tf.convert_to_tensor(gradient), variable.dtype)
        if self.weight_decay and private_api.is_decayed(self, variable):
            gradient = gradient + self.weight_decay * variable
        super().update_step(gradient, variable, learning_rate)

    def _apply_weight_decay(self, variables):
        """Nothing here: the decay is part of the gradient."""


class _FusedSGD(keras.optimizers.SGD):
    """Keras' SGD, whose step of a variable is a single operation.

    A network has hundreds of variables, and a graph takes long to make.
    """

    def update_step(
        self,
        gradient: tf.Tensor,
        variable: keras.Variable,
        learning_rate: tf.Tensor,
    ) -> None:
        if not self.momentum:
            return super().update_step(gradient, variable, learning_rate)
        momentum = self.momentums[private_api.variable_index(self, variable)]
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.handle,
            accum=momentum.value.handle,
            lr=ops.cast(learning_rate, variable.dtype),
            grad=gradient,
            momentum=ops.cast(self.momentum, variable.dtype),
            use_nesterov=self.nesterov,
        )


@keras.saving.register_keras_serializable(package="keras_darts")
class CoupledSGD(_CoupledWeightDecay, _FusedSGD):
    """Keras' SGD, with `weight_decay` as L2 in the gradient.

    Its arguments are those of `keras.optimizers.SGD`.

    Example:

    >>> weight = keras.Variable([1.0])
    >>> CoupledSGD(0.1, weight_decay=0.5).apply([np.zeros(1)], [weight])
    >>> round(float(weight[0]), 6)
    0.95

    Reference: the weight decay of `torch.optim.SGD`, which DARTS uses.
    """


class _TorchAdam(keras.optimizers.Adam):
    """Adam with epsilon added to the bias-corrected second moment."""

    def update_step(
        self,
        gradient: tf.Tensor,
        variable: keras.Variable,
        learning_rate: tf.Tensor,
    ) -> None:
        m, v = private_api.adam_moments(self, variable)
        step = ops.cast(self.iterations + 1, variable.dtype)
        self.assign(m, m + (gradient - m) * (1 - self.beta_1))
        self.assign(v, v + (ops.square(gradient) - v) * (1 - self.beta_2))
        unbiased_m = m / _one_minus_power(self.beta_1, step)
        unbiased_v = v / _one_minus_power(self.beta_2, step)
        step = unbiased_m / (ops.sqrt(unbiased_v) + self.epsilon)
        rate = ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, rate * step)


def _one_minus_power(beta, step):
    # 1 - beta**step loses five of float32's seven digits in the first steps.
    if beta == 0:
        return ops.ones_like(step)
    return -ops.expm1(step * math.log(beta))


@keras.saving.register_keras_serializable(package="keras_darts")
class CoupledAdam(_CoupledWeightDecay, _TorchAdam):
    """Adam as PyTorch has it, with `weight_decay` as L2 in the gradient.

    Its arguments are those of `keras.optimizers.Adam`, but `epsilon` defaults
    to `1e-8`; `amsgrad` is not offered.

    Example:

    >>> weight = keras.Variable([1.0])
    >>> CoupledAdam(0.1, weight_decay=0.5).apply([np.zeros(1)], [weight])
    >>> round(float(weight[0]), 6)
    0.9

    Reference: `torch.optim.Adam`, which DARTS uses for the architecture.
    """

    def __init__(
        self,
        learning_rate: Any = 1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("amsgrad", False):
            raise ValueError(
                "`amsgrad` is not offered by CoupledAdam. Received: "
                "amsgrad=True"
            )
        super().__init__(
            learning_rate=learning_rate,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            **kwargs,
        )
