"""The epochs of a search: stages, roll-backs, and a finished search loaded."""

from __future__ import annotations

import contextlib
import logging
import pathlib
import tempfile
from typing import TYPE_CHECKING
from typing import Any

import keras

from keras_darts.callbacks import SearchCallback
from keras_darts.callbacks import stateful_callbacks
from keras_darts.distributed import multi_worker
from keras_darts.runs import manifest
from keras_darts.runs.monitor import RunMonitor
from keras_darts.runs.monitor import announce
from keras_darts.runs.monitor import sizes_in_words
from keras_darts.runs.resume import ResumedCallbackList
from keras_darts.runs.resume import batches_from
from keras_darts.runs.writer import add_loaded
from keras_darts.schedules import hand_over_rate
from keras_darts.search.fit_plan import checkpoint_of
from keras_darts.search.fit_plan import plan_fit
from keras_darts.search.reproducibility import check_callbacks
from keras_darts.strategies.stage import Stage
from keras_darts.strategies.stage import stage_epochs
from keras_darts.supernet import arch_parameters
from keras_darts.supernet.weight_inheritance import Inheritance
from keras_darts.utils import private_api
from keras_darts.utils import tf_config
from keras_darts.utils.tf_config import grappler
from keras_darts.utils.typing import Logs
from keras_darts.utils.typing import PathLike

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_darts.runs.checkpoint import RunCheckpoint
    from keras_darts.runs.folder import Plan
    from keras_darts.runs.resume import MidEpochState
    from keras_darts.search.darts_search import DartsSearch
    from keras_darts.search.fit_plan import FitSettings


_LOG = logging.getLogger("keras_darts")


def into(
    search: DartsSearch, plan: Plan, history: keras.callbacks.History
) -> None:
    """Gives a search and a history what the end of a stage has left.

    Args:
        search: `DartsSearch`, whose variables the checkpoint has restored.
        plan: `Plan` of the stage.
        history: Keras `History`, to which its epochs are added.
    """
    for callback in stateful_callbacks(plan.callbacks):
        # Some tell the search what they know.
        callback.set_model(search)
        callback.set_state(callback.get_state())
    reasons = [c.stop_reason for c in stateful_callbacks(plan.callbacks)]
    search.stop_reason = next(filter(None, reasons), None)
    add_loaded(plan, search, history)


# What has to do something at the start of each call.
_EACH = (SearchCallback, keras.callbacks.History)


class RollbackCallbackList(ResumedCallbackList):
    """Lets callbacks see one training, also where it goes back.

    That takes more than one call of `fit`. All but a few callbacks see the
    begin and the end of the training once.
    """

    def __init__(
        self, callbacks: Any, running: MidEpochState | None, **options: Any
    ) -> None:
        super().__init__(callbacks, running, **options)
        self._begun = False

    def on_train_begin(self, logs: Logs = None) -> None:
        self._tell(super().on_train_begin, logs, everyone=not self._begun)
        self._begun = True

    def on_train_end(self, logs: Logs = None) -> None:
        goes_back = any(
            c.roll_back_to is not None
            for c in stateful_callbacks(self.callbacks)
        )
        self._tell(super().on_train_end, logs, everyone=not goes_back)

    def _tell(self, what, logs, everyone):
        whole = self.callbacks
        if not everyone:
            self.callbacks: list[keras.callbacks.Callback] = [
                c for c in whole if isinstance(c, _EACH)
            ]
        try:
            what(logs)
        finally:
            self.callbacks = whole


class SaveEpochs(keras.callbacks.Callback):
    """Saves each epoch of a run that is written nowhere else.

    Args:
        checkpoint: `RunCheckpoint`.
    """

    def __init__(self, checkpoint: RunCheckpoint) -> None:
        super().__init__()
        self.checkpoint = checkpoint

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.checkpoint.save(epoch + 1)


def fit_with_rollback(
    search: DartsSearch,
    plan: Plan,
    history: keras.callbacks.History,
    watch: SearchMonitor,
    *,
    verbose: Any,
) -> keras.callbacks.History:
    """Trains to the last epoch, by way of the roll-backs of callbacks.

    Args:
        search: `DartsSearch`.
        plan: `Plan`.
        history: Keras `History`, to which the epochs are added.
        watch: `SearchMonitor`, the first of the callbacks.
        verbose: As in Keras.

    Returns:
        The `History`, which has all epochs that were run.
    """
    epochs = list(history.epoch)
    with _checkpoint(search, plan) as checkpoint:
        # A run may have been cut between a decision and what follows from it.
        start = _rolled_back(plan.callbacks, checkpoint)
        start = plan.initial_epoch if start is None else start
        # One that was cut within an epoch continues there.
        step = checkpoint.step if checkpoint else 0
        plan.say_where(start, step)
        callbacks = RollbackCallbackList(
            [watch, *plan.callbacks, history],
            checkpoint and checkpoint.running,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=plan.epochs,
            steps=plan.steps_per_epoch,
            model=search,
        )
        while start is not None:
            if any(c.stop_reason for c in stateful_callbacks(plan.callbacks)):
                start, step = plan.epochs, 0
            announce(search, search.weight_variables)
            batches = batches_from(plan, start, step, callbacks)
            with watch.over(plan):
                keras.Model.fit(
                    search,
                    multi_worker.distribute_batches(search, batches),
                    epochs=plan.epochs,
                    initial_epoch=start,
                    steps_per_epoch=plan.steps_per_epoch,
                    callbacks=callbacks,
                    shuffle=False,
                    **multi_worker.evaluation_args(
                        search, plan.validation_data
                    ),
                )
            epochs += history.epoch
            start, step = _rolled_back(plan.callbacks, checkpoint), 0
    history.epoch = epochs
    return history


@contextlib.contextmanager
def _checkpoint(search, plan):
    """The run's own, or one that lasts as long as the run if it is needed."""
    needed = any(c.history_epochs for c in stateful_callbacks(plan.callbacks))
    if plan.checkpoint is not None or not needed:
        yield plan.checkpoint
        return
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = checkpoint_of(
            search, folder, stateful_callbacks(plan.callbacks)
        )
        plan.callbacks.append(SaveEpochs(checkpoint))
        yield checkpoint


def _rolled_back(callbacks, checkpoint):
    """The epoch at which training starts over, or `None`."""
    for callback in stateful_callbacks(callbacks):
        if callback.roll_back_to is not None:
            start = callback.roll_back_to + 1
            callback.roll_back(checkpoint.restore)
            return start
    return None


def fit_stages(
    search: DartsSearch,
    settings: FitSettings,
    *,
    epochs: int,
    callbacks: Any,
    output_dir: PathLike | None,
    resume_from: PathLike | None,
    finished: bool,
    overwrite: bool,
    watch: SearchMonitor,
    **options: Any,
) -> keras.callbacks.History:
    """Trains stage after stage; a strategy without stages has one.

    The last stage is written into `output_dir`, those before it into folders
    of their own inside. A stage that was finished before a run was cut is
    restored instead of trained.

    Args:
        search: `DartsSearch`.
        settings: `FitSettings`.
        epochs: Integer, of all stages together.
        callbacks: List of Keras callbacks besides the strategy's.
        output_dir: Folder of the run, or `None`.
        resume_from: The same folder where a run is resumed, or `None`.
        finished: Boolean, whether that run has come to its end and is loaded.
        overwrite: Boolean, whether an earlier run in the folder is removed.
        watch: `SearchMonitor`, the first of the callbacks.
        **options: Further arguments of `fit_with_rollback`.

    Returns:
        The `History`, which has the epochs of all stages.
    """
    if search.deterministic:
        check_callbacks(callbacks)
    if not search.run_eagerly:
        tf_config.give_back()
    stages = search.stages or (Stage(),)
    counts = stage_epochs(stages, epochs)
    history = keras.callbacks.History()
    history.epoch = []
    if search.stage:
        search.enter_stage(0)
    graphs = grappler(search.grappler)
    with graphs, multi_worker.report_lost_worker(search, output_dir):
        for index, count in enumerate(counts):
            if index:
                _advance(search, index)
            if len(stages) > 1:
                _announce(stages, counts, index)
            folder = _folder(output_dir, index, len(stages))
            plan = plan_fit(
                search,
                settings,
                epochs=count,
                callbacks=list(callbacks),
                schedule_epochs=_chain(stages, counts, index),
                output_dir=folder,
                resume_from=_resumed(folder, index, resume_from),
                overwritten=output_dir if overwrite and not index else None,
            )
            if _is_over(plan, finished or index + 1 < len(counts)):
                if finished:
                    into(search, plan, history)
                continue
            history = fit_with_rollback(search, plan, history, watch, **options)
            if plan.checkpoint is not None and plan.checkpoint.writes:
                manifest.finish(plan.checkpoint.folder)
    return history


def _is_over(plan, can_be):
    """Whether nothing is left to do of a stage that was restored."""
    checkpoint = plan.checkpoint
    return can_be and checkpoint is not None and checkpoint.finished


def _announce(stages, counts, index):
    _LOG.info(
        "stage %d of %d: %s candidates an edge, %d of %d epochs",
        index + 1,
        len(stages),
        stages[index].num_candidates or "all",
        counts[index],
        sum(counts),
    )


def _resumed(folder, index, resume_from):
    """The folder, where there is something in it to resume."""
    if resume_from is None:
        return None
    # A run that has not done an epoch raises an error with the reason, but an
    # earlier stage is worth continuing from.
    begun = manifest.manifests(folder / "checkpoints")
    return folder if begun or not index else None


def _folder(output_dir, index, count):
    if output_dir is None or index == count - 1:
        return output_dir
    return pathlib.Path(output_dir) / "stages" / str(index)


def _chain(stages, counts, index):
    """The epochs from one stage that starts over to the next."""
    first = max(i for i in range(index + 1) if stages[i].reinitialize or not i)
    later = [i for i in range(index + 1, len(stages)) if stages[i].reinitialize]
    return sum(counts[first : min(later, default=len(stages))])


def _advance(search, index):
    """Enters the next stage, with what the one before has left."""
    stage = search.stages[index]
    space = stage.space_from(
        search.search_space,
        arch_parameters.mixing(search.supernet)[0],
        getattr(search.whole_space, "num_cells", None),
    )
    before = search.supernet, _optimizers(search)
    scaling = search.loss_scaling
    search.enter_stage(index, space)
    if not stage.reinitialize:
        _inherit(search, *before)
        search.loss_scaling.take_over(scaling)


def _inherit(search, supernet, optimizers):
    left = Inheritance(supernet, search.supernet, search.seed)
    left.transfer_weights(
        *[{id(v): v for v in s.variables} for s in (supernet, search.supernet)]
    )
    for old, new in zip(optimizers, _optimizers(search), strict=True):
        new[0].iterations.assign(old[0].iterations)
        hand_over_rate(old[0], new[0])
        for pair in zip(_slots(*old), _slots(*new), strict=True):
            left.transfer_weights(*pair)


def _optimizers(search):
    return (
        (search.optimizer, search.weight_variables),
        (search.arch_optimizer, search.arch_variables),
    )


def _slots(optimizer, variables):
    """Of each kind of slot a dictionary from the variables' ids."""
    shapes = [v.shape for v in variables]
    kinds_of_slots = [
        slots
        for slots in vars(optimizer).values()
        if isinstance(slots, list)
        and [getattr(slot, "shape", None) for slot in slots] == shapes
        and slots[0] is not variables[0]
    ]
    return [
        {id(v): slot for v, slot in zip(variables, slots, strict=True)}
        for slots in kinds_of_slots
    ]


class SearchMonitor(RunMonitor):
    """Ends a search at a signal or a loss that is not finite.

    Args:
        folder: Of the run, as the user gave it, or `None`.
        search: `DartsSearch`.
    """

    noun = "search"
    losses: tuple[str, ...] = ("loss", "arch_loss")
    remedies = (
        "Try a lower `learning_rate` or `clip_norm` in the recipe of the "
        "strategy, a loss that stays finite, dtype='float32', and look for "
        "NaN in the data"
    )

    def __init__(self, folder: PathLike, search: DartsSearch) -> None:
        super().__init__(folder)
        self._search = search

    def total(self) -> tf.Tensor:
        loss = private_api.loss_tracker(self._search)
        return loss.total + self._search.arch_loss_tracker.total

    def smaller(self) -> str:
        space = self._search.search_space
        method = ""
        if self._search.strategy.connection.channel_fraction == 1 and (
            self._search.task_adapter.predicts_memory
        ):
            method = ", or take strategy='pc_darts', which mixes a part of "
            method += "the channels"
        return f"a smaller `batch_size`, {sizes_in_words(space)}{method}"
