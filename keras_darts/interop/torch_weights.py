"""Weights of the original PyTorch code, into networks here and out again."""

import numpy as np

from keras_darts.interop.torch_files import read_weights
from keras_darts.interop.torch_names import places
from keras_darts.search import DartsSearch

# The original keeps them beside the weights.
_OPTIONAL = ("alphas_", "betas_")


def load_torch_weights(model, source):
    """Takes over weights that the original PyTorch code has saved.

    The names are those of quark0/darts, from `stem.0.weight` to
    `classifier.bias`. Either everything is loaded or nothing. Architecture
    parameters are loaded where `source` has them (`alphas_normal`,
    `alphas_reduce`), `num_batches_tracked` and the prefix `module.` of
    `DataParallel` are passed over.

    Args:
        model: `CifarNetwork`, `ImageNetNetwork`, `DartsSearch` or its
            supernet, of the sizes that the weights were trained in.
        source: Dictionary from names to arrays or tensors, or the path of a
            `.npz`, `.safetensors`, `.pt`, `.pth` or `.pth.tar` file with one.

    Raises:
        ValueError: if a name is missing, left over or of another shape; all
            of them are listed. If `source` holds a pickled module instead of
            a `state_dict`, or `model` has layers unknown to the original.
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
    expected = {place.name: place for place in places(_network(model))}
    _check(arrays, expected)
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


def _network(model):
    return model.supernet if isinstance(model, DartsSearch) else model


def _index(place):
    return ... if place.index is None else place.index


def _check(arrays, expected):
    missing = [
        name
        for name in expected
        if name not in arrays and not name.startswith(_OPTIONAL)
    ]
    left_over = [name for name in arrays if name not in expected]
    other = [
        f"{name} {array.shape} instead of {expected[name].shape}"
        for name, array in arrays.items()
        if name in expected and array.shape != expected[name].shape
    ]
    found = {
        "missing": missing,
        "left over": left_over,
        "of another shape": other,
    }
    if any(found.values()):
        listed = [
            f"\n{len(names)} {what}: {', '.join(names)}"
            for what, names in found.items()
            if names
        ]
        raise ValueError(
            "`source` must hold the weights of `model`, no more and no less. "
            f"Nothing was loaded. Received:{''.join(listed)}"
        )
