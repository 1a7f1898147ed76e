"""Second derivatives of a search's loss, times a vector."""

import tensorflow as tf

from keras_darts.running.micro_batches import mean_of_parts
from keras_darts.search.drawn_problem import DrawnProblem
from keras_darts.search.evaluation import Setting
from keras_darts.search.replicas import sum_over_replicas


class ProductProblem(DrawnProblem):
    """The part of `SearchProblem` that differentiates twice.

    Args:
        search: A `DartsSearch`.
    """

    def mixed_product(self, batch, weights, arch, vector):
        """The second derivative of the loss, (d2 L/da dw) applied to v."""
        product = self._function("mixed_product", self._product, "weights")
        return self._summed(product, batch, weights, arch, vector)

    def arch_product(self, batch, weights, arch, vector):
        """The second derivative of the loss, (d2 L/da2) applied to v."""
        product = self._function("arch_product", self._product, "arch")
        return self._summed(product, batch, weights, arch, vector)

    def _summed(self, product, batch, *point):
        steps = self._search.accumulation_steps
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
                    Setting(
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
