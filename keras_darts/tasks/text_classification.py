"""Texts as padded token ids, which are classified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from keras_darts import networks
from keras_darts import training
from keras_darts.datasets.elements import check_sentences
from keras_darts.strategies import RECIPES
from keras_darts.supernet import TextSupernet
from keras_darts.tasks.labelled import NUM_CLASSES
from keras_darts.tasks.labelled import LabelledTask

if TYPE_CHECKING:
    import keras

    from keras_darts.datasets.task import Task
    from keras_darts.search_spaces.search_space import BaseSpace
    from keras_darts.strategies.recipe import SearchRecipe
    from keras_darts.strategies.strategy import SearchStrategy
    from keras_darts.tasks.base import DataSizes
    from keras_darts.training.recipe import BaseRecipe


_EXAMPLE_LENGTH = 8
_EXAMPLE_WORDS = 20


class TextClassification(LabelledTask):
    """Texts go in as padded token ids (B, T), in which 0 is padding.

    Example:

    >>> TextClassification().sizes
    ('num_classes', 'input_shape', 'vocabulary_size')
    """

    sizes: tuple[str, ...] = ("num_classes", "input_shape", "vocabulary_size")
    data = "a data set of (token ids, label), or an array of token ids with `y`"
    search_recipe: SearchRecipe = RECIPES["text_classification"]
    network_types: tuple[type, ...] = (networks.TextNetwork,)
    rank = 1

    def check_element(self, spec: Any, name: str) -> None:
        check_sentences(spec, name=name)

    def make_supernet(
        self,
        space: Any,
        sizes: DataSizes,
        strategy: SearchStrategy,
        rematerialize: bool = False,
    ) -> Any:
        return TextSupernet(
            space,
            sizes["num_classes"],
            sizes["input_shape"],
            sizes["vocabulary_size"],
            **self.pieces(space, strategy, rematerialize),
        )

    def check(
        self, data: Any, sizes: Any, loss: Any
    ) -> tuple[Task, dict[str, Any]]:
        task, shapes = super().check(data, sizes, loss)
        limits = [_limits(part) for part in (data.train, data.valid)]
        smallest = min(low for low, _ in limits)
        largest = max(high for _, high in limits)
        known = sizes["vocabulary_size"]
        if smallest < 0 or (known is not None and largest >= known):
            raise ValueError(
                "`x` must hold token ids from zero to below "
                f"`vocabulary_size`. Received: ids from {smallest} to "
                f"{largest}, vocabulary_size={known}"
            )
        return task, {**shapes, "vocabulary_size": known or largest + 1}

    def network_sizes(self, space: BaseSpace) -> dict[str, Any]:
        return {"filters": 32, "num_cells": 3}

    def network(
        self,
        genotype: Any,
        space: Any,
        sizes: Any,
        statistics: Mapping[str, Any],
        **options: Any,
    ) -> keras.Model:
        (length,) = sizes["input_shape"]
        known = {
            "num_classes": sizes["num_classes"],
            "vocabulary_size": sizes["vocabulary_size"],
            "sequence_length": length,
            "embedding_size": space.embedding_size,
        }
        return networks.TextNetwork(genotype, **{**known, **options})

    def recipe(
        self, network: keras.Model, num_train: int, task: Task, **options: Any
    ) -> BaseRecipe:
        return training.text_classification_recipe(
            network, num_train, **options
        )

    def example_sizes(self) -> dict[str, Any]:
        return {
            "num_classes": NUM_CLASSES,
            "input_shape": (_EXAMPLE_LENGTH,),
            "vocabulary_size": _EXAMPLE_WORDS,
        }

    def example_batch(
        self, count: int, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """The last text of a batch is padded."""
        draw = np.random.default_rng(seed)
        # As many as a language model has with the token that follows.
        shape = (count, _EXAMPLE_LENGTH + 1)
        words = draw.integers(1, _EXAMPLE_WORDS, shape)[:, :-1]
        words[-1, -3:] = 0
        return words, self.example_labels(count)


def _limits(part):
    """The smallest and the largest id."""
    batches = part.map(lambda ids, *_: ids).batch(1024)
    limits = [(int(np.min(ids)), int(np.max(ids))) for ids in batches]
    return min(low for low, _ in limits), max(high for _, high in limits)
