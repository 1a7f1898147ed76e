"""Labelled sentences."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from keras_darts.cli.options import require
from keras_darts.cli.tasks.base import Exports
from keras_darts.cli.tasks.base import LabelledCommands
from keras_darts.cli.tasks.base import Training
from keras_darts.cli.tasks.base import encoder_for
from keras_darts.cli.tasks.base import given_values
from keras_darts.cli.tasks.base import named_dataset
from keras_darts.cli.tasks.base import predictions

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Mapping
    from typing import Any

    import keras
    from absl.flags import FlagValues

    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.export.exported_model import ExportedModel
    from keras_darts.genotypes.base_genotype import BaseGenotype


class TextCommands(LabelledCommands):
    """Sentences go in as token ids, each filled to the same length."""

    name: str | None = "text_classification"
    noun: str | None = "labelled sentences"
    things: str | None = "sentences"
    flags: tuple[str, ...] = (
        *("max_vocabulary", "sequence_length", "max_examples"),
        *("validation_split", "filters", "num_cells", "sync_batch_norm"),
        "raw_text",
    )
    sources: tuple[str, ...] = (
        "dataset",
        "data_dir",
        "max_vocabulary",
        "sequence_length",
    )
    recipes: tuple[str, ...] = ("sentences",)

    def check_source(self, path: pathlib.Path) -> None:
        if path.is_file():
            raise ValueError(
                "`dataset` must be a folder with files for train and test. "
                f"Received: dataset={str(path)!r}, a file"
            )

    def load(
        self, options: FlagValues, vocabulary: Vocabulary | None = None
    ) -> Any:
        require(options, "dataset")
        from keras_darts import datasets

        with named_dataset():
            data = datasets.load_text_classification(
                options.dataset,
                **given_values(
                    options, "data_dir", "max_vocabulary", "sequence_length"
                ),
            )
        if "max_examples" not in options or options.max_examples is None:
            return data
        return _subset(data, options.max_examples, options.seed)

    def describe(self, data: Any) -> str:
        return f"data: {data.description}"

    def vocabulary(self, data: Any) -> Vocabulary:
        return data.vocabulary

    def search_sizes(self, options: FlagValues, data: Any) -> dict[str, Any]:
        return {
            **super().search_sizes(options, data),
            "input_shape": (data.sequence_length,),
            "vocabulary_size": len(data.vocabulary),
        }

    def training(
        self, options: FlagValues, genotype: BaseGenotype
    ) -> tuple[Any, Training]:
        name = options.recipe or self.recipes[0]
        data = self.load(options)
        from keras_darts import networks
        from keras_darts import training
        from keras_darts.utils.private_api import seeded

        with seeded(options.seed):
            network = networks.TextNetwork(
                genotype,
                data.num_classes,
                len(data.vocabulary),
                sequence_length=data.sequence_length,
                **given_values(options, "filters", "num_cells"),
            )
        recipe = training.text_classification_recipe(
            network,
            data.num_train,
            seed=options.seed,
            sync_batch_norm=options.sync_batch_norm,
            **given_values(options, "epochs", "batch_size"),
        )
        return data, Training(name, recipe, network, data.train, data.valid)

    def network_in_words(self, network: keras.Model) -> str:
        return f"{network.num_cells} cells of {network.filters} filters"

    def trained_figures(
        self, training: Training, data: Any
    ) -> dict[str, float]:
        part = data.test_part
        return _figures(predictions(training.network), part, part.ids)

    def evaluated(
        self,
        model: keras.Model | ExportedModel,
        options: FlagValues,
        *,
        saved: Mapping[str, Any],
        vocabulary: Vocabulary | None,
    ) -> tuple[str, dict[str, float]]:
        data = self.load(options)
        _check_classes(model, data, saved)
        part = data.test_part
        function, takes_text, length = _opened(model)
        inputs = np.array(part.texts)
        if not takes_text:
            inputs = _ids(data, vocabulary, length)
        batch_size = options.batch_size or 100
        return data.name, _figures(function, part, inputs, batch_size)

    def exports(
        self,
        network: keras.Model,
        options: FlagValues,
        *,
        saved: Mapping[str, Any],
        vocabulary: Vocabulary | None,
    ) -> tuple[str, Exports]:
        data = self.load(options)
        length = network.sequence_length
        test = _ids(data, vocabulary, length)
        return data.name, Exports(
            common={
                "labels": self.label_names(data, saved),
                "vocabulary": vocabulary,
                "samples": test,
            },
            saved_model=encoder_for(options, vocabulary),
            calibration=_shuffled(_ids(data, vocabulary, length, "train_part")),
            labelled=(test, data.test_part.labels),
        )


def _check_classes(model, data, saved):
    """Refuses sentences of other classes than the model knows."""
    classes = getattr(model, "num_classes", None)
    known = saved.get("data", {}).get("label_names")
    if classes is None:
        classes = model.signatures["serving_default"].outputs["logits"][-1]
    other = known is not None and known != list(data.label_names)
    if other or classes != data.num_classes:
        raise ValueError(
            f"`dataset` must have the {classes} classes of the model"
            f"{': ' if known else ''}{', '.join(known or ())}. Received: "
            f"{data.name!r} with {', '.join(data.label_names)}"
        )


def _opened(model):
    """Inputs to logits, whether they are strings, and the ids in a row."""
    if not hasattr(model, "signatures"):
        return model.predict_on_batch, False, model.sequence_length
    ((name, shape),) = model.signatures["serving_default"].inputs.items()
    length = None if name == "text" else shape[-1]
    return lambda inputs: model(inputs)["logits"], name == "text", length


def _ids(data, vocabulary, length, name="test_part"):
    """The sentences of a part as the ids of a model."""
    part = getattr(data, name)
    length = length or data.sequence_length
    if vocabulary is None:
        return part.ids
    ids = np.full((len(part), length), vocabulary.id_of(vocabulary.pad))
    for row, text in zip(ids, part.texts, strict=True):
        known = vocabulary.encode(text)[:length]
        row[: len(known)] = known
    return ids.astype("int32")


def _shuffled(rows):
    """The rows, so that the first of them are of all classes."""
    return np.random.default_rng(0).permutation(rows)


def _figures(function, part, inputs, batch_size=100):
    from keras_darts.training import evaluate_classifier

    numbers = np.arange(len(part))
    batches = [
        (numbers[start : start + batch_size], labels)
        for start in range(0, len(part), batch_size)
        for labels in [part.labels[start : start + batch_size]]
    ]
    # By their numbers, since strings are inputs too.
    return evaluate_classifier(
        lambda batch: function(inputs[batch.astype(int)]), batches
    )


def _subset(data, count, seed):
    """The data with only so many sentences to train on."""
    import tensorflow as tf

    from keras_darts import datasets

    part = data.train_part
    numbered = tf.data.Dataset.from_tensor_slices(
        (np.arange(len(part)), part.labels)
    )
    count = min(count, len(part))
    taken = datasets.stratified_subset(numbered, count, seed)
    places = [int(place) for place, _ in taken]
    return dataclasses.replace(
        data,
        train_part=datasets.LabelledText(
            tuple(part.texts[place] for place in places),
            part.ids[places],
            part.labels[places],
        ),
        description=(
            f"{data.description}\n      of these {count:,} are used for "
            "training"
        ),
    )
