"""Weights of the original PyTorch code, into networks here and out again."""

from __future__ import annotations

import collections.abc
import os
import pickle
from typing import TYPE_CHECKING

import numpy as np

from keras_darts.export.weights import check_names
from keras_darts.interop.torch_names import places
from keras_darts.search import DartsSearch
from keras_darts.utils.files import user_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import keras

    from keras_darts.utils.typing import PathLike

_PREFIX = "module."
_COUNTER = "num_batches_tracked"


def read_weights(source: Mapping[str, Any] | PathLike) -> dict[str, np.ndarray]:
    """Name -> array, without the counters and prefixes of PyTorch.

    Args:
        source: Dictionary from names to arrays or tensors, or the path of a
            file; a dictionary with the key `state_dict` stands for what lies
            there.

    Raises:
        ValueError: for anything else.
        ImportError: if the package that reads such files isn't installed.
    """
    if not isinstance(source, collections.abc.Mapping):
        source = _read_file(source)
    source = source.get("state_dict", source)
    if not isinstance(source, collections.abc.Mapping):
        raise _not_weights(source)
    parallel = source and all(name.startswith(_PREFIX) for name in source)
    return {
        name.removeprefix(_PREFIX if parallel else ""): _array(name, value)
        for name, value in source.items()
        if not name.endswith(_COUNTER)
    }


def _read_file(path):
    if not isinstance(path, str | os.PathLike):
        raise _not_weights(path)
    path = user_path(path, "source")
    if path.suffix not in _READERS:
        raise ValueError(
            f"`source` must be a file of {', '.join(_READERS)}. "
            f"Received: source={str(path)!r}"
        )
    if not path.is_file():
        raise ValueError(
            f"`source` must be a file. Received: source={str(path)!r}, which "
            "does not exist"
        )
    return _READERS[path.suffix](path)


def _read_npz(path):
    with np.load(path) as arrays:
        return dict(arrays)


def _read_safetensors(path):
    try:
        from safetensors.numpy import load_file
    except ImportError as error:
        raise ImportError(_remedy("safetensors")) from error
    return load_file(path)


def _read_torch(path):
    try:
        import torch
    except ImportError as error:
        raise ImportError(_remedy(path.suffix)) from error
    try:
        # Without `weights_only` a file could run any code when it is read.
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            "`source` must hold a state_dict. A whole module, pickled, runs "
            "code when it is read; where its code is installed and the file "
            'is trusted, convert it: torch.save(torch.load("model.pt", '
            'weights_only=False).state_dict(), "weights.pt"). '
            f"Received: source={str(path)!r}"
        ) from error
    if not isinstance(content, collections.abc.Mapping):
        raise _not_weights(content)
    return content


_READERS = {
    ".npz": _read_npz,
    ".safetensors": _read_safetensors,
    ".pt": _read_torch,
    ".pth": _read_torch,
    ".tar": _read_torch,
}


def _array(name, value):
    if hasattr(value, "detach"):
        # NumPy knows no bfloat16, and doubles hold all other types.
        value = value.detach().cpu().double()
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise ValueError(
            "`source` must hold arrays of numbers. "
            f"Received: {type(value).__name__} under {name!r}"
        )
    return array


def _remedy(file_format):
    return (
        f"Reading {file_format} files needs torch: "
        "pip install keras_darts[torch]"
    )


def _not_weights(received):
    return ValueError(
        "`source` must be a dictionary from names to arrays, as "
        "`module.state_dict()` gives it, or the path of a file with one. "
        f"Received: {type(received).__name__}"
    )


# The original keeps them next to the weights.
_OPTIONAL = ("alphas", "betas", "weights")


def load_torch_weights(
    model: keras.Model, source: Mapping[str, Any] | PathLike
) -> None:
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


def to_torch_weights(model: keras.Model) -> dict[str, np.ndarray]:
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
