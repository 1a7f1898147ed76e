"""Something to run a model on, whatever it takes."""

import numpy as np

_WORD = "the"


def made_up(shape, dtype, batch_size, sequence_length):
    """An array for one input of a model.

    Floats are standard normal, integers are 1, which is a token and no
    padding, and strings are words.

    Args:
        shape: Tuple, with `None` where any size will do: first for the batch,
            then for the length of a row.
        dtype: NumPy's type; that of objects stands for strings.
        batch_size: Integer.
        sequence_length: Integer.
    """
    first, *others = shape
    sizes = [batch_size if first is None else first]
    sizes += [sequence_length if size is None else size for size in others]
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return np.random.default_rng(0).standard_normal(sizes).astype(dtype)
    if dtype.kind == "O":
        return np.full(sizes, " ".join([_WORD] * sequence_length), object)
    return np.ones(sizes, dtype)
