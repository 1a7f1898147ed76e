"""Labelled sentences."""

import dataclasses

from keras_darts.cli.modalities.labelled import LabelledModality
from keras_darts.cli.modalities.modality import Training
from keras_darts.cli.modalities.modality import given_values
from keras_darts.cli.modalities.modality import named_dataset
from keras_darts.cli.modalities.modality import recipe_name
from keras_darts.cli.options import require


class TextModality(LabelledModality):
    """Sentences go in as token ids, each filled to the same length."""

    name = "text"
    noun = "labelled sentences"
    things = "sentences"
    flags = (
        *("max_vocabulary", "sequence_length", "max_examples"),
        *("validation_split", "filters", "num_cells"),
    )
    sources = ("dataset", "data_dir", "max_vocabulary", "sequence_length")
    recipes = ("sentences",)

    def load(self, options, vocabulary=None):
        require(options, "dataset")
        from keras_darts import datasets

        with named_dataset():
            data = datasets.load_sentences(
                options.dataset,
                **given_values(
                    options, "data_dir", "max_vocabulary", "sequence_length"
                ),
            )
        if "max_examples" not in options or options.max_examples is None:
            return data
        return _subset(data, options.max_examples, options.seed)

    def describe(self, data):
        return f"data: {data.description}"

    def vocabulary(self, data):
        return data.vocabulary

    def search_sizes(self, options, data):
        return {
            **super().search_sizes(options, data),
            "input_shape": (data.sequence_length,),
            "vocabulary_size": len(data.vocabulary),
        }

    def training(self, options, genotype):
        name = recipe_name(options, self, default=self.recipes[0])
        data = self.load(options)
        from keras_darts import networks
        from keras_darts import training
        from keras_darts.search.seeding import seeded

        with seeded(options.seed):
            network = networks.TextNetwork(
                genotype,
                data.num_classes,
                len(data.vocabulary),
                sequence_length=data.sequence_length,
                **given_values(options, "filters", "num_cells"),
            )
        recipe = training.sentence_recipe(
            network,
            data.num_train,
            seed=options.seed,
            **given_values(options, "epochs", "batch_size"),
        )
        return data, Training(name, recipe, network, data.train, data.valid)

    def network_in_words(self, network):
        return f"{network.num_cells} cells of {network.filters} filters"

    def trained_figures(self, training, data):
        return _figures(training.network.predict_on_batch, data.test_part)

    def evaluated(self, model, options, *, saved, vocabulary):
        data = self.load(options)
        sentences = data.test_part
        figures = _figures(
            model.predict_on_batch, sentences, options.batch_size or 100
        )
        return data.name, figures


def _figures(function, sentences, batch_size=100):
    from keras_darts.training import classification_figures

    return classification_figures(
        lambda ids: function(ids.astype("int32")),
        sentences.dataset().batch(batch_size).as_numpy_iterator(),
    )


def _subset(data, count, seed):
    """The data with only so many sentences to train on."""
    import numpy as np
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
        train_part=datasets.Sentences(
            tuple(part.texts[place] for place in places),
            part.ids[places],
            part.labels[places],
        ),
        description=(
            f"{data.description}\n      of these {count:,} are used for "
            "training"
        ),
    )
