"""What perturbation decides in a cell, in which order, and how: no TensorFlow.

What has been decided of a cell is an array of booleans (E,), and mixing weights
(E, K), of which the rows of decided edges count. A score is a function of an
edge and a row that takes the place of its mixing weights: the higher, the
better is the network.
"""

import typing

import numpy as np


class Choice(typing.NamedTuple):
    """A decision: on an edge what stands there, for a node which edges do."""

    edge: int = None
    node: int = None


def candidates(spec, edge):
    """The numbers of the candidates that can be kept on an edge.

    `none` is one of them only where a genotype can say it.
    """
    return [
        number
        for number, name in enumerate(spec.primitives[edge])
        if name != "none" or spec.edges_per_node is None
    ]


def choices(spec, generator):
    """All decisions of a cell: edges in a random order, then nodes in one.

    Args:
        spec: `CellSpec`.
        generator: `numpy.random.Generator`.
    """
    count = {e: len(candidates(spec, e)) for e in range(len(spec.edges))}
    edges = [edge for edge in count if count[edge] > 1]
    nodes = [
        node
        for node in spec.nodes
        if spec.edges_per_node is not None
        and sum(count[edge] > 0 for edge in spec.edges_into(node))
        > spec.edges_per_node
    ]
    return [
        *(Choice(edge=int(edge)) for edge in generator.permutation(edges)),
        *(Choice(node=int(node)) for node in generator.permutation(nodes)),
    ]


def foregone(spec):
    """Edge -> row, for edges on which there is nothing to choose."""
    rows = {}
    for edge in range(len(spec.edges)):
        known = candidates(spec, edge)
        if len(known) < 2:
            row = np.zeros(spec.num_candidates)
            row[known] = 1.0
            rows[edge] = row
    return rows


def is_made(choice, spec, decided, rows):
    """Whether a decision has been made."""
    if choice.edge is not None:
        return bool(decided[choice.edge])
    live = _live_edges(spec, choice.node, rows)
    edges = spec.edges_into(choice.node)
    return bool(np.all(decided[edges])) and len(live) <= spec.edges_per_node


def made(choice, spec, weights, score):
    """Edge -> row that follows from a decision, and what was found.

    Args:
        choice: `Choice`.
        spec: `CellSpec`.
        weights: (E, K), the present mixing weights.
        score: Function of an edge and a row.

    Returns:
        The rows, and a dictionary from what was left out, a candidate's name
        or the number of an edge, to the score.
    """
    if choice.edge is not None:
        return _made_on_edge(choice.edge, spec, weights, score)
    return _made_for_node(choice.node, spec, weights, score)


def _made_on_edge(edge, spec, weights, score):
    scores = {}
    for number in candidates(spec, edge):
        row = np.array(weights[edge])
        # The others keep their weights: nothing is normalised again.
        row[number] = 0.0
        scores[number] = score(edge, row)
    # The first of equals.
    kept = min(scores, key=scores.get)
    names = spec.primitives[edge]
    row = np.zeros(spec.num_candidates)
    row[kept] = 1.0
    return {edge: row}, {names[n]: found for n, found in scores.items()}


def _made_for_node(node, spec, weights, score):
    nothing = np.zeros(spec.num_candidates)
    scores = {
        edge: score(edge, nothing) for edge in _live_edges(spec, node, weights)
    }
    ranked = sorted(scores, key=scores.get)
    return {edge: nothing for edge in ranked[spec.edges_per_node :]}, scores


def _live_edges(spec, node, rows):
    return [edge for edge in spec.edges_into(node) if np.any(rows[edge])]
