"""What a search is, in a line."""

from keras_darts import search_spaces
from keras_darts import strategies


def in_a_line(search):
    """A search by its space, its strategy and how far it has come."""
    return (
        f"<{type(search).__name__}: {_space(search)}, "
        f"{_strategy(search.whole_strategy)}, {_state(search)}>"
    )


def _space(search):
    space, left_out = search.whole_space, search.whole_strategy.exclude
    for name in search_spaces.names():
        if search_spaces.get(name).without(left_out).cells == space.cells:
            return f"search space {name}"
    edges = sum(len(spec.edges) for spec in space.cells.values())
    most = max(spec.num_candidates for spec in space.cells.values())
    return f"search space of {most} candidates on {edges} edges"


def _strategy(strategy):
    for name in strategies.names():
        if strategies.get(name) == strategy:
            return f"strategy {name}"
    return f"own strategy on {type(strategy.relaxation).__name__}"


def _state(search):
    if not search.built:
        return "waits for data"
    optimizer = getattr(search, "optimizer", None)
    steps = 0 if optimizer is None else int(optimizer.iterations)
    if not steps:
        return "not searched yet"
    stage = f" of stage {search.stage + 1}" if len(search.stages) > 1 else ""
    return f"searched for {steps} steps{stage}"
