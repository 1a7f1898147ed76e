"""A search in stages: each searches in what the one before has left."""

import logging
import pathlib

import keras

from keras_darts import seals
from keras_darts import traced_gradients
from keras_darts.schedules import hand_over_rate
from keras_darts.search import course
from keras_darts.search import load
from keras_darts.search import many_workers
from keras_darts.search.determinism import check_callbacks
from keras_darts.search.graph_optimizer import graph_optimizer
from keras_darts.strategies.stage import Stage
from keras_darts.strategies.stage import stage_epochs
from keras_darts.supernet import architecture
from keras_darts.supernet.inheritance import Inheritance

_LOG = logging.getLogger("keras_darts")


def run(
    search,
    fit,
    plan_stage,
    *,
    epochs,
    callbacks,
    output_dir,
    resume_from,
    finished,
    overwrite,
    watch,
    **options,
):
    """Trains stage after stage; a strategy without stages has one.

    The last stage is written into `output_dir`, those before it into folders
    of their own inside. A stage that was finished before a run was cut is
    restored instead of trained.

    Args:
        search: `DartsSearch`.
        fit: The method of `keras.Model`, bound to it.
        plan_stage: Function of the settings in which stages differ, that
            gives a `Plan`.
        epochs: Integer, of all stages together.
        callbacks: List of Keras callbacks beside the strategy's.
        output_dir: Folder of the run, or `None`.
        resume_from: The same folder where a run is resumed, or `None`.
        finished: Boolean, whether that run has come to its end and is loaded.
        overwrite: Boolean, whether an earlier run in the folder is removed.
        watch: `SearchWatch`, the first of the callbacks.
        **options: Further arguments of `course.run`.

    Returns:
        The `History`, which has the epochs of all stages.
    """
    if search.deterministic:
        check_callbacks(callbacks)
    traced_gradients.give_back()
    stages = search.stages or (Stage(),)
    counts = stage_epochs(stages, epochs)
    history = keras.callbacks.History()
    history.epoch = []
    if search.stage:
        search.enter_stage(0)
    graphs = graph_optimizer(search.graph_optimizer)
    with graphs, many_workers.loss_told(search, output_dir):
        for index, count in enumerate(counts):
            if index:
                _advance(search, index)
            if len(stages) > 1:
                _announce(stages, counts, index)
            folder = _folder(output_dir, index, len(stages))
            plan = plan_stage(
                epochs=count,
                callbacks=list(callbacks),
                schedule_epochs=_chain(stages, counts, index),
                output_dir=folder,
                resume_from=_resumed(folder, index, resume_from),
                overwritten=output_dir if overwrite and not index else None,
            )
            if _is_over(plan, finished or index + 1 < len(counts)):
                if finished:
                    load.into(search, plan, history)
                continue
            history = course.run(search, fit, plan, history, watch, **options)
            if plan.checkpoint is not None and plan.checkpoint.writes:
                seals.finish(plan.checkpoint.folder)
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
        stages[index].candidates or "all",
        counts[index],
        sum(counts),
    )


def _resumed(folder, index, resume_from):
    """The folder, where there is something in it to go on with."""
    if resume_from is None:
        return None
    # A run that has not done an epoch is refused with the reason, but an
    # earlier stage is worth going on from.
    begun = seals.seals(folder / "checkpoints")
    return folder if begun or not index else None


def _folder(output_dir, index, count):
    if output_dir is None or index == count - 1:
        return output_dir
    return pathlib.Path(output_dir) / "stages" / str(index)


def _chain(stages, counts, index):
    """The epochs from the last fresh stage to the next."""
    first = max(i for i in range(index + 1) if stages[i].fresh or not i)
    later = [i for i in range(index + 1, len(stages)) if stages[i].fresh]
    return sum(counts[first : min(later, default=len(stages))])


def _advance(search, index):
    """Enters the next stage, with what the one before has left."""
    stage = search.stages[index]
    space = stage.space_from(
        search.search_space,
        architecture.mixing(search.supernet)[0],
        getattr(search.whole_space, "num_cells", None),
    )
    before = search.supernet, _optimizers(search)
    scaling = search.loss_scaling
    search.enter_stage(index, space)
    if not stage.fresh:
        _inherit(search, *before)
        search.loss_scaling.take_over(scaling)


def _inherit(search, supernet, optimizers):
    left = Inheritance(supernet, search.supernet, search.seed)
    left.hand_over(
        *[{id(v): v for v in s.variables} for s in (supernet, search.supernet)]
    )
    for old, new in zip(optimizers, _optimizers(search), strict=True):
        new[0].iterations.assign(old[0].iterations)
        hand_over_rate(old[0], new[0])
        for pair in zip(_slots(*old), _slots(*new), strict=True):
            left.hand_over(*pair)


def _optimizers(search):
    return (
        (search.optimizer, search.weight_variables),
        (search.arch_optimizer, search.arch_variables),
    )


def _slots(optimizer, variables):
    """Of each kind of slot a dictionary from the variables' ids."""
    shapes = [v.shape for v in variables]
    kinds = [
        kind
        for kind in vars(optimizer).values()
        if isinstance(kind, list)
        and [getattr(slot, "shape", None) for slot in kind] == shapes
        and kind[0] is not variables[0]
    ]
    return [
        {id(v): slot for v, slot in zip(variables, kind, strict=True)}
        for kind in kinds
    ]
