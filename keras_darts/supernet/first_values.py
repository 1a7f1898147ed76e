"""First values of equal layers, drawn without making each of the layers."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_darts.primitives.conv_ops import Draw
from keras_darts.primitives.conv_ops import recorded_draws
from keras_darts.utils import private_api
from keras_darts.utils.typing import Shape

# More seeds than a layer draws.
_MANY = 1000


class EqualLayers:
    """Layers with the same arguments, of which the first one is enough.

    To make and build a layer takes milliseconds for each layer inside of it.
    What its first values hang on are seeds that Keras draws by Python's
    `random`: as long as nothing else is drawn, and no layer from elsewhere is
    inside, those of the other layers are drawn here instead. The numbers and
    the state of `random` are those of layers that are made and built.

    Args:
        make: Function without arguments that returns a layer.
        count: Integer, the number of layers.

    Attributes:
        first: The first layer.
    """

    def __init__(self, make: Callable[[], keras.Layer], count: int) -> None:
        before = random.getstate()
        self.first: keras.Layer = make()
        self._make = make
        self._count = count
        self._after_first = random.getstate()
        self._seeds = _seeds_since(before)
        self._others = self._of_others = None
        if self._seeds is None:
            self._others = self._made()
        else:
            self._of_others = self._drawn(len(self._seeds))

    def build(self, input_shape: Shape) -> list[np.ndarray]:
        """Builds the first layer.

        Returns:
            For each of its variables the first values of all layers.
        """
        before = random.getstate()
        with recorded_draws() as draws:
            self.first.build(input_shape)
        self.first.built = True
        if self._hang_on(draws, _seeds_since(before)):
            return self._drawn_values(draws)
        return self._values_of_built(input_shape)

    def _hang_on(self, draws: list[Draw], seeds: list[int] | None) -> bool:
        """Whether the first values hang on nothing but draws and seeds."""
        return (
            self._others is None
            and seeds == [draw.initializer.seed for draw in draws]
            and all(
                type(layer).__module__.startswith("keras_darts.")
                for layer in private_api.flat_layers(self.first)
            )
            and sorted(self._seeds) == sorted(self._seeds_in_variables())
        )

    def _seeds_in_variables(self):
        """Those of the seed generators, which hold a seed and a zero."""
        keys = map(_key, self.first.variables)
        return [key[0] for key in keys if key and key[0] in self._seeds]

    def _drawn_values(self, draws):
        own = [[draw.initializer.seed for draw in draws]]
        seeds = np.array([*own, *self._drawn(len(draws))], "int64")
        drawn = {
            id(draw.value): draw.initializer.of_seeds(
                of_layers.tolist(), draw.shape, draw.dtype
            )
            for draw, of_layers in zip(draws, seeds.T, strict=True)
        }
        states = {
            seed: np.stack([of_layers, 0 * of_layers], axis=1)
            for seed, of_layers in zip(
                self._seeds,
                np.array([self._seeds, *self._of_others], "int64").T,
                strict=True,
            )
        }
        return [
            self._values_of(variable, drawn, states)
            for variable in self.first.variables
        ]

    def _values_of(self, variable, drawn, states):
        if id(variable.value) in drawn:
            return drawn[id(variable.value)]
        value, key = variable.value.numpy(), _key(variable)
        if key and key[0] in states:
            return states[key[0]].astype(value.dtype)
        return np.stack([value] * self._count)

    def _values_of_built(self, input_shape):
        if self._others is None:
            now = random.getstate()
            random.setstate(self._after_first)
            self._others = self._made()
            random.setstate(now)
        for layer in self._others:
            layer.build(input_shape)
        layers = [self.first, *self._others]
        equal = zip(*[layer.variables for layer in layers], strict=True)
        self._others = None
        return [np.stack([v.value.numpy() for v in of_all]) for of_all in equal]

    def _made(self):
        return [self._make() for _ in range(self._count - 1)]

    def _drawn(self, number):
        """So many seeds for each of the other layers."""
        return [
            [private_api.default_seed() for _ in range(number)]
            for _ in range(self._count - 1)
        ]


def _seeds_since(before: Any) -> list[int] | None:
    """What Keras has drawn since a state of `random`, if it was nothing else.

    Args:
        before: What `random.getstate()` returned.
    """
    after = random.getstate()
    random.setstate(before)
    seeds = []
    while random.getstate() != after and len(seeds) < _MANY:
        seeds.append(private_api.default_seed())
    complete = random.getstate() == after
    random.setstate(after)
    return seeds if complete else None


def _key(variable):
    """The numbers of a variable that may be the state of a seed generator."""
    if tuple(variable.shape) != (2,) or "int" not in variable.dtype:
        return None
    seed, counter = variable.value.numpy().tolist()
    return (seed, counter) if counter == 0 else None
