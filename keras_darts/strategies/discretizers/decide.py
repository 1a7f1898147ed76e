"""Decisions on the architecture while the supernet is tuned."""

import logging

import numpy as np

from keras_darts.strategies.callbacks.search_callback import SearchCallback
from keras_darts.strategies.discretizers import trials

_LOG = logging.getLogger("keras_darts")


class Decide(SearchCallback):
    """Decides by perturbation, as the epochs for it go by.

    It remembers nothing: what comes next follows from the seed and from what
    is decided, which lies in the supernet's variables.

    Args:
        rule: `discretizers.Perturbation`.
    """

    def __init__(self, rule):
        super().__init__()
        self.rule = rule

    def on_train_begin(self, logs=None):
        kind = self.model.task.kind
        classes = kind in ("sparse", "one_hot")
        criterion = self.rule.criterion or ("accuracy" if classes else "loss")
        if criterion == "accuracy" and not classes:
            raise ValueError(
                "`criterion` must be 'loss' where labels are no classes. "
                f"Received: criterion='accuracy', for a task of kind {kind!r}"
            )
        self._criterion = criterion
        self._batches = self.rule.batches or self.params["steps"]
        # Those that train the supernet.
        self.epochs = self.params["epochs"] - self.model.extra_epochs
        self._between = self.rule.epochs_between(self.epochs)
        self._choices = self.rule.choices(
            self.model.search_space, self.model.seed
        )

    def on_epoch_begin(self, epoch, logs=None):
        tuned = epoch - self.epochs
        if tuned < 0:
            self._check_undecided()
            return
        if tuned == 0:
            self._begin()
        last = max(map(len, self._choices.values()))
        while self._steps_done() * self._between <= tuned:
            if self._steps_done() == last:
                break
            for kind, open_choices in self._open().items():
                if open_choices:
                    self._decide(epoch, kind, open_choices[0])

    @property
    def _arch(self):
        return self.model.supernet.arch

    def _check_undecided(self):
        if any(decided.any() for decided, _ in self._decisions().values()):
            raise ValueError(
                "`epochs` must stay as it was once a decision is made: the "
                "supernet is no longer whole. Received: "
                f"epochs={self.epochs}"
            )

    def _begin(self):
        """The momentum is forgotten, and what has no alternative decided."""
        for variable in self.model.optimizer.variables:
            if variable.name not in ("iteration", "learning_rate"):
                variable.assign(np.zeros(variable.shape, variable.dtype))
        for kind, spec in self._arch.cells.items():
            for edge, row in trials.foregone(spec).items():
                self._arch.decide(kind, edge, row)

    def _decisions(self):
        return {kind: self._arch.decisions(kind) for kind in self._arch.cells}

    def _open(self):
        """The decisions that are still to be made, by kind of cell."""
        decisions = self._decisions()
        return {
            kind: [
                choice
                for choice in known
                if not trials.is_made(
                    choice, self._arch.cells[kind], *decisions[kind]
                )
            ]
            for kind, known in self._choices.items()
        }

    def _steps_done(self):
        return max(
            len(self._choices[kind]) - len(left)
            for kind, left in self._open().items()
        )

    def _decide(self, epoch, kind, choice):
        spec, arch = self._arch.cells[kind], self._arch
        weights = np.array(arch(training=False)[kind].weights)

        def score(edge, row):
            with arch.tried(kind, edge, row):
                loss, accuracy = self.model.trials(epoch, self._batches)
            return accuracy if self._criterion == "accuracy" else -loss

        rows, scores = trials.made(choice, spec, weights, score)
        for edge, row in rows.items():
            arch.decide(kind, edge, row)
        _LOG.info("%s", self._report(epoch, kind, choice, rows, scores))

    def _report(self, epoch, kind, choice, rows, scores):
        spec = self._arch.cells[kind]
        sign = 1 if self._criterion == "accuracy" else -1
        if choice.edge is not None:
            node, source = spec.edges[choice.edge]
            (row,) = rows.values()
            name = spec.primitives[choice.edge][int(np.argmax(row))]
            what = f"edge {source} -> {node} keeps {name}"
        else:
            sources = [spec.edges[edge][1] for edge in rows]
            what = f"node {choice.node} loses its edges from {sources}"
            scores = {spec.edges[e][1]: found for e, found in scores.items()}
        found = ", ".join(f"{k} {sign * v:.4f}" for k, v in scores.items())
        return (
            f"epoch {epoch}: {kind} cell, {what}; {self._criterion} "
            f"without {found}"
        )
