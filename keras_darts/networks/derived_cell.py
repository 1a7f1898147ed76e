"""A cell of a network that trains from scratch: what a genotype becomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

import keras
from keras import ops

from keras_darts.genotypes import Genotype
from keras_darts.primitives import FactorizedReduce
from keras_darts.primitives import Identity
from keras_darts.primitives import ReLUConvBN
from keras_darts.primitives import apply_mask
from keras_darts.primitives import build_layer
from keras_darts.primitives import downsample_mask
from keras_darts.primitives import make_primitive
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_darts.primitives import DropPath


@keras.saving.register_keras_serializable(package="keras_darts")
class DerivedCell(keras.layers.Layer):
    """The normal or the reduction cell of a genotype.

    Both inputs are brought to `filters` channels, each node is the sum of its
    primitives, and the output is the concatenation of the nodes that the
    genotype names. In a reduction cell what leaves the inputs has stride 2.
    Nodes without input give nothing (`Genotype.without_isolated_nodes`).

    Args:
        genotype: `Genotype`.
        filters: Integer, channels of a node.
        reduction: Boolean, whether it is the reduction cell. Defaults to
            `False`.
        reduction_before: Boolean, whether the previous cell halved height and
            width, so that the first input still has to. Defaults to `False`.
        drop_path: `DropPath` layer that acts on every primitive but the
            identity; cells can share one. Defaults to `None`.

    Call: `(before, last)`, the outputs of the previous cell but one and of
    the previous cell, and `present` for padded sequences: (B, T, 1), 1 where
    a position of `last` is there and 0 where it is padding.

    Example:

    >>> genotype = kd.genotypes.get("darts_v2")
    >>> cell = DerivedCell(genotype, filters=4, reduction=True)
    >>> images = np.ones((2, 8, 8, 3), "float32")
    >>> cell((images, images)).shape
    TensorShape([2, 4, 4, 16])

    Reference: Liu et al., 2019, DARTS, sections 2.1 and 3.1.
    """

    def __init__(
        self,
        genotype: Genotype,
        filters: int,
        reduction: bool = False,
        *,
        reduction_before: bool = False,
        drop_path: DropPath | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.genotype = genotype
        self.filters = filters
        self.reduction = reduction
        self.reduction_before = reduction_before
        self.drop_path = drop_path
        cell_type = "reduce" if reduction else "normal"
        live = genotype.without_isolated_nodes()
        self.nodes: tuple[tuple[tuple[str, int], ...], ...] = live.nodes(
            cell_type
        )
        self.concat: Sequence[int] = getattr(live, f"{cell_type}_concat")
        before = FactorizedReduce if reduction_before else _pointwise
        self.preprocess0: FactorizedReduce | ReLUConvBN = before(filters)
        self.preprocess1: ReLUConvBN = _pointwise(filters)
        # One after the other, node by node, as in the genotype.
        self.ops: list[keras.Layer] = [
            make_primitive(name, filters, stride=self._stride(source))
            for node in self.nodes
            for name, source in node
        ]

    def build(self, input_shape: Sequence[Shape]) -> None:
        before, last = input_shape
        self.preprocess0.build(before)
        self.preprocess1.build(last)
        inputs = (*last[:-1], self.filters)
        inside = (*self.compute_output_shape(input_shape)[:-1], self.filters)
        operations = iter(self.ops)
        for node in self.nodes:
            for _, source in node:
                build_layer(next(operations), inputs if source < 2 else inside)

    def call(
        self, inputs: Sequence[tf.Tensor], present: tf.Tensor | None = None
    ) -> tf.Tensor:
        """(B, H, W, C), (B, H, W, C') -> (B, H, W, C''), or along time."""
        before, last = inputs
        states = [self.preprocess0(before), self.preprocess1(last)]
        states = [apply_mask(state, present) for state in states]
        inside = downsample_mask(present) if self.reduction else present
        operations = iter(self.ops)
        for node in self.nodes:
            terms = [
                self._edge(next(operations), states[source])
                for _, source in node
            ]
            states.append(
                apply_mask(sum(terms[1:], terms[0]), inside) if terms else None
            )
        return ops.concatenate([states[i] for i in self.concat], axis=-1)

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        batch, *sides, _ = input_shape[1]
        if self.reduction:
            sides = [None if side is None else side // 2 for side in sides]
        return (batch, *sides, len(self.concat) * self.filters)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "genotype": self.genotype.to_text(),
            "filters": self.filters,
            "reduction": self.reduction,
            "reduction_before": self.reduction_before,
            "drop_path": keras.saving.serialize_keras_object(self.drop_path),
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        config = dict(config)
        config["genotype"] = Genotype.from_text(config["genotype"])
        config["drop_path"] = keras.saving.deserialize_keras_object(
            config["drop_path"]
        )
        return cls(**config)

    def _stride(self, source):
        return 2 if self.reduction and source < 2 else 1

    def _edge(self, operation, state):
        outputs = operation(state)
        if self.drop_path is None or isinstance(operation, Identity):
            return outputs
        return self.drop_path(outputs)


def _pointwise(filters):
    return ReLUConvBN(filters, 1)
