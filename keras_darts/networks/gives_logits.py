"""A network whose outputs are logits, and whose `compile` knows it."""

import keras

from keras_darts import traced_gradients
from keras_darts.networks.on_logits import on_logits
from keras_darts.running.shared_batches import SharedBatches


class GivesLogits(SharedBatches):
    """A network that is compiled by `on_logits`.

    Abstract: a subclass says the width of its head by `num_outputs`.

    Example:

    >>> network = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=2, num_cells=2, auxiliary=False,
    ...     input_shape=(8, 8, 1),
    ... )
    >>> network.compile(loss="sparse_categorical_crossentropy")
    >>> network.loss.from_logits
    True
    """

    @property
    def num_outputs(self):
        """Integer, the width of the head."""
        return self.num_classes

    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        loss_weights=None,
        metrics=None,
        weighted_metrics=None,
        **options,
    ):
        """As in Keras, but that losses and metrics are made for logits.

        A loss or metric given by name, class or function takes logits where
        Keras has that for it, and Keras' other metrics get probabilities: of
        a softmax for losses of one class an element, of sigmoids for binary
        ones. Those that compare outputs one by one, such as `Recall`, take
        class numbers as one-hot rows; their `class_id` chooses a class. With
        a loss of numbers, such as `"mse"`, nothing is done to the outputs.

        Args:
            optimizer: As in Keras. Defaults to `"rmsprop"`.
            loss: As in Keras. An object is made with `from_logits=True`. A
                function of one's own gets logits. Defaults to `None`.
            loss_weights: As in Keras. Defaults to `None`.
            metrics: As in Keras. Objects of one's own classes get logits,
                and probabilities inside of `training.OnProbabilities`.
                Defaults to `None`.
            weighted_metrics: Likewise. Defaults to `None`.
            **options: The other arguments of `keras.Model.compile`.

        Raises:
            ValueError: for a loss or metric that would take logits for
                something else, with the argument to give.
        """
        with self.distribute_strategy.scope():
            found = on_logits(
                loss, metrics, weighted_metrics, num_outputs=self.num_outputs
            )
        super().compile(
            optimizer=optimizer,
            loss=found.loss,
            loss_weights=loss_weights,
            metrics=found.metrics,
            weighted_metrics=found.weighted_metrics,
            **options,
        )

    @property
    def notes(self):
        """List of sentences on the network that `summary` ends with."""
        return [
            f"Outputs: {self.num_outputs} logits. Softmax or sigmoid are no "
            "part of the network; `compile` and exports know."
        ]

    def summary(
        self, line_length=None, positions=None, print_fn=None, **options
    ):
        """As in Keras, with `notes` below the table."""
        super().summary(line_length, positions, print_fn, **options)
        for note in self.notes:
            (print_fn or print)(note)

    def make_train_function(self, force=False):
        if self.train_function is None or force:
            traced_gradients.give_back()
        return super().make_train_function(force)

    def compile_from_config(self, config):
        # As Keras does it for models that have Keras' own `compile`.
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)
