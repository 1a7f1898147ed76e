"""A user's data set, read once to hold it or to count it."""

from __future__ import annotations

import collections.abc
import dataclasses
import hashlib
import itertools
import math
from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_darts.datasets.elements import Elements
from keras_darts.datasets.elements import Names
from keras_darts.datasets.elements import as_array
from keras_darts.datasets.elements import check_finite
from keras_darts.datasets.elements import check_not_empty
from keras_darts.datasets.elements import check_weights
from keras_darts.datasets.inspection import Traits
from keras_darts.datasets.inspection import traits
from keras_darts.utils.typing import Dataset

# Holds CIFAR-10 as float32; what is larger is read again in each pass.
MEMORY_LIMIT: int = 2**30
# Elements that come one by one are read this many at a time.
_CHUNK = 64
_RANK_OF_IMAGES = 3
# What TensorFlow says where elements can't be batched.
_OF_SHAPES = ("different shapes", "number of elements does not match")


@dataclasses.dataclass(frozen=True)
class _Source:
    """Batches, tuples of arrays, that are read.

    Args:
        batches: Iterator, the first pass: of some sources the only one.
        first_again: Function without arguments that returns the first batch of
            another pass.
        length: Integer, the batches of a pass, negative where not known.
        shows: `Traits`.
        batched: Boolean, whether the batches are the user's own.
        live: Function of the first batch and the number of elements that
            gives an unbatched `tf.data.Dataset`.
    """

    batches: collections.abc.Iterator
    first_again: Callable[..., Any]
    length: int
    shows: Traits
    batched: bool
    live: Callable[..., Any]


def from_dataset(
    dataset: Dataset,
    *,
    names: Names | None = None,
    rank: int | None = None,
    batch_size: int | None = None,
    steps_per_epoch: int | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> Elements:
    """`Elements` of a `tf.data.Dataset`, batched or not.

    What fits into `memory_limit` bytes is held. A larger data set, or one
    whose augmentation draws again, is read again in each pass if its order
    stays the same, and refused if it does not.
    """
    names = names or Names.of_one("x")
    _check_structure(dataset.element_spec, names)
    form = _form_of_spec(dataset.element_spec, rank, names)
    size, rows = batch_size or _CHUNK, None
    if form is None:
        rows = iter(dataset.as_numpy_iterator())
        first = next(rows, None)
        form = _form_of_element(first, rank, names)
        rows = itertools.chain([first], rows)
    batched = form == "batched"
    whole = dataset if batched else dataset.batch(size)
    if rows is None:
        rows = whole.as_numpy_iterator()
    elif not batched:
        rows = _in_batches(rows, size, names)
    length = int(whole.cardinality())
    _check_ends(length, steps_per_epoch)

    def live(first, count):
        return _unbatched(
            dataset.unbatch() if batched else dataset, first, count
        )

    return _elements(
        _Source(
            batches=rows,
            first_again=lambda: next(whole.take(1).as_numpy_iterator(), ()),
            length=length,
            shows=traits(whole),
            batched=batched,
            live=live,
        ),
        names=names,
        steps=steps_per_epoch,
        limit=memory_limit,
    )


def from_batches(
    data: keras.utils.PyDataset | Iterable[Any],
    *,
    names: Names | None = None,
    steps_per_epoch: int | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> Elements:
    """`Elements` of Python's own batches.

    Args:
        data: `keras.utils.PyDataset`, or an iterable of batches (x, y) or
            (x, y, sample weight), such as torch's `DataLoader`.
        names: `Names`. Defaults to `None`: those of data in `x`.
        steps_per_epoch: As in `from_dataset`.
        memory_limit: As in `from_dataset`.
    """
    names = names or Names.of_one("x")
    length = _num_batches(data)
    _check_ends(length, steps_per_epoch)

    def batches():
        return (_as_batch(row, names) for row in _rows(data, length))

    def live(first, count):
        signature = tuple(
            tf.TensorSpec([None] * part.ndim, part.dtype) for part in first
        )
        whole = tf.data.Dataset.from_generator(
            batches, output_signature=signature
        )
        return _unbatched(whole.unbatch(), first, count)

    # Of Python code nothing can be known but what it returns.
    shows = Traits(
        reshuffles=False,
        generated=True,
        random=True,
        draws=True,
        repeats=False,
        in_memory=False,
        one_pass=None,
    )
    return _elements(
        _Source(
            batches=batches(),
            first_again=lambda: next(batches(), ()),
            length=length,
            shows=shows,
            batched=True,
            live=live,
        ),
        names=names,
        steps=steps_per_epoch,
        limit=memory_limit,
    )


def _elements(source, *, names, steps, limit):
    batches = _told(source.batches, names)
    shows, finite = source.shows, source.length >= 0
    first = _checked_batch(next(batches, None), names)
    stable, changes = _order(source, finite, first)
    bound, notes = _bound(shows, None if finite else steps, changes, names)
    live = changes and stable
    columns, groups = _read(
        itertools.chain([first], batches),
        bound=bound,
        distinct=not finite or shows.repeats,
        limit=0 if live else limit,
        refusal=None if stable else _refusal(finite, limit, names),
        names=names,
    )
    held = columns[0] is not None
    if live:
        notes.append(
            "its random operations run again in every pass, outside the seed"
        )
    elif not held:
        notes.append("too large to hold, it is read again in every pass")
    elif not stable:
        notes.append(_read_once(finite, shows.random))
    if not source.batched:
        notes.append(f"{names.x} gives its elements one by one, unbatched")
    check_weights(
        columns[2] if len(columns) == 3 else None, names.sample_weight
    )
    return Elements(
        columns if held else source.live(first, len(columns[1])),
        columns[1],
        batch_size=len(first[0]) if source.batched else None,
        groups=groups,
        notes=tuple(notes),
        names=names,
    )


# The form of a tf.data.Dataset


def _check_structure(spec, names):
    if isinstance(spec, dict):
        keys = [*map(str, spec), "image", "label"]
        raise ValueError(
            f"{names.x} as a data set must give (x, y) or (x, y, "
            "sample_weight), not dictionaries, which don't say what the labels "
            f"are: call ds.map(lambda row: (row[{keys[0]!r}], "
            f"row[{keys[1]!r}])). Received: dictionaries of "
            f"{', '.join(map(str, spec))}"
        )
    if not isinstance(spec, tuple) or len(spec) not in (2, 3):
        raise ValueError(
            f"{names.x} as a data set must give (x, y) or (x, y, "
            f"sample_weight); labels are missing. Received: elements of {spec}"
        )
    if not all(isinstance(part, tf.TensorSpec) for part in spec):
        raise TypeError(
            f"{names.x} as a data set must give one dense tensor each for x, "
            f"y and sample_weight. Received: elements of {spec}"
        )


def _form_of_spec(spec, rank, names):
    """`"batched"`, `"unbatched"` or, where shapes don't say it, `None`."""
    shapes = [part.shape for part in spec]
    if any(shape.rank == 0 for shape in shapes):
        return "unbatched"
    if len(shapes) == 3 and shapes[2].rank == 1:
        return "batched"
    if None in (shapes[0].rank, shapes[1].rank):
        return None
    if rank is not None and shapes[0].rank == rank + 1:
        return "batched"
    lengths = {shape[0] for shape in shapes}
    if lengths == {None} and shapes[0].rank != rank:
        return "batched"
    if None in lengths:
        return None
    return _form_of_shapes(shapes, rank, names)


def _form_of_element(element, rank, names):
    check_not_empty(0 if element is None else 1, names.x)
    return _form_of_shapes([np.shape(part) for part in element], rank, names)


def _form_of_shapes(shapes, rank, names):
    if () in shapes:
        return "unbatched"
    if len({shape[0] for shape in shapes}) == 1:
        if rank is None or len(shapes[0]) != rank:
            return "batched"
        # One image with a row of labels as long as it is high, or a batch of
        # images without channels.
        raise _of_two_meanings(shapes, rank, names)
    if rank is not None and len(shapes[0]) != rank:
        raise _not_batched(shapes, names)
    return "unbatched"


def _not_batched(shapes, names):
    return ValueError(
        f"{names.x} as a data set must be batched: call ds.batch(64). "
        f"Received: elements of shapes {', '.join(map(str, shapes))}"
    )


def _of_two_meanings(shapes, rank, names):
    if rank != _RANK_OF_IMAGES:
        return _not_batched(shapes, names)
    return ValueError(
        f"{names.x} must be images of shape (height, width, channels): give "
        "grey ones the axis of channels by ds.map. Those that come one by one "
        "must be batched: call ds.batch(64). Received: elements of shapes "
        f"{', '.join(map(str, shapes))}"
    )


def _in_batches(rows, size, names):
    rows = iter(rows)
    while chunk := list(itertools.islice(rows, size)):
        columns = [*zip(*chunk, strict=True)]
        shapes = {np.shape(x) for x in columns[0]}
        if len(shapes) > 1:
            raise _several_shapes(names, *sorted(shapes, key=str)[:2])
        yield tuple(map(np.stack, columns))


def _unbatched(elements, first, count):
    shapes = [part.shape[1:] for part in first]
    return elements.take(count).map(
        lambda *parts: tuple(map(tf.ensure_shape, parts, shapes))
    )


# Batches of Python


def _num_batches(data):
    """Negative where the length is not known, or there is no end."""
    if isinstance(data, keras.utils.PyDataset):
        try:
            count = data.num_batches
        except NotImplementedError:
            # As Keras has it.
            count = None
        return tf.data.INFINITE_CARDINALITY if count is None else int(count)
    try:
        return len(data)
    except TypeError:
        return tf.data.UNKNOWN_CARDINALITY


def _rows(data, length):
    if not isinstance(data, keras.utils.PyDataset):
        return iter(data)
    numbers = range(length) if length >= 0 else itertools.count()
    return (data[number] for number in numbers)


def _as_batch(row, names):
    if not isinstance(row, tuple | list) or len(row) not in (2, 3):
        raise ValueError(
            f"{names.x} as a data set must give batches (x, y) or (x, y, "
            "sample_weight); labels are missing. Received: "
            f"{type(row).__name__}"
            + (f" of {len(row)}" if isinstance(row, tuple | list) else "")
        )
    if len(row) == 3 and row[2] is None:
        row = row[:2]
    return tuple(map(as_array, names, row))


# The reading


def _check_ends(length, steps):
    if length == tf.data.INFINITE_CARDINALITY and steps is None:
        raise ValueError(
            "`steps_per_epoch` must be given for a data set that never ends. "
            "Received: steps_per_epoch=None"
        )


def _checked_batch(batch, names):
    check_not_empty(0 if batch is None else 1, names.x)
    shapes = [np.shape(part) for part in batch]
    if () in shapes or len({shape[0] for shape in shapes}) != 1:
        raise _not_batched(shapes, names)
    return batch


def _order(source, finite, first):
    """Whether the order stays, and whether the elements change in place."""
    shows = source.shows
    if shows.reshuffles or not finite:
        return False, True
    again = source.first_again()
    if len(again) == len(first) and all(map(np.array_equal, first, again)):
        return True, False
    # Random operations change images in place, and never the labels' order.
    in_place = shows.random and not shows.generated
    return in_place and np.array_equal(first[1], again[1]), True


def _bound(shows, steps, changes, names):
    """Most batches and most elements to read, so that none comes twice."""
    differ = shows.repeats and (shows.draws or (shows.random and changes))
    if differ and not shows.one_pass:
        raise ValueError(
            f"{names.x} must not repeat elements that a random operation "
            "changes, since one element could be in both parts: leave out "
            "repeat(). Received: a data set with repeat()"
        )
    bound, notes = {"batches": math.inf, "elements": math.inf}, []
    if steps is not None:
        bound["batches"] = steps
        notes.append(f"at most {steps} batches were read")
    if shows.one_pass and (changes or differ):
        count, unit = shows.one_pass
        bound[unit] = min(bound[unit], count)
        notes.append("its repetitions are left out")
    return bound, notes


def _refusal(finite, limit, names):
    reason, remedy = (
        (
            "changes its order from one pass to the next",
            "leave its shuffle out (the search shuffles by itself) or pass "
            "reshuffle_each_iteration=False to it",
        )
        if finite
        else (
            "has no known length",
            "apply tf.data.experimental.assert_cardinality(n), give a smaller "
            "`steps_per_epoch`",
        )
    )
    return (
        f"{names.x} {reason} and does not fit into the memory set aside: "
        f"{remedy}, or raise `memory_limit`. Received: more than {limit} bytes"
    )


def _read_once(finite, random):
    reason = "it changes its order" if finite else "it has no known length"
    frozen = "; that freezes the random operations in it" if random else ""
    return f"{reason}, so it was read once{frozen}"


def _read(batches, *, bound, distinct, limit, refusal, names):
    """One pass: columns (images `None` unless held) and groups of copies."""
    held, others, digests, size, count, shape = [], [], [], 0, 0, None
    for index, batch in enumerate(batches):
        room = bound["elements"] - count
        if index == bound["batches"] or room <= 0:
            break
        images, *rest = (part[: min(room, len(part))] for part in batch)
        shape = shape or images.shape[1:]
        check_finite(images, names.x, start=count)
        if images.shape[1:] != shape:
            raise _several_shapes(names, shape, images.shape[1:])
        count += len(images)
        size += images.nbytes
        others.append(rest)
        if distinct:
            digests.extend(map(_digest, images, rest[0]))
        if size <= limit:
            held.append(images)
        elif refusal:
            raise ValueError(refusal)
        else:
            held.clear()
    check_not_empty(count, names.x)
    columns = [np.concatenate(parts) for parts in zip(*others, strict=True)]
    groups = None
    if distinct and len({*digests}) < count:
        groups = np.unique(digests, return_inverse=True)[1]
    return (np.concatenate(held) if held else None, *columns), groups


def _told(batches, names):
    """The batches, TensorFlow's error for shapes that differ in our words."""
    try:
        yield from batches
    except tf.errors.InvalidArgumentError as error:
        if not any(words in str(error) for words in _OF_SHAPES):
            raise
        raise ValueError(
            f"{names.x} must have elements of one shape: resize them, as by "
            "tf.image.resize. Received: elements of several shapes"
        ) from error


def _several_shapes(names, shape, other):
    return ValueError(
        f"{names.x} must have elements of one shape. "
        f"Received: shapes {shape} and {other}"
    )


def _digest(image, label):
    text = isinstance(image, bytes)
    raw = image if text else np.ascontiguousarray(image).tobytes()
    return hashlib.blake2b(raw + np.asarray(label).tobytes()).hexdigest()


def cache_if_small(dataset: Dataset, limit: int = MEMORY_LIMIT) -> Dataset:
    """A data set that its first pass keeps in memory, if it is small enough.

    Its elements and their order are those of `dataset`. It is given back as it
    is where a second pass could differ from the first one (random operations,
    Python code, an order that changes), where its size is not known before
    (images of many sizes, strings, no known length), and where it lies in
    memory already.

    Args:
        dataset: Unbatched `tf.data.Dataset`.
        limit: Integer, the bytes of all its elements that may be held.
            Defaults to 1 GiB.

    Example:

    >>> images = tf.data.Dataset.range(3).map(lambda i: tf.fill((8, 8, 1), i))
    >>> cache_if_small(images) is images, cache_if_small(images, 10) is images
    (False, True)
    """
    count, size = int(dataset.cardinality()), _bytes(dataset.element_spec)
    if count < 0 or size is None or count * size > limit:
        return dataset
    shows = traits(dataset)
    changes = shows.reshuffles or shows.generated or shows.random
    return dataset if changes or shows.in_memory else dataset.cache()


def _bytes(spec):
    """Those of an element, or `None` where elements have many sizes."""
    parts = spec if isinstance(spec, tuple) else (spec,)
    total = 0
    for part in parts:
        shape = getattr(part, "shape", None)
        if shape is None or not shape.is_fully_defined():
            return None
        if part.dtype == tf.string:
            return None
        total += math.prod(shape) * part.dtype.size
    return total
