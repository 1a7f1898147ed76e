"""Estimated peak memory of a search, and whether it fits.

Of the forward pass a gradient keeps some tensors, which is nearly all that
grows with the batch. They are counted here candidate by candidate; what
TensorFlow takes for itself and for the graph was measured on a CPU.
`benchmarks/estimate.py` compares the sum with what steps really take.
"""

from __future__ import annotations

import math
import pathlib
import typing
import warnings
from typing import TYPE_CHECKING

import tensorflow as tf

from keras_darts.distributed.devices import check_batch_size
from keras_darts.networks.gradient_accumulation import check_divides
from keras_darts.search.mixed_precision import is_mixed
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.typing import PathLike

try:
    import psutil
except ImportError:
    # Of a Python that lacks what psutil needs of the system, as `resource`.
    psutil = None

if TYPE_CHECKING:
    from keras_darts.search.darts_search import DartsSearch
    from keras_darts.search_spaces.search_space import BaseSpace


# Measured: TensorFlow with a data set, and what allocators and passing tensors
# add to those that are kept.
_PROCESS = 0.95e9
_SLACK = 1.15
# The candidates of each edge in the graph, by what is done with them: those
# that are drawn are in branches, and an exact Hessian differentiates twice.
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
# Of the one cell that is computed again, next to its kept tensors, gradients.
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
    """What decides the memory of a step, besides the search space.

    `channel_fraction` is the share of the channels that candidates see,
    `num_sampled` how many candidates of an edge run where the relaxation
    samples them, or `None` for all, and `second_derivatives` whether gradients
    are differentiated.
    """

    input_shape: tuple[int, ...]
    batch_size: int
    num_weights: int
    channel_fraction: float = 1.0
    num_sampled: int | None = None
    rematerialize: bool = False
    bytes_per_number: int = 4
    second_derivatives: bool = False


def settings_of(search: DartsSearch, batch_size: int) -> Settings:
    """The `Settings` of a `DartsSearch` that is built."""
    strategy = search.strategy
    relaxation, architect = strategy.relaxation, strategy.architect
    cells = search.search_space.cells.values()
    most = max(spec.num_candidates for spec in cells)
    half = is_mixed(search) and not architect.full_precision
    return Settings(
        search.image_shape,
        math.ceil(batch_size / search.gradient_accumulation_steps),
        sum(math.prod(v.shape) for v in search.weight_variables),
        channel_fraction=strategy.connection.channel_fraction,
        num_sampled=relaxation.num_evaluated(most)
        if relaxation.samples
        else None,
        rematerialize=search.rematerialize,
        bytes_per_number=_HALF if half else 4,
        second_derivatives=architect.second_derivatives,
    )


def predicted_peak(space: BaseSpace, settings: Settings) -> int:
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
    kept *= _TWICE if settings.second_derivatives else 1
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
        "exact": settings.second_derivatives,
        "text": len(settings.input_shape) == 1,
        "drawn": settings.num_sampled is not None,
        "partial": settings.channel_fraction < 1,
        "stages": space.skeleton == "stages",
        "whole": True,
    }
    return next(_CANDIDATE[name] for name, held in holds.items() if held)


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
        spec = space.cells[space.cell_type(index)]
        filters *= 2 if spec.reduction else 1
        size = filters * pixels
        pixels /= halved if spec.reduction else 1
        cell = _cell(spec, before, size, filters * pixels, settings)
        scores = _scores(spec, pixels) * settings.channel_fraction
        yield cell._replace(inside=cell.inside + scores)
        before = len(spec.concat) * filters * pixels


def _cell(spec, before, size, halved, settings):
    """Of a cell whose inputs have `size` numbers, and its nodes `halved`."""
    sources = {}
    inside = 0.0
    for edge, primitives in enumerate(spec.primitives):
        kept = [_by_name(_KEPT, name, _UNKNOWN) for name in primitives]
        # Those that keep the most, as any may be sampled.
        mixed = sum(sorted(kept, reverse=True)[: settings.num_sampled])
        inside += mixed * halved * settings.channel_fraction
        sources.setdefault(spec.edges[edge][1], set()).update(primitives)
    for source, names in sources.items():
        families = {_family(_SHARED, name) for name in names} - {None}
        shared = 1 + sum(_SHARED[family] for family in families)
        of_source = size if source < spec.num_inputs else halved
        inside += shared * of_source * settings.channel_fraction
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


# Of a container, the newer kind and the older: the limit and what is used.
_GROUPS = (
    ("memory.max", "memory.current"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
)


def memory_limit(root: PathLike = "/") -> int | None:
    """The bytes this process may have, those it has included.

    What others use is left to them. `None` where psutil can't be imported.

    Args:
        root: Folder in which `sys` is. Defaults to `"/"`.

    Example:

    >>> memory_limit() > 0
    True
    """
    if psutil is None:
        return None
    groups = pathlib.Path(root, "sys/fs/cgroup")
    limits = [
        _of_group(groups / limit, groups / used) for limit, used in _GROUPS
    ]
    available = psutil.virtual_memory().available
    free = min([available, *(free for free in limits if free is not None)])
    return max(free, 0) + psutil.Process().memory_info().rss


def _of_group(limit, used):
    # psutil knows the machine alone.
    limit, used = _text(limit).strip(), _text(used).strip()
    # Without a limit the newer kind says "max".
    if not limit.isdigit() or not used.isdigit():
        return None
    return int(limit) - int(used)


def _text(path):
    try:
        return path.read_text()
    except OSError:
        return ""


_PARTIAL = 4
# Bytes of a number, and the policy that has such.
_HALF, _MIXED = 2, "mixed_bfloat16"


class Proposal(typing.NamedTuple):
    """A change of arguments, as text, and the bytes that it leads to."""

    change: str
    peak: int


def estimate_peak_memory(search: DartsSearch, batch_size: int) -> int | None:
    """The predicted peak in bytes, or `None` for a recurrent search."""
    if not search.task_adapter.predicts_memory:
        return None
    return predicted_peak(search.search_space, settings_of(search, batch_size))


def proposals(search: DartsSearch, batch_size: int) -> list[Proposal]:
    """What would take less memory, what changes the search least first.

    Computing cells again gives the same numbers; a batch in parts is
    normalised part by part; half precision rounds; a smaller batch has other
    gradients; and partial channels are another method.

    Args:
        search: `DartsSearch` on images or sentences, built.
        batch_size: Integer.

    Returns:
        List of `Proposal`s, each a change of its own.
    """
    settings, space = settings_of(search, batch_size), search.search_space
    now = predicted_peak(space, settings)
    result = [
        Proposal(words, predicted_peak(space, settings._replace(**change)))
        for words, change in _changes(search, settings, batch_size)
    ]
    return [proposal for proposal in result if proposal.peak < now]


def _changes(search, settings, batch_size):
    """In words, and as fields of `Settings`."""
    if not settings.rematerialize:
        yield "rematerialize=True", {"rematerialize": True}
    parts = search.gradient_accumulation_steps
    for steps in (2 * parts, 4 * parts):
        if _is_accepted(search, batch_size, steps):
            part = math.ceil(batch_size / steps)
            yield f"gradient_accumulation_steps={steps}", {"batch_size": part}
    if settings.bytes_per_number > _HALF:
        yield f'dtype="{_MIXED}"', {"bytes_per_number": _HALF}
    for size in (batch_size // 2, batch_size // 4):
        if size and _is_accepted(search, size, parts):
            part = math.ceil(size / parts)
            yield f"batch_size={size}", {"batch_size": part}
    whole = settings.channel_fraction == 1
    if whole and search.search_space.filters % _PARTIAL == 0:
        partial = {
            "channel_fraction": 1 / _PARTIAL,
            "num_sampled": None,
            "second_derivatives": False,
        }
        yield 'strategy="pc_darts"', partial


def _is_accepted(search, batch_size, steps):
    """Whether `fit` would take them."""
    try:
        check_batch_size(batch_size, search.distribute_strategy)
        check_accumulation(search, batch_size, steps)
    except ValueError:
        return False
    return True


def check_memory(search: DartsSearch, batch_size: int) -> None:
    """Warns of a search that is estimated to need more memory than there is.

    On a GPU, whose memory says itself when it is full, nothing is checked.

    Warns:
        RuntimeWarning: with what would need less.
    """
    if tf.config.list_physical_devices("GPU"):
        return
    peak, limit = estimate_peak_memory(search, batch_size), memory_limit()
    if peak is None or limit is None or peak <= limit:
        return
    less = [
        f"{in_gigabytes(proposal.peak)} with {proposal.change}"
        for proposal in proposals(search, batch_size)
    ]
    warnings.warn(
        f"The search is estimated to need {in_gigabytes(peak)} of memory with "
        f"batch_size={batch_size}, and may have {in_gigabytes(limit)}: the "
        "system may end it without a word. It would need "
        f"{', '.join(less) or 'less with fewer filters or cells'}.",
        RuntimeWarning,
        stacklevel=2,
    )


def in_gigabytes(count: int) -> str:
    """A number of bytes in the words of a person.

    Example:

    >>> in_gigabytes(6_670_000_000)
    '6.7 GB'
    """
    # Rounded up: too little would mislead.
    return f"{math.ceil(count / 1e8) / 10:.1f} GB"


# Losses whose mean over parts is that of the whole batch.
_MEANS = ("sum_over_batch_size", "mean")


def check_accumulation(
    search: DartsSearch, batch_size: int, steps: int
) -> None:
    """Raises a `ValueError` where batches can't be cut into so many parts."""
    positive_integer("gradient_accumulation_steps", steps)
    if steps == 1:
        return
    if not search.task_adapter.accumulates:
        raise ValueError(
            "`gradient_accumulation_steps` must be 1 for language, whose loss "
            "has a penalty on all rows together: a smaller batch_size saves as "
            f"much. Received: gradient_accumulation_steps={steps}"
        )
    reduction = getattr(search.chosen_loss, "reduction", _MEANS[0])
    if reduction not in _MEANS:
        raise ValueError(
            "`loss` must be a mean over the batch, reduction="
            f"{_MEANS[0]!r}, where gradient_accumulation_steps={steps}. "
            f"Received: reduction={reduction!r}"
        )
    replicas = search.distribute_strategy.num_replicas_in_sync
    check_divides(steps, batch_size, replicas)
