"""The policy that draws by a softmax of the alphas."""

import keras
import tensorflow as tf

from keras_darts.strategies.relaxations.decisions import Memory
from keras_darts.strategies.relaxations.policy import Policy


@keras.saving.register_keras_serializable(package="keras_darts")
class Categorical(Policy):
    """Draws by a softmax of the logits, one decision apart from the others.

    A node that keeps some of its edges draws them, each with its candidate, by
    the softmax over all candidates of all its edges, where no edge is drawn
    twice. Where every edge is kept, its candidate is drawn by the softmax over
    those of the edge.

    Trained by `Reinforce` it is the gradient search with the estimate of
    reinforcement learning in place of the gradient through the network.

    Args:
        seed: Integer. Defaults to `None`.

    Example:

    >>> layer = Categorical(seed=0)
    >>> layer.prepare(kd.search_spaces.nas_bench_201().cells)
    >>> sample = layer.sample({"cell": tf.zeros((6, 5))})
    >>> sample.drawn["cell"].shape
    TensorShape([6, 1])
    >>> round(float(sample.log_probability / np.log(5)))
    -6

    Reference: Williams, 1992, Simple statistical gradient-following algorithms
    for connectionist reinforcement learning; for cells Xie et al., 2019, SNAS,
    section 2, of which it is the objective.
    """

    def begin(self):
        return _Logits()


class _Logits(Memory):
    def edge_scores(self, logits, possible):
        return tf.reduce_logsumexp(tf.where(possible, logits, -1e9), axis=-1)

    def candidate_scores(self, logits):
        return logits
