"""What callbacks change when a training ends, on disk as in memory."""

import keras


class EndState:
    """Tells what the end of a training has changed, and who did it.

    Callbacks put back the best weights or an architecture at the end, after
    the last epoch was saved. What those of the library do they do again when a
    run is resumed; what those of the user do is part of the state from which
    the run goes on.

    Args:
        checkpoint: `RunCheckpoint`, whose variables are looked at.

    Attributes:
        before: Keras callback that stands before all that change something.
        between: Another one, after those of the library and before the
            user's.
    """

    def __init__(self, checkpoint):
        self._checkpoint = checkpoint
        self.before, self.between = _Look(checkpoint), _Look(checkpoint)

    def save(self):
        """Saves a state that is not that of the last epoch any more.

        Returns:
            Boolean, whether it was another one.
        """
        now = self._checkpoint.digest()
        if now == self.before.digest:
            return False
        self._checkpoint.save(
            self._checkpoint.epochs_done, resumes=now != self.between.digest
        )
        return True


class _Look(keras.callbacks.Callback):
    """Notes how the variables are when its turn has come."""

    def __init__(self, checkpoint):
        super().__init__()
        self._checkpoint = checkpoint
        self.digest = None

    def on_train_end(self, logs=None):
        self.digest = self._checkpoint.digest()
