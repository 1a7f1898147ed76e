"""Keras' progress bar, which shows counts as the integers they are."""

import keras


class ProgressBar(keras.callbacks.ProgbarLogger):
    """`keras.callbacks.ProgbarLogger`, for logs of which some are integers.

    Example:

    >>> bar = ProgressBar()
    >>> bar.set_params({"verbose": 2, "epochs": 1, "steps": 1})
    >>> bar.on_epoch_begin(0)
    >>> bar.on_train_batch_end(0, {})
    >>> bar.on_epoch_end(0, {"num_skip_connects": 2})  # doctest: +ELLIPSIS
    1/1 - ... - num_skip_connects: 2
    """

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        counts = {k: _Count(v) for k, v in logs.items() if isinstance(v, int)}
        super().on_epoch_end(epoch, {**logs, **counts})


class _Count(float):
    """An integer, to which a number of decimals means nothing."""

    def __truediv__(self, other):
        # Keras' bar shows the mean of one value.
        return _Count(super().__truediv__(other))

    def __format__(self, spec):
        return str(int(self))
