"""Losses that are scaled, so that no gradient vanishes in float16."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from keras_darts.search.darts_search import DartsSearch


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

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.inside: Any = threading.local()

    @property
    def compute_dtype(self) -> str:
        if getattr(self.inside, "full", False):
            return self.variable_dtype
        return super().compute_dtype

    def __deepcopy__(self, memo: Any) -> SearchPolicy:
        return type(self)(self.name)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.name,)


def search_policy(dtype: Any) -> keras.dtype_policies.DTypePolicy:
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


def is_mixed(search: DartsSearch) -> bool:
    """Whether a search computes in half precision."""
    return isinstance(search.dtype_policy, SearchPolicy)


@contextlib.contextmanager
def default_policy(policy: Any) -> Iterator[None]:
    """Inside, new layers have this policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


@contextlib.contextmanager
def full_precision(policy: Any, full: bool = True) -> Iterator[None]:
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


_Scaled = keras.optimizers.LossScaleOptimizer
_OPTIMIZERS = ("optimizer", "arch_optimizer")
_PARTS = ("dynamic_scale", "step_counter")


class LossScaling:
    """A dynamic scale for each of the two optimizers of a search.

    In float16 small gradients become zero, unless the loss is multiplied by
    a large number first. Keras' `LossScaleOptimizer` finds that number: it
    leaves a step out whose gradients overflow and halves the scale, and
    doubles it after many steps that were made. The optimizers themselves
    stay what they are, for all who read them. Other precisions need no
    scale, and steps are then those of the optimizers.

    Args:
        search: `DartsSearch` that has its optimizers, which are built here.
        wanted: Boolean, whether there are scales where they are of use.

    Raises:
        ValueError: for an optimizer that scales a loss itself.

    Reference: Micikevicius et al., 2018, Mixed precision training, section
    3.2.
    """

    optimizer: Any
    arch_optimizer: Any

    def __init__(self, search: DartsSearch, wanted: bool) -> None:
        self.enabled: bool = wanted and search.compute_dtype == "float16"
        self.optimizer, self.arch_optimizer = (
            self._prepared(name, getattr(search, name)) for name in _OPTIMIZERS
        )
        self.optimizer.build(search.weight_variables)
        self.arch_optimizer.build(search.arch_variables)

    def scale(self, searching: bool) -> tf.Tensor | None:
        """That of a loss of either step, or `None` for none."""
        if not self.enabled:
            return None
        chosen = self.arch_optimizer if searching else self.optimizer
        return tf.convert_to_tensor(chosen.dynamic_scale)

    def apply(
        self,
        gradients: Sequence[tf.Tensor],
        variables: Sequence[Any],
        searching: bool,
    ) -> None:
        """One step with gradients that were unscaled again."""
        chosen = self.arch_optimizer if searching else self.optimizer
        if self.enabled:
            # Both ways exact: a scale is a power of two.
            scale = tf.convert_to_tensor(chosen.dynamic_scale)
            gradients = [g * tf.cast(scale, g.dtype) for g in gradients]
        chosen.apply(gradients, variables)

    def scales(self) -> dict[str, np.ndarray]:
        """Name -> array of what Keras does not save with the optimizers."""
        if not self.enabled:
            return {}
        return {
            f"{name}_{part}": getattr(getattr(self, name), part).numpy()
            for name in _OPTIMIZERS
            for part in _PARTS
        }

    def take_scales(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes over what `scales` gave, among other arrays."""
        for name in _OPTIMIZERS if self.enabled else ():
            for part in _PARTS:
                if f"{name}_{part}" in arrays:
                    variable = getattr(getattr(self, name), part)
                    variable.assign(arrays[f"{name}_{part}"])

    def take_over(self, other: LossScaling) -> None:
        """Goes on with the scales that another `LossScaling` has found."""
        if self.enabled and other.enabled:
            self.take_scales(other.scales())

    def _prepared(self, name, optimizer):
        if isinstance(optimizer, _Scaled):
            raise ValueError(
                f"`{name}` must be without a loss scale: under mixed_float16 "
                "a search scales its losses itself. Received: "
                f"{type(optimizer).__name__}"
            )
        return _Scaled(optimizer) if self.enabled else optimizer


def scaled(loss: Any, scale: Any) -> Any:
    """The loss, of which gradients are asked."""
    return loss if scale is None else loss * tf.cast(scale, loss.dtype)


def unscaled(gradients: Any, scale: Any) -> Any:
    """Nested gradients of a scaled loss as those of the loss itself."""
    if scale is None:
        return gradients
    return tf.nest.map_structure(
        lambda g: g / tf.cast(scale, g.dtype), gradients
    )


def finite_or(gradients: Any, new: Any, old: Any) -> Any:
    """The new values where all gradients are finite, otherwise the old."""
    finite = tf.reduce_all(
        [tf.reduce_all(tf.math.is_finite(g)) for g in gradients]
    )
    return [
        tf.where(finite, n, tf.convert_to_tensor(o))
        for n, o in zip(new, old, strict=True)
    ]
