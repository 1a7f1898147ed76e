"""A training step that takes its batch in parts."""

import keras
import tensorflow as tf

from keras_darts.networks.gives_logits import GivesLogits
from keras_darts.running.micro_batches import mean_of_parts


class TrainedInParts(GivesLogits):
    """A model whose training step can go through a batch part after part.

    The step has the mean of the parts' gradients: but for what looks at a
    whole batch, as batch normalisation does, that of the whole. There is one
    update a batch, so schedules, clipping and loss scaling know of no parts.

    Attributes:
        accumulation_steps: Integer, the equal parts of a batch.

    Example:

    >>> network = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=2, num_cells=2, auxiliary=False
    ... )
    >>> network.accumulation_steps
    1
    """

    accumulation_steps = 1

    def train_step(self, data):
        if self.accumulation_steps == 1:
            return super().train_step(data)
        weights = self.trainable_weights
        gradients = mean_of_parts(
            lambda part: self._gradients(part, weights),
            # As `train_on_batch` says that there are no weights of samples.
            tuple(part for part in data if part is not None),
            self.accumulation_steps,
        )
        self.optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return self.get_metrics_result()

    def _gradients(self, part, weights):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(part)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight, training=True)
            scaled = self.optimizer.scale_loss(loss)
        self._loss_tracker.update_state(
            loss * self.distribute_strategy.num_replicas_in_sync,
            sample_weight=tf.shape(x)[0],
        )
        self.compute_metrics(x, y, y_pred, sample_weight)
        # Those of an embedding are sparse.
        return [tf.convert_to_tensor(g) for g in tape.gradient(scaled, weights)]
