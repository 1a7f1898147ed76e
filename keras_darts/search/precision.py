"""In which precision a search computes."""

import contextlib
import threading

import keras

_HALF = ("float16", "bfloat16")


class SearchPolicy(keras.dtype_policies.DTypePolicy):
    """A mixed policy that can be told to compute in full precision.

    Every layer of a supernet holds the same one, so that all of them change
    together. Threads, as there are for replicas, don't disturb one another.

    Args:
        name: `"mixed_float16"` or `"mixed_bfloat16"`.

    Example:

    >>> policy = SearchPolicy("mixed_bfloat16")
    >>> with full_precision(policy):
    ...     print(policy.compute_dtype)
    float32
    >>> policy.compute_dtype
    'bfloat16'
    """

    def __init__(self, name):
        super().__init__(name)
        self.inside = threading.local()

    @property
    def compute_dtype(self):
        if getattr(self.inside, "full", False):
            return self.variable_dtype
        return super().compute_dtype

    def __deepcopy__(self, memo):
        return type(self)(self.name)

    def __reduce__(self):
        return type(self), (self.name,)


def search_policy(dtype):
    """The policy of a search and its supernet.

    Args:
        dtype: As of a Keras layer; `None` is the global policy.

    Raises:
        ValueError: for variables in half precision.
    """
    policy = keras.dtype_policies.get(dtype)
    if policy.variable_dtype in _HALF:
        raise ValueError(
            "`dtype` must keep variables in full precision, as mixed_float16 "
            "and mixed_bfloat16 do: small steps vanish in half. Received: "
            f"dtype={policy.name!r}"
        )
    if policy.compute_dtype in _HALF:
        return SearchPolicy(policy.name)
    return policy


def is_mixed(search):
    """Whether a search computes in half precision."""
    return isinstance(search.dtype_policy, SearchPolicy)


@contextlib.contextmanager
def default_policy(policy):
    """Inside, new layers have this policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


@contextlib.contextmanager
def full_precision(policy, full=True):
    """Inside, layers of a mixed policy compute in full precision.

    Args:
        policy: Of the search; one that is not mixed stays as it is.
        full: Boolean. Defaults to `True`; otherwise nothing happens.
    """
    if not full or not isinstance(policy, SearchPolicy):
        yield
        return
    before = getattr(policy.inside, "full", False)
    policy.inside.full = True
    try:
        yield
    finally:
        policy.inside.full = before
