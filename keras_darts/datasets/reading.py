"""A user's batched data set, read once to hold it or to count it."""

import hashlib
import itertools
import math

import numpy as np
import tensorflow as tf

from keras_darts.datasets import checks
from keras_darts.datasets.elements import Elements
from keras_darts.datasets.inspection import traits

# Holds CIFAR-10 as float32; what is larger is read anew in each pass.
MEMORY_LIMIT = 2**30


def from_dataset(dataset, *, steps_per_epoch=None, memory_limit=MEMORY_LIMIT):
    """`Elements` of a batched data set.

    What fits into `memory_limit` bytes is held. A larger data set, or one
    whose augmentation draws anew, is read again in each pass if its order
    stays the same, and refused if it does not.
    """
    _check_structure(dataset.element_spec)
    length = int(dataset.cardinality())
    if length == tf.data.INFINITE_CARDINALITY and steps_per_epoch is None:
        raise ValueError(
            "`steps_per_epoch` must be given for a data set that never ends. "
            "Received: steps_per_epoch=None"
        )
    shows, finite = traits(dataset), length >= 0
    batches = dataset.as_numpy_iterator()
    first = _checked_batch(next(batches, None))
    stable, changes = _order(dataset, shows, finite, first)
    bound, notes = _bound(shows, None if finite else steps_per_epoch, changes)
    live = changes and stable
    columns, groups = _read(
        itertools.chain([first], batches),
        bound=bound,
        distinct=not finite or shows.repeats,
        limit=0 if live else memory_limit,
        refusal=None if stable else _refusal(finite, memory_limit),
    )
    held = columns[0] is not None
    if live:
        notes.append(
            "its random operations run anew in every pass, outside the seed"
        )
    elif not held:
        notes.append("too large to hold, it is read anew in every pass")
    elif not stable:
        notes.append(_read_once(finite, shows.random))
    checks.check_weights(columns[2] if len(columns) == 3 else None)
    return Elements(
        columns if held else _unbatched(dataset, first, len(columns[1])),
        columns[1],
        batch_size=len(first[0]),
        groups=groups,
        notes=tuple(notes),
    )


def _check_structure(spec):
    if not isinstance(spec, tuple) or len(spec) not in (2, 3):
        raise ValueError(
            "`x` as a data set must give (x, y) or (x, y, sample_weight); "
            f"labels are missing. Received: elements of {spec}"
        )
    if not all(isinstance(part, tf.TensorSpec) for part in spec):
        raise TypeError(
            "`x` as a data set must give one dense tensor each for x, y and "
            f"sample_weight. Received: elements of {spec}"
        )


def _checked_batch(batch):
    checks.check_not_empty(0 if batch is None else 1)
    shapes = [np.shape(part) for part in batch]
    if () in shapes or len({shape[0] for shape in shapes}) != 1:
        raise ValueError(
            "`x` as a data set must be batched: call ds.batch(64). "
            f"Received: elements of shapes {', '.join(map(str, shapes))}"
        )
    return batch


def _order(dataset, shows, finite, first):
    """Whether the order stays, and whether the elements change in place."""
    if shows.reshuffles or not finite:
        return False, True
    again = next(dataset.take(1).as_numpy_iterator(), ())
    if len(again) == len(first) and all(map(np.array_equal, first, again)):
        return True, False
    # Random operations change images in place, and never the labels' order.
    in_place = shows.random and not shows.generated
    return in_place and np.array_equal(first[1], again[1]), True


def _bound(shows, steps, changes):
    """Most batches and most elements to read, so that none comes twice."""
    if shows.repeats and shows.random and changes and not shows.one_pass:
        raise ValueError(
            "`x` must not repeat elements that a random operation changes, "
            "since one element could stand in both halves: leave out "
            "repeat(). Received: a data set with repeat()"
        )
    bound, notes = {"batches": math.inf, "elements": math.inf}, []
    if steps is not None:
        bound["batches"] = steps
        notes.append(f"at most {steps} batches were read")
    if shows.one_pass and changes:
        count, unit = shows.one_pass
        bound[unit] = min(bound[unit], count)
        notes.append("its repetitions are left out")
    return bound, notes


def _refusal(finite, limit):
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
        f"`x` {reason} and does not fit into the memory set aside: {remedy}, "
        f"or raise `memory_limit`. Received: more than {limit} bytes"
    )


def _read_once(finite, random):
    reason = "it changes its order" if finite else "it has no known length"
    frozen = "; that freezes the random operations in it" if random else ""
    return f"{reason}, so it was read once{frozen}"


def _read(batches, *, bound, distinct, limit, refusal):
    """One pass: columns (images `None` unless held) and groups of copies."""
    held, others, digests, size, count, shape = [], [], [], 0, 0, None
    for index, batch in enumerate(batches):
        room = bound["elements"] - count
        if index == bound["batches"] or room <= 0:
            break
        images, *rest = (part[: min(room, len(part))] for part in batch)
        shape = shape or images.shape[1:]
        checks.check_finite(images, start=count)
        if images.shape[1:] != shape:
            raise ValueError(
                "`x` must have elements of one shape. "
                f"Received: shapes {shape} and {images.shape[1:]}"
            )
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
    checks.check_not_empty(count)
    columns = [np.concatenate(parts) for parts in zip(*others, strict=True)]
    groups = np.unique(digests, return_inverse=True)[1] if distinct else None
    return (np.concatenate(held) if held else None, *columns), groups


def _digest(image, label):
    text = isinstance(image, bytes)
    raw = image if text else np.ascontiguousarray(image).tobytes()
    return hashlib.blake2b(raw + np.asarray(label).tobytes()).hexdigest()


def _unbatched(dataset, first, count):
    shapes = [part.shape[1:] for part in first]
    return (
        dataset.unbatch()
        .take(count)
        .map(lambda *parts: tuple(map(tf.ensure_shape, parts, shapes)))
    )
