"""The course of a fit: sizes, trials, and the last training."""

import dataclasses
import logging
import math

from keras_darts import datasets
from keras_darts import genotypes
from keras_darts import seals
from keras_darts import training
from keras_darts.auto import choice
from keras_darts.auto import pace as paces
from keras_darts.auto import sizes
from keras_darts.auto import words
from keras_darts.auto.budget import Deadline
from keras_darts.auto.record import NoteTime
from keras_darts.auto.tuning import TunerInTime
from keras_darts.seeding import seeded
from keras_darts.tuner import trial_data

_LOG = logging.getLogger("keras_darts")

# What is not planned for: reading, writing, judging.
_SPARE = 0.06
# Building the graphs of a trial should take no more of the time.
_SHARE_OF_STARTS = 1 / 3
# Of a probe, a trial and the last training, with the steps.
_STARTS = 3
# The last training has more examples, which makes up for some epochs.
_SHARE_OF_SEEN = 0.6
# `Facts.work` is counted in such batches.
_BATCH_OF_WORK = 32


class Course:
    """What a fit does once its data are read.

    Args:
        examples: `Examples`.
        record: `Record` of the project.
        budget: `Budget`.
        options: Dictionary of `max_trials`, `epochs`, `batch_size`,
            `callbacks` and `verbose`.
        project: Dictionary, arguments of the tuner.
    """

    def __init__(self, examples, record, budget, options, project):
        self.examples = examples
        self.adapter = examples.adapter
        self.record = record
        self.budget = budget
        self.options = options
        self.project = project
        self.batch_size = (
            options["batch_size"]
            or examples.batch_size
            or sizes.batch_size_for(examples.halves.num_train)
        )
        self.folder = record.path.parent

    def run(self):
        """Everything that was not done before.

        Returns:
            The tuner, and the folder with the trained network.
        """
        pace, plan = self._planned()
        if not self.record.get("done"):
            _LOG.info("%s", words.chosen(self, plan))
        tuner = self._tuner(plan)
        if self.record.get("last") is None:
            if not tuner.completed_trials() or tuner.has_time():
                self._tune(tuner, plan)
            _best(tuner)
            self.record.note(
                last=self._last_sizes(tuner, pace, plan),
                seconds=self.budget.spent(),
            )
        best, size = _best(tuner), self.record.get("last")
        folder = self.folder / "last"
        if not size["epochs"]:
            folder = tuner.project.network_of(best.trial_id)
            _LOG.info(
                "no time for a last training that would do better: the "
                "network of trial %s is the model",
                best.trial_id,
            )
        elif not _is_trained(folder):
            _LOG.info("%s", words.last(best.trial_id, plan, **size))
            self._train(tuner, best, folder, plan, **size)
        if not self.record.get("done"):
            self.record.note(seconds=self.budget.spent(), done=True)
            _LOG.info("%s", words.done(self, tuner, best, folder))
        return tuner, folder

    def _planned(self):
        """`Pace` and `Plan`, those of before where a fit goes on."""
        pace, plan = self.record.get("pace"), self.record.get("plan")
        if plan is None:
            pace, plan = self._chosen()
            epochs = self.options["epochs"]
            if epochs is not None:
                plan = dataclasses.replace(
                    plan,
                    search_epochs=epochs,
                    train_epochs=epochs,
                    last_epochs=epochs,
                )
            self.record.note(
                pace=dataclasses.asdict(pace),
                plan=dataclasses.asdict(plan),
                begun=self.budget.spent(),
                seconds=self.budget.spent(),
            )
            return pace, plan
        return sizes.Pace(**pace), sizes.Plan(**plan)

    def _chosen(self):
        """By what is measured here, as far as there is time for that."""
        rungs, facts = self.adapter.rungs, self._facts()
        rung = sizes.first_rung(rungs, facts, self._seconds())
        pace = sizes.foretold(rungs[rung], facts)
        least = pace.search_start + pace.train_start
        if least > _SHARE_OF_STARTS * self._seconds():
            words.warn_of_little(self.budget, _STARTS * least)
        elif self._seconds() < math.inf:
            rung, pace = choice.measured(
                self.adapter, facts, self._probe, self._seconds
            )
        return pace, sizes.planned(rung, pace, facts, self._seconds())

    def _probe(self, rung):
        halves = self.examples.halves
        return paces.Probe(
            self._hypermodel(rung),
            halves.train,
            halves.num_train,
            self.batch_size,
        )

    def _tuner(self, plan):
        rung = self.adapter.rungs[plan.rung]
        return TunerInTime(
            self._hypermodel(rung),
            budget=self.budget,
            begun=self.record.get("begun"),
            plan=plan,
            derived=self.adapter.derived(rung),
            train_epochs=plan.train_epochs,
            recipe=self.adapter.recipe(),
            **self.project,
        )

    def _tune(self, tuner, plan):
        train = self.examples.halves.train
        if plan.trial_examples < self.examples.halves.num_train:
            train = datasets.stratified_subset(train, plan.trial_examples)
        tuner.search(
            train.batch(self.batch_size),
            validation_data=self.examples.judged.batch(self.batch_size),
            epochs=plan.search_epochs,
            callbacks=[*self._callbacks(), tuner.search_deadline()],
            verbose=self.options["verbose"],
        )

    def _last_sizes(self, tuner, pace, plan):
        """What fits into the time that the trials have left."""
        # Steps are as quick now as they were in the trials.
        pace = dataclasses.replace(
            pace, train_step=tuner.clock.step(pace.train_step)
        )
        examples, epochs = sizes.last(pace, self._facts(), self._seconds())
        if self.options["epochs"] is not None:
            epochs = min(epochs, self.options["epochs"])
        seen = plan.trial_examples * plan.train_epochs
        if examples * epochs < _SHARE_OF_SEEN * seen:
            # Then the network of the trial is likely to be the better one.
            epochs = 0
        return {"examples": examples, "epochs": epochs}

    def _train(self, tuner, best, folder, plan, *, examples, epochs):
        """The last training: on all examples, from first values."""
        found, search = (
            self.examples,
            tuner.trials.build(tuner.oracle.get_space()),
        )
        train = found.everything
        if examples < found.num_everything:
            train = datasets.stratified_subset(train, examples)
        data = trial_data.read(
            search,
            train.batch(self.batch_size),
            validation_data=found.judged.batch(self.batch_size),
        )
        task, seed = data.settle(search), self.project["seed"] or 0
        with seeded(seed):
            network = data.network(
                search,
                genotypes.load(tuner.project.genotype_file(best.trial_id)),
                self.adapter.derived(self.adapter.rungs[plan.rung]),
            )
        recipe = {**self.adapter.recipe(), "epochs": epochs, "seed": seed}
        verbose = self.options["verbose"]
        shown = [training.TimeLeft()] if verbose else []
        data.recipe(network, task, recipe).fit(
            network,
            data.train,
            data.validation if found.own_validation else None,
            output_dir=folder,
            callbacks=[
                *self._callbacks(),
                Deadline(self.budget, self.budget.seconds, "last training"),
                *shown,
            ],
            verbose=verbose,
        )

    def _callbacks(self):
        given = self.options["callbacks"] or []
        return [*given, NoteTime(self.record, self.budget)]

    def _hypermodel(self, rung):
        return self.adapter.hypermodel(rung, len(self.examples.labels))

    def _seconds(self):
        """Those that can be planned with."""
        if self.budget.seconds == math.inf:
            return math.inf
        return max(0.0, self.budget.left() - _SPARE * self.budget.seconds)

    def _facts(self):
        halves = self.examples.halves
        return sizes.Facts(
            examples=halves.num_train,
            last_examples=self.examples.num_everything,
            work=self.adapter.work * self.batch_size / _BATCH_OF_WORK,
            batch_size=self.batch_size,
            max_trials=self.options["max_trials"],
            most_epochs=self.adapter.most_epochs,
        )


def _is_trained(folder):
    return seals.is_run(folder) and seals.is_finished(folder, "network")


def _best(tuner):
    found = tuner.completed_trials()
    if not found:
        raise RuntimeError(
            "A trial must come to its end to give a model: all of them have "
            f"failed. `tuner.results_summary()` and {tuner.project_dir!r} say "
            "why"
        )
    return found[0]
