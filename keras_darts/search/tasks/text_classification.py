"""Searches on sentences that are to be classified."""

import numpy as np

from keras_darts import networks
from keras_darts.search.tasks.base import LabelledModality
from keras_darts.supernet import TextSupernet


class TextModality(LabelledModality):
    """Sentences go in as padded token ids (B, T), in which 0 is padding."""

    needs = ("num_classes", "input_shape", "vocabulary_size")
    rank = 1
    network_sizes = {"filters": 32, "num_cells": 3}

    def make_supernet(self):
        return TextSupernet(
            self._search.search_space,
            self.sizes["num_classes"],
            self.sizes["input_shape"],
            self.sizes["vocabulary_size"],
            **self.pieces,
        )

    def forward(self, inputs, training=None, wrt="both"):
        return self._search.supernet(
            inputs, training=training, frozen=wrt == "arch"
        )

    def derived_network(self, genotype, **sizes):
        (length,) = self.sizes["input_shape"]
        return networks.TextNetwork(
            genotype,
            **{
                "num_classes": self.sizes["num_classes"],
                "vocabulary_size": self.sizes["vocabulary_size"],
                "sequence_length": length,
                "embedding_size": self._search.search_space.embedding_size,
                **sizes,
            },
        )

    def check(self, data):
        task, sizes = super().check(data)
        limits = [_limits(half) for half in (data.train, data.valid)]
        smallest = min(low for low, _ in limits)
        largest = max(high for _, high in limits)
        known = self.sizes["vocabulary_size"]
        if smallest < 0 or (known is not None and largest >= known):
            raise ValueError(
                "`x` must hold token ids from zero to below "
                f"`vocabulary_size`. Received: ids from {smallest} to "
                f"{largest}, vocabulary_size={known}"
            )
        return task, {**sizes, "vocabulary_size": known or largest + 1}

    def settle(self, data):
        """Ids need nothing."""

    def augmentation(self, choice, data):
        if choice not in ("auto", None):
            raise ValueError(
                "`augmentation` must be left out for text. Received: "
                f"augmentation={choice!r}"
            )
        return None


def _limits(half):
    """The smallest and the largest id."""
    batches = half.map(lambda ids, *_: ids).batch(1024)
    limits = [(int(np.min(ids)), int(np.max(ids))) for ids in batches]
    return min(low for low, _ in limits), max(high for _, high in limits)
