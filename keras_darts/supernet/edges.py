"""How a cell calls an edge, which may know more than `call`.

An edge is a layer that is called with an input and the mixing weights of its
candidates. It may have `look(shared, training)` and `from_shared(shared,
weights, training)`, which compute what several edges need only once, and
`from_drawn(inputs, weights, drawn, training)`, which runs some candidates only.
"""


def look_of(edge, shared, drawn, training):
    """Has what an edge needs of its input computed."""
    if drawn is None and hasattr(edge, "look"):
        return edge.look(shared, training)
    return shared.inputs


def output_of(edge, shared, weights, drawn, training):
    """What an edge gives, in the best way that it has."""
    if drawn is not None and hasattr(edge, "from_drawn"):
        return edge.from_drawn(shared.inputs, weights, drawn, training)
    if drawn is None and hasattr(edge, "from_shared"):
        return edge.from_shared(shared, weights, training)
    return edge(shared.inputs, weights, training=training)
