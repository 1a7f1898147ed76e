"""The policy of random search."""

import keras
import tensorflow as tf

from keras_darts.strategies.relaxations.decisions import Memory
from keras_darts.strategies.relaxations.decisions import possible_candidates
from keras_darts.strategies.relaxations.policy import Policy


@keras.saving.register_keras_serializable(package="keras_darts")
class UniformDraws(Policy):
    """Draws every edge and every candidate with equal probability.

    The logits are ignored. Outside of training all candidates of all edges
    have equal weights, until an architecture is chosen.

    The published code draws `none` too, which a genotype of DARTS' space does
    not have; here it is drawn where it can stand in the genotype.

    Args:
        seed: Integer. Defaults to `None`.

    Example:

    >>> layer = UniformDraws(seed=0)
    >>> layer.prepare(kd.search_spaces.darts_cnn(num_nodes=2).cells)
    >>> zeros = {kind: tf.zeros((5, 8)) for kind in ("normal", "reduce")}
    >>> drawn = layer.sample(zeros).drawn["normal"]
    >>> int(np.sum(drawn >= 0))  # two edges for each of two nodes
    4

    Reference: Li and Talwalkar, 2019, Random search and reproducibility for
    neural architecture search, section 3.3.
    """

    def begin(self):
        return Memory()

    def expected(self, logits):
        found = {}
        for kind, spec in self.cells.items():
            possible = possible_candidates(spec)
            counts = possible.sum(axis=-1, keepdims=True).clip(1)
            found[kind] = tf.constant(possible / counts, logits[kind].dtype)
        return found
