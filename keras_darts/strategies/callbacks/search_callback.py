"""What the callbacks that belong to a method have in common."""

import keras


class SearchCallback(keras.callbacks.Callback):
    """Abstract: a callback with a config, whose state a run remembers.

    `DartsSearch.fit` calls `reset` before a run begins, and keeps `state()` in
    each checkpoint, so that `restore_state` finds it when the run is resumed
    or rolled back. A callback holds no variables before it has a model, since
    strategies are copied with their callbacks.

    Attributes:
        stop_reason: String, why the callback has ended the search, or `None`.
        roll_back_to: Integer, the epoch after whose end `fit` shall begin
            anew, or `None`. It is set together with `model.stop_training`.
        kept_epochs: Integer, of how many epochs, the present one included,
            checkpoints must be there for that. Defaults to `0`.
        added_logs: Tuple of strings, what it adds to the logs of an epoch.
            Defaults to none.

    Example:

    >>> class Count(SearchCallback):
    ...     def reset(self):
    ...         self.epochs = 0
    ...
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         self.epochs += 1
    ...
    ...     def state(self):
    ...         return {"epochs": self.epochs}
    ...
    ...     def restore_state(self, state):
    ...         self.epochs = state["epochs"]
    >>> Count().state()
    {'epochs': 0}
    """

    stop_reason = None
    roll_back_to = None
    kept_epochs = 0
    added_logs = ()

    def __init__(self):
        super().__init__()
        self.reset()

    @property
    def run_epochs(self):
        """The epochs of the run, or of the stage, that the user asked for.

        Those in which a discretizer decides come after them.
        """
        return self.params["epochs"] - self.model.extra_epochs

    def reset(self):
        """Forgets an earlier run."""

    def arch_steps(self, epochs, steps_per_epoch):
        """In how many steps of a run the callback lets the alphas move.

        Args:
            epochs: Integer, of the run or of the stage.
            steps_per_epoch: Integer.
        """
        return epochs * steps_per_epoch

    def state(self):
        """What a run must remember, as plain data."""
        return {}

    def restore_state(self, state):
        """Takes over what `state` gave."""

    def roll_back(self, restore):
        """Goes back to `roll_back_to`, and changes what shall be different.

        Args:
            restore: Function of a number of epochs; restores the search and
                all callbacks as they were after so many.
        """
        restore(self.roll_back_to + 1)

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
