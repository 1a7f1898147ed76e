"""The course of a search: Keras' `fit`, called again after each roll-back."""

import contextlib
import tempfile

import keras

from keras_darts.running.first_step import announce
from keras_darts.running.within_epoch import batches_from
from keras_darts.search import many_workers
from keras_darts.search.checkpoint import SearchCheckpoint
from keras_darts.search.course_callbacks import CourseCallbacks
from keras_darts.search.course_callbacks import stateful


class SaveEpochs(keras.callbacks.Callback):
    """Saves each epoch of a run that is written nowhere else.

    Args:
        checkpoint: `SearchCheckpoint`.
    """

    def __init__(self, checkpoint):
        super().__init__()
        self.checkpoint = checkpoint

    def on_epoch_end(self, epoch, logs=None):
        self.checkpoint.save(epoch + 1)


def run(search, fit, plan, history, watch, *, verbose):
    """Trains to the last epoch, by way of the roll-backs of callbacks.

    Args:
        search: `DartsSearch`.
        fit: The method of `keras.Model`, bound to it.
        plan: `Plan`.
        history: Keras `History`, to which the epochs are added.
        watch: `SearchWatch`, the first of the callbacks.
        verbose: As in Keras.

    Returns:
        The `History`, which has all epochs that were run.
    """
    epochs = list(history.epoch)
    with _checkpoint(search, plan) as checkpoint:
        # A run may have been cut between a decision and what follows from it.
        start = _rolled_back(plan.callbacks, checkpoint)
        start = plan.initial_epoch if start is None else start
        # One that was cut within an epoch goes on there.
        step = checkpoint.step if checkpoint else 0
        plan.say_where(start, step)
        callbacks = CourseCallbacks(
            [watch, *plan.callbacks, history],
            checkpoint and checkpoint.running,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=plan.epochs,
            steps=plan.steps_per_epoch,
            model=search,
        )
        while start is not None:
            if any(c.stop_reason for c in stateful(plan.callbacks)):
                start, step = plan.epochs, 0
            announce(search, search.weight_variables)
            batches = batches_from(plan, start, step, callbacks)
            with watch.over(plan):
                fit(
                    many_workers.shared_out(search, batches),
                    epochs=plan.epochs,
                    initial_epoch=start,
                    steps_per_epoch=plan.steps_per_epoch,
                    callbacks=callbacks,
                    shuffle=False,
                    **many_workers.judged(search, plan.validation_data),
                )
            epochs += history.epoch
            start, step = _rolled_back(plan.callbacks, checkpoint), 0
    history.epoch = epochs
    return history


@contextlib.contextmanager
def _checkpoint(search, plan):
    """The run's own, or one that lasts as long as the run if it is needed."""
    needed = any(c.kept_epochs for c in stateful(plan.callbacks))
    if plan.checkpoint is not None or not needed:
        yield plan.checkpoint
        return
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = SearchCheckpoint(search, folder, stateful(plan.callbacks))
        plan.callbacks.append(SaveEpochs(checkpoint))
        yield checkpoint


def _rolled_back(callbacks, checkpoint):
    """The epoch at which training begins anew, or `None`."""
    for callback in stateful(callbacks):
        if callback.roll_back_to is not None:
            start = callback.roll_back_to + 1
            callback.roll_back(checkpoint.restore)
            return start
    return None
