"""What a search space may call its normalisation."""

from keras_darts.errors import unknown_name

# Of the batch; after everything but pools; and both with the statistics of
# the whole batch where devices share it.
_NAMES = (
    "batch",
    "batch_but_pools",
    "sync_batch",
    "sync_batch_but_pools",
    None,
)


def pool_normalization(normalization):
    """What follows the pools of a search with that normalisation.

    In DARTS' search cells, `"batch"`, it is the same as elsewhere; in those
    of NAS-Bench-201, `"batch_but_pools"`, nothing.

    Example:

    >>> pool_normalization("batch"), pool_normalization("batch_but_pools")
    ('batch', None)
    """
    check_normalization(normalization)
    but_pools = normalization in ("batch_but_pools", "sync_batch_but_pools")
    return None if but_pools else normalization


def synchronized(normalization):
    """The same normalisation, with the statistics of the whole batch.

    Example:

    >>> synchronized("batch"), synchronized(None)
    ('sync_batch', None)
    """
    check_normalization(normalization)
    if normalization is None or is_synchronized(normalization):
        return normalization
    return f"sync_{normalization}"


def is_synchronized(normalization):
    """Whether devices that share a batch have to meet in the layer."""
    return normalization in ("sync_batch", "sync_batch_but_pools")


def check_normalization(normalization):
    """Raises a `ValueError` for one that is not known."""
    if normalization not in _NAMES:
        raise unknown_name("normalization", normalization, map(str, _NAMES))
