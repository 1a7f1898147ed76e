"""The watch over a training."""

from keras_darts.running.watch import Watch
from keras_darts.running.watch import sizes_in_words


class TrainingWatch(Watch):
    """Ends a training at a signal or a loss that is not finite.

    Args:
        folder: Of the run, as the user gave it, or `None`.
        network: Keras model.
        guarded: Boolean, whether a loss that is not finite ends it: where a
            callback goes back by itself it does not. Defaults to `True`.
    """

    noun = "training"
    data = "train"
    remedies = (
        "Try a lower `learning_rate` of the recipe, full precision (float32), "
        "and look for NaN in the data"
    )

    def __init__(self, folder, network, guarded=True):
        super().__init__(folder)
        self._network = network
        self._guarded = guarded
        if not guarded:
            self.losses = ()

    def total(self):
        return self._network._loss_tracker.total + 0 if self._guarded else 0.0

    def smaller(self):
        sizes = sizes_in_words(self._network)
        return ", ".join(filter(None, ["a smaller `batch_size`", sizes]))
