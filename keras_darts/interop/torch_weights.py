"""Weights of the original PyTorch code, into networks here and out again."""

import numpy as np

from keras_darts.export.weights import check_names
from keras_darts.interop.torch_files import read_weights
from keras_darts.interop.torch_names import places
from keras_darts.search import DartsSearch

# The original keeps them beside the weights.
_OPTIONAL = ("alphas", "betas", "weights")


def load_torch_weights(model, source):
    """Takes over weights that the original PyTorch code has saved.

    The names are those of quark0/darts, from `stem.0.weight` to
    `classifier.bias` and from `encoder.weight` to `decoder.bias`. Either
    everything is loaded or nothing. Architecture parameters are loaded where
    `source` has them (`alphas_normal`, `alphas_reduce`; for a recurrent
    search `weights`, the attribute that its `state_dict` lacks, or `alphas`).
    `num_batches_tracked` and the prefix `module.` of `DataParallel` are
    passed over. `encoder.weight` and `decoder.weight` are one matrix, of
    which either will do.

    Args:
        model: `CifarNetwork`, `ImageNetNetwork`, `RecurrentLanguageModel`,
            `DartsSearch` or its supernet, of the sizes that the weights were
            trained in.
        source: Dictionary from names to arrays or tensors, or the path of a
            `.npz`, `.safetensors`, `.pt`, `.pth` or `.pth.tar` file with one.

    Raises:
        ValueError: if a name is missing, left over or of another shape; all
            of them are listed. If `source` holds a pickled module instead of
            a `state_dict`, or two matrices where `model` shares one; or if
            `model` has layers unknown to the original.
        ImportError: for PyTorch's files without PyTorch.

    Example:

    >>> model = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=4, num_cells=3, auxiliary=False,
    ...     input_shape=(8, 8, 1),
    ... )
    >>> weights = to_torch_weights(model)
    >>> weights["stem.0.weight"].shape
    (12, 1, 3, 3)
    >>> load_torch_weights(model, weights)

    Reference: Liu et al., 2019, DARTS, and its published code.
    """
    arrays = read_weights(source)
    expected = _expected(model)
    _check(arrays, expected)
    _check_tied(arrays, expected)
    values = {}
    for name, array in arrays.items():
        variable = expected[name].variable
        if id(variable) not in values:
            values[id(variable)] = variable, np.empty(variable.shape)
        _, value = values[id(variable)]
        value[_index(expected[name])] = array.transpose(expected[name].axes)
    for variable, value in values.values():
        variable.assign(value)


def to_torch_weights(model):
    """The weights of a network under the names of the original PyTorch code.

    Args:
        model: As for `load_torch_weights`.

    Returns:
        Dictionary from names to arrays, in PyTorch's axes.

    Example:

    >>> search = kd.DartsSearch(
    ...     "darts_cnn", num_classes=2, input_shape=(8, 8, 3), num_cells=2
    ... )
    >>> weights = to_torch_weights(search)
    >>> weights["alphas_normal"].shape
    (14, 8)
    """
    return {
        place.name: place.variable.numpy()[_index(place)].transpose(
            np.argsort(place.axes)
        )
        for place in places(_network(model))
    }


def _expected(model):
    """The place of each name that a source may have."""
    expected = {place.name: place for place in places(_network(model))}
    for place in list(expected.values()):
        for other in place.others:
            expected.setdefault(other, place)
    return expected


def _network(model):
    return model.supernet if isinstance(model, DartsSearch) else model


def _index(place):
    return ... if place.index is None else place.index


def _check(arrays, expected):
    missing = [
        place.name
        for name, place in expected.items()
        if name == place.name
        and not arrays.keys() & {name, *place.others}
        and not name.startswith(_OPTIONAL)
    ]
    left_over = [name for name in arrays if name not in expected]
    other = [
        f"{name} {array.shape} instead of {expected[name].shape}"
        for name, array in arrays.items()
        if name in expected and array.shape != expected[name].shape
    ]
    check_names(
        {"missing": missing, "left over": left_over, "of another shape": other},
        "source",
        "model",
    )


def _check_tied(arrays, expected):
    for name, array in arrays.items():
        for other in expected[name].others:
            if other in arrays and not np.array_equal(array, arrays[other]):
                raise ValueError(
                    f"`source` must have one matrix under {name!r} and "
                    f"{other!r}, which `model` shares between them. Nothing "
                    "was loaded. Received: two that differ"
                )
