"""A cell drawn by Graphviz."""

import html
import itertools

import graphviz

from keras_darts.analysis.cell_graph import NODE_COLORS
from keras_darts.analysis.picture import INK

_TEXT = {"fontname": "Helvetica", "fontsize": "15", "fontcolor": INK}
_GRAPH = {
    "rankdir": "LR",
    "bgcolor": "white",
    "nodesep": "0.16",
    "ranksep": "0.3",
    "pad": "0.15",
    "labelloc": "t",
}
_SMALL = '<FONT POINT-SIZE="11">{}</FONT>'
_BOX = {
    "shape": "box",
    "style": "rounded,filled",
    "penwidth": "1.4",
    "width": "0.5",
    "height": "0.42",
    "margin": "0.08,0.04",
}
_LABEL = {
    "shape": "plaintext",
    "style": "",
    "fontsize": "11",
    "width": "0",
    "height": "0",
    "margin": "0.04,0.02",
}


def cell_digraph(graph, title=None):
    """A `graphviz.Digraph` of a `CellGraph`; notebooks display it."""
    digraph = graphviz.Digraph(
        graph_attr=_GRAPH | _TEXT,
        node_attr=_BOX | _TEXT,
        edge_attr={"arrowsize": "0.7"},
    )
    if title:
        digraph.attr(label=graphviz.escape(title))
    _add_nodes(digraph, graph.nodes)
    for number, edge in enumerate(graph.edges):
        _add_edge(digraph, edge, f"edge{number}")
    return digraph


def _add_nodes(digraph, nodes):
    for node in nodes:
        fill, border = NODE_COLORS[node.role]
        label = html.escape(node.label)
        if node.subscript:
            low = html.escape(node.subscript)
            label = f"<I>{label}</I><SUB>{_SMALL.format(low)}</SUB>"
        digraph.node(node.key, f"<{label}>", fillcolor=fill, color=border)
    with digraph.subgraph(graph_attr={"rank": "same"}) as inputs:
        keys = [node.key for node in nodes if node.role == "input"]
        for above, below in itertools.pairwise(keys):
            inputs.edge(above, below, style="invis")


def _add_edge(digraph, edge, key):
    look = {"color": edge.color, "style": edge.style}
    if not edge.primitive:
        digraph.edge(edge.source, edge.target, **look)
        return
    # A label that is a node of its own stands in its arrow, where it can't be
    # taken for the label of another.
    text = graphviz.escape(edge.primitive)
    digraph.node(key, text, fontcolor=edge.color, **_LABEL)
    look["penwidth"] = "1.5"
    digraph.edge(edge.source, f"{key}:w", arrowhead="none", **look)
    digraph.edge(f"{key}:e", edge.target, **look)
