"""The decisions by which a policy comes to an architecture."""

import numpy as np
import tensorflow as tf

_IMPOSSIBLE = -1e9


class Memory:
    """What a policy decides by, in the course of one architecture.

    This one decides by nothing: all that is possible has the same score.
    `saw_edge` and `saw_candidate` tell a subclass of each decision.

    Example:

    >>> Memory().candidate_scores(tf.ones(3)).numpy().tolist()
    [0.0, 0.0, 0.0]
    """

    def enter_cell(self, spec):
        """The next decisions are about a cell of this `CellSpec`."""

    def edge_scores(self, logits, possible):
        """(n, K) logits of the edges into a node, (n, K) booleans -> (n,)."""
        return tf.zeros_like(logits[:, 0])

    def saw_edge(self, edge):
        """An edge into the node was kept."""

    def candidate_scores(self, logits):
        """(K,) logits of the candidates of an edge -> (K,)."""
        return tf.zeros_like(logits)

    def saw_candidate(self, candidate):
        """A candidate was put on it."""

    def leave_node(self):
        """All about the node is decided."""


class Course:
    """Decisions, one after the other, and what is known of them all."""

    def __init__(self, pick):
        self._pick = pick
        self.log_probability = self.entropy = 0.0

    def node(self, memory, logits, possible, count):
        """Candidates (n,) on the edges into a node, and shares (n, K).

        Args:
            memory: `Memory`.
            logits: (n, K).
            possible: (n, K) booleans.
            count: Integer, how many edges are kept, or `None` for all.
        """
        size = logits.shape[0]
        if count is None:
            found = [
                self._candidate(memory, logits[edge], possible[edge])
                for edge in range(size)
            ]
            return [tf.stack(parts) for parts in zip(*found, strict=True)]
        candidates = tf.fill((size,), -1)
        shares, usable = tf.zeros_like(logits), possible.any(axis=-1)
        left = tf.constant(usable)
        for _ in range(min(count, usable.sum())):
            edge, _ = self._decide(memory.edge_scores(logits, possible), left)
            memory.saw_edge(edge)
            candidate, found = self._candidate(
                memory, tf.gather(logits, edge), tf.gather(possible, edge)
            )
            here = tf.range(size) == edge
            candidates = tf.where(here, candidate, candidates)
            shares = tf.where(here[:, None], found, shares)
            left = left & ~here
        return candidates, shares

    def _candidate(self, memory, logits, possible):
        found = self._decide(memory.candidate_scores(logits), possible)
        memory.saw_candidate(found[0])
        return found

    def _decide(self, scores, possible):
        """The number of what is decided for, and all probabilities."""
        logs = tf.nn.log_softmax(tf.where(possible, scores, _IMPOSSIBLE))
        shares, number = tf.exp(logs), tf.cast(self._pick(logs), "int32")
        self.log_probability += tf.gather(logs, number)
        self.entropy -= tf.reduce_sum(shares * logs)
        return number, shares


def possible_candidates(spec):
    """(E, K) booleans: what may stand on an edge that a genotype has."""
    names = np.full((len(spec.edges), spec.num_candidates), "none", object)
    for edge, candidates in enumerate(spec.primitives):
        names[edge, : len(candidates)] = candidates
    present = (
        np.arange(spec.num_candidates)
        < np.array([len(edge) for edge in spec.primitives])[:, None]
    )
    if spec.edges_per_node is None:
        return present
    return present & (names != "none")
