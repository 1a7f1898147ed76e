"""A cell of the supernet, in which every candidate is still possible."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_darts.primitives import FactorizedReduce
from keras_darts.primitives import ReLUConvBN
from keras_darts.primitives import SharedInput
from keras_darts.primitives import apply_mask
from keras_darts.primitives import downsample_mask
from keras_darts.supernet.edge import Edge
from keras_darts.supernet.edge import look_of
from keras_darts.supernet.edge import output_of
from keras_darts.supernet.edge_stack import EdgeStack
from keras_darts.supernet.edge_stack import recomputed
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    from keras_darts.search_spaces.cell_spec import CellSpec
    from keras_darts.supernet.edge_stack import SharedTraces


class SearchCell(keras.layers.Layer):
    """Inputs, nodes that sum their edges, the nodes concatenated.

    Two inputs are brought to the cell's channels, a single one has them.

    Args:
        spec: `CellSpec`.
        filters: Integer, channels of each node.
        connection: `Connection`, which makes the edges.
        traces: `SharedTraces` of the supernet.
        reduction_prev: Boolean, whether the cell before reduces, so that the
            first input is twice as large. Defaults to `False`.
        normalization: As of the space. Defaults to `"batch"`.
        rematerialize: Boolean, whether a backward pass computes the cell
            again, so that of the forward pass only its inputs are kept.
            Defaults to `False`.

    Reference: Liu et al., 2019, DARTS, section 2.1.
    """

    def __init__(
        self,
        spec: CellSpec,
        filters: int,
        *,
        connection: Any,
        traces: SharedTraces,
        reduction_prev: bool = False,
        normalization: str | None = "batch",
        rematerialize: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.spec = spec
        self.filters = filters
        self.normalization = normalization
        self.rematerialize = rematerialize
        if spec.num_inputs > 1:
            self.preprocess0: FactorizedReduce | ReLUConvBN = self._preprocess(
                reduction_prev
            )
            self.preprocess1: FactorizedReduce | ReLUConvBN = self._preprocess(
                False
            )
        self._traces = traces
        self._groups = _equal_edges(spec)
        self.stacks: list[EdgeStack] = [
            EdgeStack(
                functools.partial(
                    _made,
                    connection,
                    primitives,
                    filters,
                    stride,
                    normalization,
                ),
                len(edges),
            )
            for primitives, stride, edges in self._groups
        ]

    def build(self, input_shape: Sequence[Shape]) -> None:
        if self.spec.num_inputs > 1:
            self.preprocess0.build(input_shape[0])
            self.preprocess1.build(input_shape[1])
        batch, *last, _ = input_shape[-1]
        self._shapes = []
        for (_, stride, _), stack in self._grouped_stacks():
            # In a reduction cell what the nodes give is already halved.
            divisor = 2 if self.spec.reduction and stride == 1 else 1
            sides = [side // divisor for side in last]
            self._shapes.append((*sides, self.filters))
            stack.build((batch, *self._shapes[-1]))

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        # Around all that Keras does for a call, as it also sets precision.
        if self.rematerialize:
            return recomputed(self, super().__call__, *inputs, **options)
        return super().__call__(*inputs, **options)

    def call(
        self,
        inputs: Sequence[tf.Tensor],
        weights: tf.Tensor,
        edge_weights: tf.Tensor | None = None,
        sampled: tf.Tensor | None = None,
        training: bool | None = None,
        frozen: bool = False,
        present: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """[(B, H, W, C0), (B, H, W, C1)], (E, K), (E,) -> (B, H', W', C).

        Or along time, [(B, T, C0), (B, T, C1)], with `present` (B, T, 1). The
        list has as many items as the cell has inputs.
        Of the candidates only those of `sampled` (E, n) run, or all.
        """
        settings = (bool(training), frozen)
        count = len(self.spec.edges)
        each = [None] * count
        sampled = each if sampled is None else ops.unstack(sampled, count)
        if edge_weights is not None:
            weights = weights * ops.expand_dims(edge_weights, -1)
        weights = ops.unstack(weights, count, axis=0)
        edges, new_state = self._edges(), {}
        states = self._states(inputs)
        shared = [SharedInput(apply_mask(s, present)) for s in states]
        inside = downsample_mask(present) if self.spec.reduction else present
        for node in self.spec.nodes:
            terms = []
            for k in self.spec.edges_into(node):
                seen = shared[self.spec.edges[k][1]]
                term, new_state[k] = self._edge(
                    edges[k], seen, weights[k], sampled[k], settings
                )
                terms.append(term)
            states.append(apply_mask(tf.add_n(terms), inside))
            shared.append(SharedInput(states[-1]))
        if training:
            self._keep(new_state)
        return ops.concatenate([states[i] for i in self.spec.concat], axis=-1)

    def input_shape_of(self, edge: int) -> Shape:
        """Of the features that an edge gets, without the batch."""
        for (_, _, edges), shape in zip(
            self._groups, self._shapes, strict=True
        ):
            if edge in edges:
                return shape
        raise IndexError(f"the cell has no edge {edge}")

    def edge_location(self, edge: int) -> tuple[EdgeStack, int]:
        """The `EdgeStack` that holds an edge's variables, and where."""
        for (_, _, edges), stack in self._grouped_stacks():
            if edge in edges:
                return stack, edges.index(edge)
        raise IndexError(f"the cell has no edge {edge}")

    def _states(self, inputs):
        if self.spec.num_inputs == 1:
            return list(inputs)
        return [self.preprocess0(inputs[0]), self.preprocess1(inputs[1])]

    def _preprocess(self, reduce):
        settings = {"affine": False, "normalization": self.normalization}
        if reduce:
            return FactorizedReduce(self.filters, **settings)
        return ReLUConvBN(self.filters, 1, **settings)

    def _grouped_stacks(self):
        return zip(self._groups, self.stacks, strict=True)

    def _edges(self):
        """For each edge its structure, its stack and its values in it."""
        edges = {}
        for (primitives, stride, places), stack in self._grouped_stacks():
            structure = (primitives, stride, self.filters)
            for k, values in zip(places, stack.edge_values(), strict=True):
                edges[k] = (structure, stack, values)
        return edges

    def _edge(self, edge, shared, weights, sampled, settings):
        """An edge's output and its new state, by the trace of its structure."""
        structure, stack, values = edge
        training, frozen = settings
        features = shared.asked_by(
            lambda shared: look_of(stack.template(), shared, sampled, training)
        )

        def call(features, weights, sampled, values):
            return stack.call_edge(
                values,
                lambda edge: output_of(
                    edge,
                    SharedInput(results=features),
                    weights,
                    sampled,
                    training,
                ),
                frozen=frozen,
            )

        return self._traces.call(
            (structure, settings, sampled is None, self.compute_dtype),
            call,
            features,
            weights,
            sampled,
            values,
        )

    def _keep(self, new_state):
        for (_, _, places), stack in self._grouped_stacks():
            stack.assign_state([new_state[k] for k in places])


def _made(connection, *settings):
    """An edge of a connection."""
    edge = connection.make_edge(*settings)
    if not isinstance(edge, Edge):
        raise TypeError(
            "`connection` must make layers of a subclass of "
            f"`kd.connections.Edge`. Received: {type(edge).__name__} of "
            f"{type(connection).__name__}"
        )
    return edge


def _equal_edges(spec):
    """(primitives, stride, edges) for each structure that occurs."""
    places = {}
    for k, primitives in enumerate(spec.primitives):
        places.setdefault((primitives, spec.stride(k)), []).append(k)
    return tuple((*key, tuple(edges)) for key, edges in places.items())
