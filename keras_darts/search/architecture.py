"""What can be read from the architecture parameters of a supernet."""

import numpy as np
import tensorflow as tf
from keras import ops


def mixing(supernet):
    """Mixing weights (E, K) and edge weights (E,), arrays by kind of cell."""
    found = supernet.arch(training=False)
    weights = {kind: ops.convert_to_numpy(w) for kind, (w, _) in found.items()}
    edge_weights = {
        kind: ops.convert_to_numpy(b)
        for kind, (_, b) in found.items()
        if b is not None
    }
    return weights, edge_weights


def entropy(weights):
    """Mean over the edges of all cells, in nats.

    Example:

    >>> round(entropy({"normal": np.full((14, 8), 1 / 8)}), 4)
    2.0794
    """
    rows = np.concatenate(
        [w.reshape(-1, w.shape[-1]) for w in weights.values()]
    )
    rows = rows / np.maximum(rows.sum(axis=-1, keepdims=True), 1e-12)
    logs = np.log(np.maximum(rows, 1e-12))
    return float(-(rows * logs).sum(axis=-1).mean())


def regularizer_gradients(supernet, regularizers):
    """The terms' gradients in the order of the architecture variables."""
    variables = [v.value for v in supernet.arch_variables]
    if not regularizers:
        return [tf.zeros_like(v) for v in variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(variables)
        logits = {
            kind: supernet.arch.logits(kind) for kind in supernet.arch.cells
        }
        weights = {
            kind: supernet.arch.relaxation(values, training=True)
            for kind, values in logits.items()
        }
        loss = tf.add_n([term(logits, weights) for term in regularizers])
    return tape.gradient(
        loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
