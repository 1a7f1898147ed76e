"""Weights of PyTorch models as arrays, from wherever they lie."""

import collections.abc
import os
import pickle

import numpy as np

from keras_darts.files import user_path

_PREFIX = "module."
_COUNTER = "num_batches_tracked"


def read_weights(source):
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
        found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            "`source` must hold a state_dict. A whole module, pickled, runs "
            "code when it is read; where its code is installed and the file "
            'is trusted, convert it: torch.save(torch.load("model.pt", '
            'weights_only=False).state_dict(), "weights.pt"). '
            f"Received: source={str(path)!r}"
        ) from error
    if not isinstance(found, collections.abc.Mapping):
        raise _not_weights(found)
    return found


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


def _remedy(kind):
    return f"Reading {kind} files needs torch: pip install keras_darts[torch]"


def _not_weights(received):
    return ValueError(
        "`source` must be a dictionary from names to arrays, as "
        "`module.state_dict()` gives it, or the path of a file with one. "
        f"Received: {type(received).__name__}"
    )
