"""Arguments of networks, checked at the door."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence

from keras_darts import genotypes
from keras_darts.genotypes import Genotype
from keras_darts.genotypes import NasBench201Genotype
from keras_darts.genotypes import RecurrentGenotype
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.typing import Shape


def cells(genotype: Genotype | str) -> Genotype:
    """A `Genotype`, given as such or by its published name."""
    if isinstance(genotype, str):
        genotype = genotypes.get(genotype)
    if isinstance(genotype, Genotype):
        return genotype
    raise TypeError(
        "`genotype` must be a `Genotype` of normal and reduction cells, or "
        "the name of a published one. "
        f"Received: genotype={genotype!r} of type {type(genotype).__name__}"
    )


def recurrent(genotype: RecurrentGenotype | str) -> RecurrentGenotype:
    """A `RecurrentGenotype`, given as such, as text or by its name."""
    if isinstance(genotype, str):
        written = genotype.lstrip().startswith("Genotype(")
        read = RecurrentGenotype.from_text if written else genotypes.get
        genotype = read(genotype)
    if isinstance(genotype, RecurrentGenotype):
        return genotype
    raise TypeError(
        "`genotype` must be a `RecurrentGenotype`, or the name of a published "
        "one such as 'rnn_darts_v2'. "
        f"Received: genotype={genotype!r} of type {type(genotype).__name__}"
    )


def nas_bench_201(genotype: NasBench201Genotype | str) -> NasBench201Genotype:
    """A `NasBench201Genotype`, given as such or as its text."""
    if isinstance(genotype, str):
        genotype = NasBench201Genotype.from_text(genotype)
    if isinstance(genotype, NasBench201Genotype):
        return genotype
    raise TypeError(
        "`genotype` must be a `NasBench201Genotype`, or its text such as "
        "|none~0|+|none~0|skip_connect~1|. "
        f"Received: genotype={genotype!r} of type {type(genotype).__name__}"
    )


def tied_size(embedding_size: int, hidden_size: int, default: int) -> int:
    """The units of embedding and hidden state, which share a matrix."""
    arguments = {"embedding_size": embedding_size, "hidden_size": hidden_size}
    sizes = {
        positive_integer(name, size)
        for name, size in arguments.items()
        if size is not None
    } or {default}
    if len(sizes) > 1:
        raise ValueError(
            "`embedding_size` and `hidden_size` must be equal, since the "
            "decoder shares the embedding's matrix. Received: "
            f"embedding_size={embedding_size}, hidden_size={hidden_size}"
        )
    return sizes.pop()


def statistics(
    mean: Sequence[float] | None,
    variance: Sequence[float] | None,
    channels: int,
) -> tuple[tuple[float, ...], ...] | None:
    """`(mean, variance)` as tuples of floats, or `None` where both are."""
    if mean is None and variance is None:
        return None
    arguments = {"mean": mean, "variance": variance}
    numbers_ = [_one_a_channel(value, channels) for value in arguments.values()]
    if None in numbers_ or min(numbers_[1]) < 0:
        raise ValueError(
            "`mean` and `variance` must have one finite number each a channel "
            f"of the network's images, {channels}, and no variance below zero. "
            f"Received: mean={mean}, variance={variance}"
        )
    return tuple(numbers_)


def _one_a_channel(values, channels):
    try:
        numbers = tuple(map(float, values))
    except (TypeError, ValueError):
        return None
    whole = len(numbers) == channels and all(map(math.isfinite, numbers))
    return numbers if whole else None


def image_shape(input_shape: Shape, reductions: int) -> tuple[int, int, int]:
    """`(H, W, C)` whose sides can be halved that many times."""
    shape = tuple(input_shape)
    integers = all(isinstance(n, numbers.Integral) and n > 0 for n in shape)
    if len(shape) != 3 or not integers:
        raise ValueError(
            "`input_shape` must be the height, width and channels of the "
            f"images. Received: input_shape={shape}"
        )
    divisor = 2**reductions
    if shape[0] % divisor or shape[1] % divisor:
        raise ValueError(
            "`input_shape` must have a height and width that can be divided "
            f"by {divisor}, since the network halves them {reductions} times. "
            f"Received: input_shape={shape}"
        )
    return tuple(map(int, shape))
