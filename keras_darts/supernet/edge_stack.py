"""Edges of one structure: a few variables and one graph for all of them.

A supernet of eight cells has 112 edges with a dozen weights and as many
statistics each. Kept apart they would make thousands of variables, each of
which costs a dozen graph operations in every optimizer step. Stacked, the
same numbers lie in a hundred variables, and the graph of each structure is
traced once. A cell may also be rematerialized in the backward pass.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts.primitives.conv_ops import Draw
from keras_darts.primitives.conv_ops import recorded_draws
from keras_darts.utils import private_api
from keras_darts.utils.typing import Shape
from keras_darts.utils.typing import TensorLike

if TYPE_CHECKING:
    from keras_darts.supernet.edge import Edge


def packed(tensors: Iterable[TensorLike]) -> list[tf.Tensor]:
    """The numbers of all tensors, as a vector for each precision.

    Example:

    >>> [vector.numpy().tolist() for vector in packed([tf.ones((2, 1)), 0.5])]
    [[1.0, 1.0, 0.5]]
    """
    parts = {}
    for tensor in map(tf.convert_to_tensor, tensors):
        is_flat = len(tensor.shape) == 1
        flat = tensor if is_flat else ops.reshape(tensor, (-1,))
        parts.setdefault(tensor.dtype, []).append(flat)
    return [tf.concat(flat, axis=0) for flat in parts.values()]


def unpacked(
    vectors: Sequence[tf.Tensor], like: Sequence[Any]
) -> list[tf.Tensor]:
    """What was packed, in its old shapes.

    Args:
        vectors: List of tensors, as `packed` returns them. They may have more
            axes before the last one.
        like: Tensors or variables, of the precisions and shapes of what was
            packed; the shapes begin with the vectors' further axes.

    Example:

    >>> ones = [tf.ones((2, 1)), tf.ones(())]
    >>> [tensor.shape for tensor in unpacked(packed(ones), ones)]
    [TensorShape([2, 1]), TensorShape([])]
    """
    parts = {}
    for vector in vectors:
        name, before = vector.dtype.name, len(vector.shape) - 1
        sizes = [
            math.prod(t.shape[before:]) for t in like if _precision(t) == name
        ]
        parts[name] = iter(tf.split(vector, sizes, axis=-1))
    return [_shaped(next(parts[_precision(t)]), t.shape) for t in like]


def _precision(tensor):
    return keras.backend.standardize_dtype(tensor.dtype)


def _shaped(tensor, shape):
    same_rank = len(tensor.shape) == len(shape)
    return tensor if same_rank else ops.reshape(tensor, shape)


class EdgeStack(keras.layers.Layer):
    """Holds the variables of equal layers, one array for all of them.

    One layer is the template, which is called with the values of any of them.
    The others are not made where their first values can be drawn without
    them; the numbers are the same.

    Args:
        make_edge: Function without arguments that returns a layer, each time
            with the same arguments.
        count: Integer, the number of layers.

    Example:

    >>> stack = EdgeStack(lambda: keras.layers.Dense(3), 4)
    >>> stack.build((None, 2))
    >>> [tuple(v.shape) for v in stack.trainable_variables]
    [(4, 2, 3), (4, 3)]
    """

    def __init__(
        self, make_edge: Callable[[], Edge], count: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.count: int = count
        # Which hides them from Keras, that would count their variables too.
        self._edges = EqualLayers(make_edge, count)

    def template(self) -> Edge:
        """The layer; no property, or Keras would save its variables too."""
        return self._edges.first

    def build(self, input_shape: Shape) -> None:
        # What stands for variables here is never assigned.
        with tf.variable_creator_scope(_first_value):
            values = self._edges.build(input_shape)
        template = self._edges.first
        pairs = zip(template.variables, values, strict=True)
        values = {id(variable): value for variable, value in pairs}
        self.stacked_weights: list[keras.Variable] = [
            self._stack(variable, values[id(variable)], trainable=True)
            for variable in template.trainable_variables
        ]
        self.stacked_state: list[keras.Variable] = [
            self._stack(variable, values[id(variable)], trainable=False)
            for variable in template.non_trainable_variables
        ]

    def edge_values(self) -> list[tuple[list[tf.Tensor], list[tf.Tensor]]]:
        """For each edge its (weights, state), lists in template order."""
        weights = self._by_edge(self.stacked_weights)
        state = self._by_edge(self.stacked_state)
        return list(zip(weights, state, strict=True))

    def call_edge(
        self,
        values: tuple[Sequence[tf.Tensor], Sequence[tf.Tensor]],
        function: Callable[[Any], Any],
        frozen: bool = False,
    ) -> tuple[Any, list[tf.Tensor]]:
        """`function(template)`, where the template has an edge's values.

        Args:
            values: Of the edge, as in `edge_values`.
            function: Function of a layer.
            frozen: Boolean; no gradient will be asked for the weights, so
                that none is prepared. Defaults to `False`.

        Returns:
            What the function gives, and the edge's new state, as
            `assign_state` takes it.
        """
        weights, state = values
        if frozen:
            weights = [tf.stop_gradient(weight) for weight in weights]
        variables = [
            *self._edges.first.trainable_variables,
            *self._edges.first.non_trainable_variables,
        ]
        mapping = list(zip(variables, [*weights, *state], strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            outputs = function(self._edges.first)
        state = [
            scope.get_current_value(variable)
            for variable in self._edges.first.non_trainable_variables
        ]
        # Without a gradient, or one of zeros would be computed all the way.
        return outputs, [tf.stop_gradient(vector) for vector in packed(state)]

    def assign_state(self, states: Iterable[Sequence[tf.Tensor]]) -> None:
        """Takes over the new state of each edge, in order."""
        of_edges = [tf.stack(vectors) for vectors in zip(*states, strict=True)]
        values = unpacked(of_edges, self.stacked_state)
        for variable, value in zip(self.stacked_state, values, strict=True):
            variable.assign(value)

    def stack_of(self, variable: keras.Variable) -> keras.Variable:
        """The stacked variable that stands for one of the template's."""
        mine = [*self.stacked_weights, *self.stacked_state]
        template = [
            *self._edges.first.trainable_variables,
            *self._edges.first.non_trainable_variables,
        ]
        pairs = zip(mine, template, strict=True)
        return next(m for m, t in pairs if t is variable)

    def _stack(self, variable, values, trainable):
        return self.add_weight(
            name="_".join(variable.path.split("/")[1:]) or variable.name,
            shape=values.shape,
            dtype=variable.dtype,
            initializer=lambda shape, dtype: ops.convert_to_tensor(
                values, dtype
            ),
            trainable=trainable,
            autocast=False,
        )

    def _by_edge(self, variables):
        if not variables:
            return [[] for _ in range(self.count)]
        unstacked = [ops.unstack(v.value, self.count, 0) for v in variables]
        return [list(values) for values in zip(*unstacked, strict=True)]


def _first_value(_, initial_value, dtype=None, **settings):
    """Stands for a variable that is never assigned: making one takes long."""
    value = initial_value() if callable(initial_value) else initial_value
    return tf.convert_to_tensor(value, dtype)


class SharedTraces:
    """Calls functions that are the same for all places of one structure.

    Traced place by place, a supernet takes minutes and makes a graph of two
    hundred thousand operations. Here the graph of a structure is made once
    for each shape and then called, forward and backward, with the weights of
    whichever place it is. Outside of a graph the function is called as it is.

    Args:
        meets: Boolean, whether devices that share a batch meet inside the
            functions, as synchronised normalisations let them. They can't in
            a graph that is called, so that on several devices nothing is
            shared and the graph is large. Defaults to `False`.

    Example:

    >>> traces = SharedTraces()
    >>> traces.call("double", lambda x: 2 * x, tf.constant(3)).numpy()
    np.int32(6)
    """

    def __init__(self, meets: bool = False) -> None:
        self._meets = meets
        self._functions = {}

    def call(
        self, structure: Hashable, function: Callable[..., Any], *tensors: Any
    ) -> Any:
        """`function` of the tensors, or one that was traced before.

        Args:
            structure: Hashable; functions with equal ones are the same.
            function: Function of nested tensors, which alone it depends on.
            *tensors: Its arguments.
        """
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        if not tf.inside_function() or (self._meets and replicas > 1):
            return function(*tensors)
        if structure not in self._functions:
            self._functions[structure] = tf.function(
                function,
                autograph=False,
                # Inlined, the graph would be as large as without sharing.
                experimental_attributes={"_noinline": True},
            )
        return self._functions[structure](*tensors)


def recomputed(
    layer: keras.Layer,
    function: Callable[..., Any],
    *arguments: Any,
    **options: Any,
) -> Any:
    """`function(*arguments, **options)`, of which nothing else is kept.

    A gradient calls the function once more, with the same tensors, weights
    and state: the numbers are the same, those of dropout as well. What the
    layer's state becomes counts once. Second derivatives work.

    Args:
        layer: Layer with all variables that the function reads and assigns.
        function: Function of nested tensors that returns a tensor.
        *arguments: Its arguments; what is no tensor is handed on.
        **options: The same by name.

    Example:

    >>> layer = keras.layers.Dense(1, kernel_initializer="ones")
    >>> layer.build((None, 2))
    >>> x = tf.constant([[1.0, 2.0]])
    >>> with tf.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = recomputed(layer, layer, x)
    >>> tape.gradient(y, x).numpy().tolist()
    [[1.0, 1.0]]

    Reference: Chen et al., 2016, Training Deep Nets with Sublinear Memory
    Cost, section 3.
    """
    flat = tf.nest.flatten((arguments, options))
    places = [i for i, value in enumerate(flat) if tf.is_tensor(value)]
    variables = [*layer.trainable_variables, *layer.non_trainable_variables]
    state = layer.non_trainable_variables

    def run(tensors):
        """The outputs, and the values of the state after the call."""
        tensors, values = tensors[: len(places)], tensors[len(places) :]
        whole = list(flat)
        for place, tensor in zip(places, tensors, strict=True):
            whole[place] = tensor
        args, kwargs = tf.nest.pack_sequence_as((arguments, options), whole)
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            outputs = function(*args, **kwargs)
        return outputs, [scope.get_current_value(v) for v in state]

    outputs, *moved = _called(run)(
        *[flat[place] for place in places],
        *[tf.convert_to_tensor(variable) for variable in variables],
    )
    for variable, value in zip(state, moved, strict=True):
        variable.assign(value)
    return outputs


def _called(run):
    @tf.custom_gradient
    def call(*tensors):
        # No gradient is prepared here, so that nothing is kept for it.
        outputs, state = run([tf.stop_gradient(t) for t in tensors])

        def gradient(upstream, *_):
            # Not before the gradient arrives: all cells at once would need
            # as much memory as if they had been kept.
            with tf.control_dependencies([upstream]):
                again = [tf.identity(tensor) for tensor in tensors]
            watched = [t for t in again if t.dtype.is_floating]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(watched)
                outputs, _ = run(again)
            gradients = iter(tape.gradient(outputs, watched, upstream))
            return [
                next(gradients) if t.dtype.is_floating else None for t in again
            ]

        return (outputs, *state), gradient

    return call


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
        """Those of the seed generators, whose states begin with them."""
        seeds = map(_seed_of_state, self.first.variables)
        return [seed for seed in seeds if seed in self._seeds]

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
        value, seed = variable.value.numpy(), _seed_of_state(variable)
        if seed in states:
            return states[seed].astype(value.dtype)
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
    after, again, seeds = random.getstate(), random.Random(), []
    again.setstate(before)
    while again.getstate() != after:
        if len(seeds) == _MANY:
            return None
        seeds.append(private_api.default_seed(again))
    return seeds


def _seed_of_state(variable):
    """The seed, where a variable may be the first state of a generator."""
    if tuple(variable.shape) != (2,) or "int" not in variable.dtype:
        return None
    seed, counter = variable.value.numpy().tolist()
    return seed if counter == 0 else None
