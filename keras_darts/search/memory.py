"""How much memory a search will take, by arithmetic, before it starts.

Of the forward pass a gradient keeps some tensors, which is nearly all that
grows with the batch. They are counted here candidate by candidate; what
TensorFlow takes for itself and for the graph was measured on a CPU.
`benchmarks/plan.py` compares the sum with what steps really take.
"""

import math
import typing

from keras_darts.search.precision import is_mixed

# Measured: TensorFlow with a data set, and what allocators and passing tensors
# add to those that are kept.
_PROCESS = 0.95e9
_SLACK = 1.15
# The candidates of each edge in the graph, by what is done with them: those
# that are drawn stand in branches, and an exact Hessian differentiates twice.
_CANDIDATE = {
    "exact": 2.9e6,
    "text": 2.9e6,
    "drawn": 2.0e6,
    "partial": 0.95e6,
    "stages": 0.1e6,
    "whole": 0.62e6,
}
# An exact Hessian keeps the tensors of the gradient too.
_TWICE = 4
# For each pair of words that attend to one another, by each head.
_SCORES, _HEADS = 3, 4
# Of the one cell that is computed again, beside its kept tensors, gradients.
_AGAIN = 1.5
# A weight, its momentum, its gradient, and all three packed.
_COPIES = 6
# Tensors as large as the output that a candidate keeps for its gradient, by
# how its name begins. The pools' are shared by the edges that leave a node.
_KEPT = {
    "none": 0,
    "skip_connect": 0,
    "max_pool": 0,
    "avg_pool": 0,
    "sep_conv": 5,
    "dil_conv": 2,
    "conv_7x1": 3,
    "nor_conv": 1,
    "conv_1d": 1,
    "noise": 1,
    "self_attention": 8,
}
_UNKNOWN = 6
# The same of what is computed once for all edges that leave a node.
_SHARED = {"max_pool": 2, "avg_pool": 2, "dil_conv": 1}


class Settings(typing.NamedTuple):
    """What decides the memory of a step, beside the search space.

    `partial` is the `k` of partial channels, `drawn` whether one candidate of
    an edge runs at a time, and `exact` whether gradients are differentiated.
    """

    input_shape: tuple
    batch_size: int
    num_weights: int
    partial: int = 1
    drawn: bool = False
    rematerialize: bool = False
    bytes_per_number: int = 4
    exact: bool = False


def settings_of(search, batch_size):
    """The `Settings` of a `DartsSearch` that is built."""
    strategy = search.strategy
    connection = strategy.connection
    connection = getattr(connection, "base", connection)
    hessian = getattr(strategy.architect, "hessian", None)
    return Settings(
        search.image_shape,
        math.ceil(batch_size / search.accumulation_steps),
        sum(math.prod(v.shape) for v in search.weight_variables),
        partial=getattr(connection, "k", 1),
        drawn=bool(getattr(strategy.relaxation, "draws", False)),
        rematerialize=search.rematerialize,
        # An unrolled gradient is in full precision as a whole.
        bytes_per_number=2 if is_mixed(search) and hessian is None else 4,
        exact=hessian == "exact",
    )


def predicted_peak(space, settings):
    """The most bytes that a search will have in memory at once, on a CPU.

    First and second order take the same: their gradients follow one another.
    An exact Hessian takes more.

    Args:
        space: Search space of images or sentences.
        settings: `Settings`.

    Example:

    >>> space = kd.search_spaces.darts_cnn(16, 8)
    >>> peak = predicted_peak(space, Settings((32, 32, 3), 64, 1_930_618))
    >>> round(peak / 1e9)
    7
    """
    cells = list(_cells(space, settings))
    kept = sum(cell.inputs for cell in cells)
    if settings.rematerialize:
        kept += _AGAIN * max(cell.inside for cell in cells)
    else:
        kept += sum(cell.inside for cell in cells)
    kept *= _TWICE if settings.exact else 1
    numbers = _SLACK * kept * settings.batch_size
    return int(
        _PROCESS
        + _candidate(space, settings) * sum(c.candidates for c in cells)
        + settings.bytes_per_number * numbers
        + 4 * _COPIES * settings.num_weights
    )


def _candidate(space, settings):
    """The bytes that a candidate takes in the graph."""
    holds = {
        "exact": settings.exact,
        "text": space.modality == "text",
        "drawn": settings.drawn,
        "partial": settings.partial > 1,
        "stages": space.skeleton == "stages",
        "whole": True,
    }
    return next(_CANDIDATE[kind] for kind, held in holds.items() if held)


class _Cell(typing.NamedTuple):
    """Numbers that one element keeps; `candidates` is how many there are."""

    inputs: float
    inside: float
    candidates: int


def _cells(space, settings):
    """What each cell of the supernet keeps."""
    sides = settings.input_shape
    # Tokens have no channels.
    sides = sides[:-1] if len(sides) > 1 else sides
    pixels, halved = math.prod(sides), 2 ** len(sides)
    if space.skeleton == "stages":
        for stage in range(3):
            size = space.filters * 2**stage * pixels / halved**stage
            for _ in range(space.num_cells):
                yield _cell(space.cell, size, size, size, settings)
        return
    filters = space.filters
    before = space.stem_multiplier * filters * pixels
    for index in range(space.num_cells):
        spec = space.cells[space.kind(index)]
        filters *= 2 if spec.reduction else 1
        size = filters * pixels
        pixels /= halved if spec.reduction else 1
        cell = _cell(spec, before, size, filters * pixels, settings)
        scores = _scores(spec, pixels) / settings.partial
        yield cell._replace(inside=cell.inside + scores)
        before = len(spec.concat) * filters * pixels


def _cell(spec, before, size, halved, settings):
    """Of a cell whose inputs have `size` numbers, and its nodes `halved`."""
    sources = {}
    inside = 0.0
    for edge, primitives in enumerate(spec.primitives):
        kept = [_by_name(_KEPT, name, _UNKNOWN) for name in primitives]
        mixed = max(kept) if settings.drawn else sum(kept)
        inside += mixed * halved / settings.partial
        sources.setdefault(spec.edges[edge][1], set()).update(primitives)
    for source, names in sources.items():
        families = {_family(_SHARED, name) for name in names} - {None}
        shared = 1 + sum(_SHARED[family] for family in families)
        of_source = size if source < spec.num_inputs else halved
        inside += shared * of_source / settings.partial
    inside += len(spec.nodes) * halved
    if spec.num_inputs > 1:
        # Rectified, convolved and normalised, for each of the two inputs.
        inside += 2 * (before + 2 * size)
    return _Cell(before, inside, sum(map(len, spec.primitives)))


def _scores(spec, length):
    """Numbers that self-attention keeps of pairs of words, in all edges."""
    edges = sum("self_attention" in names for names in spec.primitives)
    return _SCORES * _HEADS * length**2 * edges


def _by_name(table, name, otherwise):
    family = _family(table, name)
    return otherwise if family is None else table[family]


def _family(table, name):
    return next((start for start in table if name.startswith(start)), None)
