"""Reads and checks the labelled data of a training."""

from __future__ import annotations

import dataclasses
import itertools
import numbers
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from keras_darts import datasets
from keras_darts.datasets.elements import check_finite
from keras_darts.datasets.elements import check_images
from keras_darts.datasets.elements import check_not_empty
from keras_darts.datasets.split import search_mask

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from typing import Any

    from keras_darts.utils.typing import ArrayLike
    from keras_darts.utils.typing import Dataset

# Of images of many sizes, which can't be held, as many are looked at.
_LOOKED_AT = 1000
_LOSSES = {
    "sparse": "sparse_categorical_crossentropy",
    "one_hot": "categorical_crossentropy",
    "multi_label": "binary_crossentropy",
    "regression": "mean_squared_error",
}


@dataclasses.dataclass(frozen=True, eq=False)
class TrainingData:
    """Labelled data that are known to fit a network.

    Args:
        train: Unbatched `tf.data.Dataset` in an order that never changes.
        num_train: Integer, the elements of it, `None` where that is not known.
        validation: The same to validate on, or `None`.
        task: `datasets.Task` of the labels.
        notes: Tuple of strings for the log.
    """

    train: Dataset
    num_train: int | None
    validation: Dataset | None
    task: datasets.Task
    notes: tuple[str, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Reader:
    """Reads what `fit` of a recipe takes.

    Args:
        rank: Integer, the axes of an element.
        check: Function of the `tf.TensorSpec` of an element and of what errors
            call them, which refuses what the network can't take.
        num_outputs: Integer, width of the network's head.
        loss: Keras loss or label type that decides what labels mean, or
            `None`: the labels tell.
        batch_size: Integer, that of the recipe.
        seed: Integer, of a split.
        many_sizes: Boolean, whether images may be of many sizes. Defaults to
            `False`.
    """

    rank: int
    check: Callable[[tf.TensorSpec, str], None]
    num_outputs: int
    loss: Any
    batch_size: int
    seed: int
    many_sizes: bool = False

    def read(
        self,
        x: Any,
        y: Any,
        validation_data: Any,
        *,
        sample_weight: ArrayLike | None = None,
        class_weight: Mapping[int, float] | None = None,
        validation_split: float = 0.0,
        steps_per_epoch: int | None = None,
    ) -> TrainingData:
        """The `TrainingData`, for the arguments of `fit`."""
        y, validation_data = self._placed(x, y, validation_data)
        share = _checked_share(validation_split, validation_data)
        _check_steps(x, steps_per_epoch)
        train = self._examples(
            x,
            y,
            sample_weight,
            argument="x",
            class_weight=class_weight,
            steps_per_epoch=steps_per_epoch,
        )
        valid = None
        if validation_data is not None:
            valid = self._examples(validation_data, argument="validation_data")
        labels = {
            _labels_of(part): part.labels for part in (train, valid) if part
        }
        task = datasets.infer_from(
            labels, self._loss_for(train.labels), self.num_outputs
        )
        notes = dict.fromkeys(
            note for part in (train, valid) if part for note in part.notes
        )
        size = getattr(train, "batch_size", None)
        if size not in (None, self.batch_size):
            notes[
                f"batches of {size} are taken apart: the recipe trains in "
                f"batches of {self.batch_size}"
            ] = None
        loss = _LOSSES.get(self.loss, self.loss)
        train, valid = _split(train, valid, share, self.seed, loss)
        return TrainingData(
            train=train.dataset,
            num_train=_count(train),
            validation=valid and valid.dataset,
            task=task,
            notes=(task.description, *notes),
        )

    def _placed(self, x, y, validation_data):
        """`y` and `validation_data`, which may take its place."""
        if not self._is_data(y):
            return y, validation_data
        if validation_data is not None:
            raise ValueError(
                "`y` must hold the labels of `x`, or be left out where `x` "
                "gives them. Received: data in `y` and in `validation_data`"
            )
        return None, y

    def _is_data(self, y):
        if datasets.is_dataset(y):
            return True
        pair = isinstance(y, tuple | list) and len(y) in (2, 3)
        return pair and len(np.shape(y[0])) == self.rank + 1

    def _loss_for(self, labels):
        if self.loss is not None:
            return _LOSSES.get(self.loss, self.loss)
        if self.num_outputs > 1 or labels.dtype.kind not in "biuf":
            return None
        # A softmax over one output would say nothing.
        binary = np.isin(labels, (0, 1)).all()
        return _LOSSES["multi_label" if binary else "regression"]

    def _examples(self, x, y=None, sample_weight=None, *, argument, **options):
        if self.many_sizes and _of_many_sizes(x):
            examples = _looked_at(x, argument)
        else:
            examples = datasets.read_examples(
                x,
                y,
                sample_weight,
                argument=argument,
                rank=self.rank,
                loss=_LOSSES.get(self.loss, self.loss),
                num_classes=self.num_outputs,
                **options,
            )
        self.check(examples.dataset.element_spec[0], examples.names.x)
        return examples


def image_check(
    shape: Sequence[int | None], any_size: bool = False
) -> Callable[[tf.TensorSpec, str], None]:
    """The `Reader.check` of a network for images.

    Args:
        shape: Tuple, height, width and channels that the network takes.
        any_size: Boolean, whether height and width may be others. Defaults to
            `False`.
    """

    def check(spec, name):
        if spec.shape.rank is None and any_size:
            return
        if spec.shape.rank == 3 and any_size:
            fits = spec.shape[-1] in (None, shape[-1])
        else:
            check_images(spec, 0, name)
            fits = tuple(spec.shape) == tuple(shape)
        if not fits:
            raise ValueError(
                f"{name} must be images of the shape that the network takes, "
                f"{tuple(shape)}: change them, in a `dataset` by dataset.map, "
                "or make the network with another `input_shape`. Received: "
                f"images of shape {tuple(spec.shape)}"
            )

    return check


def _checked_share(share, validation_data):
    if not isinstance(share, numbers.Real) or not 0 <= share < 1:
        raise ValueError(
            "`validation_split` must be a number in [0, 1). Received: "
            f"validation_split={share!r}"
        )
    if share and validation_data is not None:
        raise ValueError(
            "`validation_split` must be left out with `validation_data`. "
            f"Received: validation_split={share}"
        )
    return share


def _check_steps(x, steps_per_epoch):
    if steps_per_epoch is None:
        return
    ends = not isinstance(x, tf.data.Dataset) or int(x.cardinality()) >= 0
    if ends:
        raise ValueError(
            "`steps_per_epoch` must be left out but for a data set without an "
            "end or a known length, of which so many batches are read: an "
            "epoch is a pass over the images. Received: steps_per_epoch="
            f"{steps_per_epoch}"
        )


def _labels_of(examples):
    """What errors call labels: by the argument that they would be in."""
    name = examples.names.y
    return f"`y` ({name})" if name == "the labels of `x`" else name


def _split(train, valid, share, seed, loss):
    if not share:
        return train, valid
    if isinstance(train, _Stream):
        raise ValueError(
            "`validation_split` must be left out for images of many sizes, "
            "which are not held: give `validation_data`. Received: "
            f"validation_split={share}"
        )
    mask, _ = search_mask(train, share, seed, loss)
    return _Part(train, ~mask), _Part(train, mask)


def _count(part):
    return part.count if isinstance(part, _Stream) else len(part)


class _Part:
    """The examples for which a mask is true."""

    def __init__(self, examples, mask):
        self.dataset = examples.where(mask)
        self._count = int(mask.sum())

    def __len__(self):
        return self._count


# Images of many sizes


@dataclasses.dataclass(frozen=True, eq=False)
class _Stream:
    """Images that are read again in each pass, of which the first are known."""

    dataset: tf.data.Dataset
    labels: np.ndarray
    names: datasets.Names
    count: int | None
    notes: tuple = ()


def _of_many_sizes(x):
    spec = x.element_spec if isinstance(x, tf.data.Dataset) else None
    if not isinstance(spec, tuple) or len(spec) not in (2, 3):
        return False
    if not all(isinstance(part, tf.TensorSpec) for part in spec):
        return False
    ranks = spec[0].shape.rank, spec[1].shape.rank
    unbatched = ranks[0] == 3 or ranks == (None, 0)
    return unbatched and not spec[0].shape.is_fully_defined()


def _looked_at(dataset, argument):
    names, labels, channels = datasets.Names.of_one(argument), [], None
    first = itertools.islice(dataset.as_numpy_iterator(), _LOOKED_AT)
    for image, label, *_ in first:
        if image.ndim != 3 or image.shape[-1] != (channels or image.shape[-1]):
            raise ValueError(
                f"{names.x} must be images of shape (height, width, channels), "
                "all of as many channels. Received: images of shape "
                f"{image.shape}"
            )
        channels = image.shape[-1]
        check_finite(image[None], names.x, start=len(labels))
        labels.append(label)
    check_not_empty(len(labels), names.x)
    shape, count = (None, None, channels), int(dataset.cardinality())
    return _Stream(
        dataset.map(lambda x, *rest: (tf.ensure_shape(x, shape), *rest)),
        np.array(labels),
        names,
        count if count >= 0 else None,
    )
