"""A cell of the supernet, in which every candidate is still possible."""

import keras
import tensorflow as tf
from keras import ops

from keras_darts.primitives import FactorizedReduce
from keras_darts.primitives import ReLUConvBN
from keras_darts.primitives import halve_presence
from keras_darts.primitives import keep_present
from keras_darts.supernet.edge_stack import EdgeStack


class SearchCell(keras.layers.Layer):
    """Two inputs, nodes that sum their edges, the nodes concatenated.

    Args:
        spec: `CellSpec`.
        filters: Integer, channels of each node.
        connection: Makes an edge: `connection.edge(primitives, filters,
            stride, normalization)` gives a layer that is called with
            `(x, weights)`.
        traces: `SharedTraces` of the supernet.
        reduction_prev: Boolean, whether the cell before reduces, so that the
            first input is twice as large. Defaults to `False`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Reference: Liu et al., 2019, DARTS, section 2.1.
    """

    def __init__(
        self,
        spec,
        filters,
        *,
        connection,
        traces,
        reduction_prev=False,
        normalization="batch",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.spec = spec
        self.filters = filters
        self.normalization = normalization
        self.preprocess0 = self._preprocess(reduction_prev)
        self.preprocess1 = self._preprocess(False)
        self._traces = traces
        self._groups = _equal_edges(spec)
        self.stacks = [
            EdgeStack(
                [
                    connection.edge(primitives, filters, stride, normalization)
                    for _ in edges
                ]
            )
            for primitives, stride, edges in self._groups
        ]

    def build(self, input_shape):
        first, second = input_shape
        self.preprocess0.build(first)
        self.preprocess1.build(second)
        for (_, stride, _), stack in self._grouped_stacks():
            # In a reduction cell what the nodes give is already halved.
            divisor = 2 if self.spec.reduction and stride == 1 else 1
            sides = [side // divisor for side in second[1:-1]]
            stack.build((second[0], *sides, self.filters))

    def call(
        self,
        inputs,
        weights,
        edge_weights=None,
        training=None,
        frozen=False,
        present=None,
    ):
        """[(B, H, W, C0), (B, H, W, C1)], (E, K), (E,) -> (B, H', W', C).

        Or along time, [(B, T, C0), (B, T, C1)], with `present` (B, T, 1).
        """
        settings = {"training": bool(training), "frozen": frozen}
        weights = ops.unstack(weights, len(self.spec.edges), axis=0)
        edges, new_state = self._edges(), {}
        states = [self.preprocess0(inputs[0]), self.preprocess1(inputs[1])]
        states = [keep_present(state, present) for state in states]
        inside = halve_presence(present) if self.spec.reduction else present
        for node in self.spec.nodes:
            terms = []
            for k in self.spec.edges_into(node):
                arguments = [states[self.spec.edges[k][1]], weights[k]]
                term, new_state[k] = self._traces.call(
                    *edges[k][:2], arguments, edges[k][2], **settings
                )
                if edge_weights is not None:
                    term *= ops.cast(edge_weights[k], term.dtype)
                terms.append(term)
            states.append(keep_present(tf.add_n(terms), inside))
        if training:
            self._keep(new_state)
        return ops.concatenate([states[i] for i in self.spec.concat], axis=-1)

    def edge_location(self, edge):
        """The `EdgeStack` that holds an edge's variables, and where."""
        for (_, _, edges), stack in self._grouped_stacks():
            if edge in edges:
                return stack, edges.index(edge)
        raise IndexError(f"the cell has no edge {edge}")

    def _preprocess(self, reduce):
        settings = {"affine": False, "normalization": self.normalization}
        if reduce:
            return FactorizedReduce(self.filters, **settings)
        return ReLUConvBN(self.filters, 1, **settings)

    def _grouped_stacks(self):
        return zip(self._groups, self.stacks, strict=True)

    def _edges(self):
        """For each edge its structure, its template and its values."""
        edges = {}
        for (primitives, stride, places), stack in self._grouped_stacks():
            structure = (primitives, stride, self.filters)
            for k, values in zip(places, stack.edge_values(), strict=True):
                edges[k] = (structure, stack.template, values)
        return edges

    def _keep(self, new_state):
        for (_, _, places), stack in self._grouped_stacks():
            stack.assign_state([new_state[k] for k in places])


def _equal_edges(spec):
    """(primitives, stride, edges) for each structure that occurs."""
    places = {}
    for k, primitives in enumerate(spec.primitives):
        places.setdefault((primitives, spec.stride(k)), []).append(k)
    return tuple((*key, tuple(edges)) for key, edges in places.items())
