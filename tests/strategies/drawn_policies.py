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
    """Decides by numbers, one for each decision, among what is possible."""

    def __init__(self, numbers):
        self.numbers = numbers
        self.restart()

    def restart(self):
        self.counts = []

    def pick(self, logs):
        possible = tf.where(logs > -1e6)[:, 0]
        number = self.numbers[len(self.counts)]
        self.counts.append(tf.size(possible))
        return tf.cast(possible[number], "int32")


def sequences(decide, most=64):
    """What a function gives for each sequence of decisions, one by one.

    Args:
        decide: Function of `Choices`, of tensors; it is traced.
        most: Integer, as many decisions as it makes, or more.
    """

    @tf.function(autograph=False)
    def decided(numbers):
        choices = Choices(numbers)
        return decide(choices), tf.stack(choices.counts)

    numbers = np.zeros(most, "int32")
    while True:
        result, counts = decided(tf.constant(numbers))
        yield result
        left = np.flatnonzero(numbers[: len(counts)] + 1 < counts)
        if not left.size:
            return
        numbers[left[-1]] += 1
        numbers[left[-1] + 1 :] = 0


def enumerated(policy, logits):
    """A `Sample` for each sequence of decisions that can be made."""
    return [*sequences(lambda choices: policy.walk(logits, choices.pick)[0])]
