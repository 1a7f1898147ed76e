"""Policies, and all that they could draw."""

import numpy as np
import tensorflow as tf

import keras_darts as kd

POLICIES = {
    "uniform": kd.relaxations.UniformDraws,
    "categorical": kd.relaxations.Categorical,
    "controller": lambda **options: kd.relaxations.Controller(
        units=4, num_layers=2, tanh_constant=3.0, **options
    ),
}


class Choices:
    """All sequences of decisions, one after the other."""

    def __init__(self):
        self.taken, self.counts = [], []

    def __iter__(self):
        while True:
            self.place = 0
            yield self
            while self.taken and self.taken[-1] + 1 == len(self.counts[-1]):
                self.taken.pop()
                self.counts.pop()
            if not self.taken:
                return
            self.taken[-1] += 1

    def pick(self, logs):
        if self.place == len(self.taken):
            self.taken.append(0)
            self.counts.append(np.flatnonzero(logs.numpy() > -1e6))
        number = self.counts[self.place][self.taken[self.place]]
        self.place += 1
        return tf.constant(number, "int32")


def enumerated(policy, logits):
    """A `Sample` for each sequence of decisions that can be made."""
    return [policy.walk(logits, choices.pick)[0] for choices in iter(Choices())]
