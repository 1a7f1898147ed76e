"""Drop path that grows while a network trains."""

import keras


class DropPathRamp(keras.callbacks.Callback):
    """Raises the drop path rate linearly, epoch by epoch, from zero.

    The rate of an epoch is `max_rate * epoch / epochs`, counted from zero.

    Args:
        max_rate: Float in [0, 1), where the ramp would end.
        epochs: Integer, the epochs of the whole training.

    Raises:
        TypeError: when training begins, if the model has no `drop_path_rate`.

    Example:

    >>> network = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=2, num_cells=2, auxiliary=False
    ... )
    >>> ramp = DropPathRamp(0.2, epochs=10)
    >>> ramp.set_model(network)
    >>> ramp.on_epoch_begin(5)
    >>> round(float(network.drop_path_rate), 6)
    0.1

    Reference: Zoph et al., 2018, NASNet, ScheduledDropPath.
    """

    def __init__(self, max_rate, epochs):
        super().__init__()
        if not 0 <= max_rate < 1:
            raise ValueError(
                f"`max_rate` must be in [0, 1). Received: max_rate={max_rate}"
            )
        self.max_rate = max_rate
        self.epochs = epochs

    def on_train_begin(self, logs=None):
        if not hasattr(self.model, "drop_path_rate"):
            raise TypeError(
                "DropPathRamp needs a network with a `drop_path_rate`, as "
                "those of keras_darts.networks. Received: a model of type "
                f"{type(self.model).__name__}"
            )

    def on_epoch_begin(self, epoch, logs=None):
        part = min(epoch, self.epochs) / self.epochs
        self.model.drop_path_rate.assign(self.max_rate * part)
