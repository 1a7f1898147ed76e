"""What architects see of a search whose relaxation draws architectures."""

import keras
import numpy as np
import tensorflow as tf

from keras_darts.search.random_streams import random_states
from keras_darts.search.replicas import per_replica
from keras_darts.search.reward import reward


class DrawnProblem:
    """The part of `SearchProblem` that draws, and judges what it drew.

    Args:
        search: A `DartsSearch` whose relaxation is a `Policy`.
    """

    def __init__(self, search):
        self._search = search

    @property
    def policy(self):
        """The relaxation, of which architectures are drawn."""
        return self._search.strategy.relaxation

    def draw(self, arch, number=1):
        """A `Sample` of the policy, the same on all replicas.

        Args:
            arch: Values for `search.arch_variables`.
            number: Integer > 0; draws of one step that shall differ have
                different ones. Defaults to `1`.
        """
        search = self._search
        mapping = [
            *zip(search.arch_variables, arch, strict=True),
            *random_states(search.supernet, tf.cast(number, "int32")),
        ]
        with keras.StatelessScope(state_mapping=mapping):
            return self.policy.sample(search.supernet.arch.all_logits())

    def judge(self, batch, weights, drawn):
        """Loss and reward of an architecture, without any gradient.

        Normalisations use the batch's statistics; there is no dropout where
        they do so outside of training too.

        Args:
            batch: Tuple (x, y) or (x, y, sample weight).
            weights: Of a `Sample`.
            drawn: Of the same.
        """
        found = self.gradients(
            batch,
            self.weight_values(),
            self.arch_values(),
            "nothing",
            searching=True,
            mixing=weights,
            drawn=drawn,
            training=self._search.modality.judged_in_training,
        )
        return found._replace(reward=reward(self._search, batch, found))

    def samples(self, count, batches):
        """Draws architectures, and judges all of them on the same batches.

        It is called from outside of any step, and changes no state.

        Args:
            count: Integer.
            batches: List of global batches, in tuples.

        Returns:
            Arrays: the numbers of what was drawn by kind of cell, (count, E,
            1), and the mean rewards (count,).
        """
        draw, judge = (self._outside(f) for f in (self._drawn, self._judged))
        parts = [
            per_replica(self._search.distribute_strategy, batch)
            for batch in batches
        ]
        found, rewards = [], []
        for number in range(count):
            # A step's draws have the numbers from one on.
            weights, drawn = draw(tf.constant(count + number + 1))
            rewards.append(
                np.mean([judge(part, weights, drawn) for part in parts])
            )
            found.append({kind: np.array(d) for kind, d in drawn.items()})
        drawn = {kind: np.stack([f[kind] for f in found]) for kind in found[0]}
        return drawn, np.array(rewards)

    def _drawn(self, number):
        sample = self.draw(self.arch_values(), number)
        return sample.weights, sample.drawn

    def _judged(self, batch, weights, drawn):
        batch = self._search.modality.begun(batch)
        return self.judge(batch, weights, drawn).reward

    def _outside(self, on_replica):
        """The function on all replicas; what it gives is the same on them."""
        strategy = self._search.distribute_strategy

        def function(*arguments):
            found = strategy.run(on_replica, arguments)
            return tf.nest.map_structure(
                lambda value: strategy.experimental_local_results(value)[0],
                found,
            )

        if self._search.run_eagerly:
            return function
        return tf.function(function, autograph=False, reduce_retracing=True)
