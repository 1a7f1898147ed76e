"""The phases of a fit: sizes, trials, and the final training."""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import pathlib
import statistics
import time
from typing import TYPE_CHECKING

import keras

from keras_darts import datasets
from keras_darts import genotypes
from keras_darts import training
from keras_darts.auto import sizes
from keras_darts.auto import step_times
from keras_darts.auto import words
from keras_darts.auto.step_times import Deadline
from keras_darts.runs import manifest
from keras_darts.training import format_duration
from keras_darts.tuner import DartsTuner
from keras_darts.utils.files import write_json
from keras_darts.utils.private_api import seeded

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.auto.data import Examples
    from keras_darts.auto.image import Images
    from keras_darts.auto.sizes import Plan
    from keras_darts.auto.step_times import Budget
    from keras_darts.auto.text import Texts
    from keras_darts.utils.typing import Logs
    from keras_darts.utils.typing import PathLike

_LOG = logging.getLogger("keras_darts")
_FILE = "classifier.json"
# As often as that, the time that was spent is written.
_SECONDS = 5.0


class Record:
    """The file `classifier.json` of a project.

    Args:
        folder: Path of the project.
        data: Dictionary of plain values that tell data and settings from
            others.

    Raises:
        ValueError: if the project is of other data or settings.
    """

    def __init__(self, folder: PathLike, data: dict[str, Any]) -> None:
        self.path: pathlib.Path = pathlib.Path(folder) / _FILE
        self._says = {"data": data, "seconds": 0.0}
        if self.path.exists():
            self._says = json.loads(self.path.read_text("utf-8"))
            self._check(json.loads(json.dumps(data)))

    def get(self, name: str) -> Any:
        return self._says.get(name)

    def note(self, **entries: Any) -> None:
        """Adds entries and writes the file."""
        self._says.update(entries)
        write_json(self.path, self._says)

    def say_what_is_there(self) -> None:
        """Logs that a project is resumed, or that it is finished."""
        folder = self.path.parent
        if self.get("done"):
            _LOG.info("finished before: loaded from %s", folder)
        elif self.path.exists():
            _LOG.info(
                "resuming the project in %s, of which %s are spent",
                folder,
                format_duration(self.get("seconds")),
            )

    def _check(self, data):
        before = self._says["data"]
        other = [name for name in data if before.get(name) != data[name]]
        if other:
            name = other[0]
            raise ValueError(
                f"`{name}` must be as in the project {str(self.path.parent)!r} "
                "that is resumed; `overwrite=True` starts over, and another "
                "`project_name` starts next to it. Received: "
                f"{name}={data[name]!r}, before {before.get(name)!r}"
            )


class NoteTime(keras.callbacks.Callback):
    """Writes the time that was spent, for a process that may be killed.

    Args:
        record: `Record`.
        budget: `Budget`.
    """

    def __init__(self, record: Record, budget: Budget) -> None:
        super().__init__()
        self.record = record
        self.budget = budget
        self._written = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if time.monotonic() - self._written > _SECONDS:
            self._write()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._write()

    def _write(self):
        self._written = time.monotonic()
        self.record.note(seconds=self.budget.spent())


# What a brief training may take of the time after the trials, where the
# machine has become slower than it was.
_GRACE = 0.25


class StepClock(keras.callbacks.Callback):
    """Notes how long steps take, but for those of first epochs."""

    def __init__(self) -> None:
        super().__init__()
        self._seconds = []

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._begin = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._mean = (time.monotonic() - self._begin) / (batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if epoch:
            self._seconds.append(self._mean)

    def step(self, default: float) -> float:
        """The usual seconds of a step, or `default` where none is known."""
        return statistics.median(self._seconds) if self._seconds else default


class TunerInTime(DartsTuner):
    """A tuner that begins no trial for which there is no time.

    Args:
        *args: As for `DartsTuner`.
        budget: `Budget`.
        begun: Float, what was spent of it when the trials began.
        plan: `Plan`.
        **options: As for `DartsTuner`.

    Attributes:
        clock: `StepClock` of the trainings.
    """

    def __init__(
        self,
        *args: Any,
        budget: Budget,
        begun: float,
        plan: Plan,
        **options: Any,
    ) -> None:
        super().__init__(*args, max_trials=plan.trials, **options)
        self._budget, self._plan = budget, plan
        self._until = begun + plan.trials_seconds
        self._begun, self._seconds = begun, []
        grace = 0.0
        if self._until < budget.seconds:
            grace = _GRACE * (budget.seconds - self._until)
        self.clock: StepClock = StepClock()
        self.trials.training_callbacks = [
            self.clock,
            Deadline(budget, self._until + grace, "training of a trial"),
        ]

    def search_deadline(self) -> Deadline:
        """The callback that leaves time for the training of a trial."""
        until = self._until - self._plan.train_seconds
        return Deadline(self._budget, until, "search")

    def has_time(self) -> bool:
        """Whether a further trial fits."""
        usual = max(self._seconds, default=self._plan.trial_seconds)
        return self._budget.spent() + usual <= self._until

    def on_trial_begin(self, trial: Any) -> None:
        self._begun = self._budget.spent()
        super().on_trial_begin(trial)

    def on_trial_end(self, trial: Any) -> None:
        self._seconds.append(self._budget.spent() - self._begun)
        if not self.has_time():
            done = len(self.oracle.trials)
            if done < self._plan.trials:
                _LOG.info(
                    "no time for a further trial: %d of %d were run",
                    done,
                    self._plan.trials,
                )
            # KerasTuner's way to have no further one.
            self.oracle.max_trials = done
        super().on_trial_end(trial)


# What is not planned for: reading, writing, judging.
_SPARE = 0.06
# Building the graphs of a trial should take no more of the time.
_SHARE_OF_STARTS = 1 / 3
# Of a probe, a trial and the final training, with the steps.
_STARTS = 3
# The final training has more examples, which makes up for some epochs.
_SHARE_OF_SEEN = 0.6
# `DataSummary.work` is counted in such batches.
_BATCH_OF_WORK = 32


class FitPipeline:
    """What a fit does once its data are read.

    Args:
        examples: `Examples`.
        record: `Record` of the project.
        budget: `Budget`.
        options: Dictionary of `max_trials`, `epochs`, `batch_size`,
            `callbacks` and `verbose`.
        project: Dictionary, arguments of the tuner.
    """

    def __init__(
        self,
        examples: Examples,
        record: Record,
        budget: Budget,
        options: dict[str, Any],
        project: dict[str, Any],
    ) -> None:
        self.examples = examples
        self.adapter: Images | Texts = examples.adapter
        self.record = record
        self.budget = budget
        self.options = options
        self.project = project
        self.batch_size: int = (
            options["batch_size"]
            or examples.batch_size
            or sizes.batch_size_for(examples.split.num_train)
        )
        self.folder: pathlib.Path = record.path.parent

    def run(self) -> tuple[DartsTuner, pathlib.Path]:
        """Everything that was not done before.

        Returns:
            The tuner, and the folder with the trained network.
        """
        times, plan = self._planned()
        if not self.record.get("done"):
            _LOG.info("%s", words.chosen(self, plan))
        tuner = self._tuner(plan)
        if self.record.get("final_training") is None:
            if not tuner.completed_trials() or tuner.has_time():
                self._tune(tuner, plan)
            _best(tuner)
            self.record.note(
                final_training=self._final_sizes(tuner, times, plan),
                seconds=self.budget.spent(),
            )
        best, size = _best(tuner), self.record.get("final_training")
        folder = self.folder / "final"
        if not size["epochs"]:
            folder = tuner.project.network_of(best.trial_id)
            _LOG.info(
                "no time for a final training that would do better: the "
                "network of trial %s is the model",
                best.trial_id,
            )
        elif not _is_trained(folder):
            _LOG.info("%s", words.final_training(best.trial_id, plan, **size))
            self._train(tuner, best, folder, plan, **size)
        if not self.record.get("done"):
            self.record.note(seconds=self.budget.spent(), done=True)
            _LOG.info("%s", words.done(self, tuner, best, folder))
        return tuner, folder

    def _planned(self):
        """`StepTimes` and `Plan`, those of before where a fit continues."""
        times, plan = self.record.get("step_times"), self.record.get("plan")
        if plan is None:
            times, plan = self._chosen()
            epochs = self.options["epochs"]
            if epochs is not None:
                plan = dataclasses.replace(
                    plan,
                    search_epochs=epochs,
                    train_epochs=epochs,
                    final_epochs=epochs,
                )
            self.record.note(
                step_times=dataclasses.asdict(times),
                plan=dataclasses.asdict(plan),
                begun=self.budget.spent(),
                seconds=self.budget.spent(),
            )
            return times, plan
        return sizes.StepTimes(**times), sizes.Plan(**plan)

    def _chosen(self):
        """By what is measured here, as far as there is time for that."""
        presets, summary = self.adapter.presets, self._summary()
        preset = sizes.first_preset(presets, summary, self._seconds())
        times = sizes.estimate_step_times(presets[preset], summary)
        least = times.search_start + times.train_start
        if least > _SHARE_OF_STARTS * self._seconds():
            words.warn_of_little(self.budget, _STARTS * least)
        elif self._seconds() < math.inf:
            preset, times = step_times.measured(
                self.adapter, summary, self._probe, self._seconds
            )
        return times, sizes.planned(preset, times, summary, self._seconds())

    def _probe(self, preset):
        split = self.examples.split
        return step_times.Probe(
            self._hypermodel(preset),
            split.train,
            split.num_train,
            self.batch_size,
        )

    def _tuner(self, plan):
        preset = self.adapter.presets[plan.preset]
        return TunerInTime(
            self._hypermodel(preset),
            budget=self.budget,
            begun=self.record.get("begun"),
            plan=plan,
            network_args=self.adapter.network_args(preset),
            train_epochs=plan.train_epochs,
            recipe=self.adapter.recipe(),
            **self.project,
        )

    def _tune(self, tuner, plan):
        train = self.examples.split.train
        if plan.trial_examples < self.examples.split.num_train:
            train = datasets.stratified_subset(train, plan.trial_examples)
        tuner.search(
            train.batch(self.batch_size),
            validation_data=self.examples.judged.batch(self.batch_size),
            epochs=plan.search_epochs,
            callbacks=[*self._callbacks(), tuner.search_deadline()],
            verbose=self.options["verbose"],
        )

    def _final_sizes(self, tuner, times, plan):
        """What fits into the time that the trials have left."""
        # Steps are as quick now as they were in the trials.
        times = dataclasses.replace(
            times, train_step=tuner.clock.step(times.train_step)
        )
        examples, epochs = sizes.final_training(
            times, self._summary(), self._seconds()
        )
        if self.options["epochs"] is not None:
            epochs = min(epochs, self.options["epochs"])
        seen = plan.trial_examples * plan.train_epochs
        if examples * epochs < _SHARE_OF_SEEN * seen:
            # Then the network of the trial is likely to be the better one.
            epochs = 0
        return {"examples": examples, "epochs": epochs}

    def _train(self, tuner, best, folder, plan, *, examples, epochs):
        """The final training: on all examples, from first values."""
        result, search = (
            self.examples,
            tuner.trials.build(tuner.oracle.get_space()),
        )
        train = result.everything
        if examples < result.num_everything:
            train = datasets.stratified_subset(train, examples)
        data = search.task_adapter.read_for_training(
            train.batch(self.batch_size),
            validation_data=result.judged.batch(self.batch_size),
        )
        task, seed = data.settle(search), self.project["seed"] or 0
        with seeded(seed):
            network = data.network(
                search,
                genotypes.load(tuner.project.genotype_file(best.trial_id)),
                self.adapter.network_args(self.adapter.presets[plan.preset]),
            )
        recipe = {**self.adapter.recipe(), "epochs": epochs, "seed": seed}
        verbose = self.options["verbose"]
        shown = [training.ETALogger()] if verbose else []
        data.recipe(search, network, task, recipe).fit(
            network,
            data.train,
            data.validation if result.own_validation else None,
            output_dir=folder,
            callbacks=[
                *self._callbacks(),
                Deadline(self.budget, self.budget.seconds, "final training"),
                *shown,
            ],
            verbose=verbose,
        )

    def _callbacks(self):
        callbacks = self.options["callbacks"] or []
        return [*callbacks, NoteTime(self.record, self.budget)]

    def _hypermodel(self, preset):
        return self.adapter.hypermodel(preset, len(self.examples.labels))

    def _seconds(self):
        """Those that can be planned with."""
        if self.budget.seconds == math.inf:
            return math.inf
        return max(0.0, self.budget.left() - _SPARE * self.budget.seconds)

    def _summary(self):
        split = self.examples.split
        return sizes.DataSummary(
            examples=split.num_train,
            final_examples=self.examples.num_everything,
            work=self.adapter.work * self.batch_size / _BATCH_OF_WORK,
            batch_size=self.batch_size,
            max_trials=self.options["max_trials"],
            most_epochs=self.adapter.most_epochs,
        )


def _is_trained(folder):
    return manifest.is_run(folder) and manifest.is_finished(folder, "network")


def _best(tuner):
    trials = tuner.completed_trials()
    if not trials:
        raise RuntimeError(
            "A trial must come to its end to give a model: all of them have "
            f"failed. `tuner.results_summary()` and {tuner.project_dir!r} say "
            "why"
        )
    return trials[0]
