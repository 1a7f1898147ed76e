"""The data of a tuning: for the searches, the trainings and the validation."""

import dataclasses
import hashlib

import numpy as np

from keras_darts import datasets
from keras_darts import training

# Of the data, where there are none to validate on.
_VALIDATION_SPLIT = 0.2


def read(
    search,
    x,
    y=None,
    batch_size=None,
    *,
    validation_data=None,
    validation_split=_VALIDATION_SPLIT,
    **options,
):
    """Prepares the user's data for the trials of a search.

    Args:
        search: `DartsSearch`, any one of the trials'.
        x: As in `DartsSearch.fit`.
        y: Likewise.
        batch_size: Likewise.
        validation_data: What trained networks are judged on, and neither
            searched nor trained. Defaults to `None`: a part of `x`.
        validation_split: Float in (0, 1), the share of `x` that is set aside
            then. Defaults to `0.2`.
        **options: `sample_weight`, `class_weight` and `steps_per_epoch`, as
            in `DartsSearch.fit`.
    """
    return _DATA[search.search_space.modality](
        search,
        x,
        y,
        batch_size,
        validation_data=validation_data,
        validation_split=validation_split,
        **options,
    )


class LabelledData:
    """Images or sentences.

    Attributes:
        train: Unbatched data set that networks are trained on, and whose
            halves are searched on.
        validation: The same of what they are judged on.
        num_train: Integer, the elements of `train`.
        kept: Dictionary, arguments of the recipe's `fit` for what a run keeps
            of the data.
    """

    kept = {}

    def __init__(self, search, x, y, batch_size, **options):
        # The same in all trials, whatever their seed.
        split = datasets.bilevel_split(x, y, batch_size=batch_size, **options)
        self.train, self.validation = split.train, split.valid
        if options.get("class_weight") is not None:
            # As in Keras, what networks are judged on has no such weights.
            self.validation = split.valid.map(lambda x, y, *_: (x, y))
        self.num_train = split.num_train
        chosen = split.batch_size_from != "default"
        self._batch_size = split.batch_size if chosen else None
        self._labels = split.train_labels, split.valid_labels
        self._statistics = None

    def search_input(self, search):
        """The arguments of `DartsSearch.fit` for these data."""
        return {"x": self.train, "batch_size": self._batch_size}

    def settle(self, search):
        """Gives a search, which may be finished, the sizes of the data.

        Returns:
            The `Task`.
        """
        whole = datasets.BilevelSplit(
            train=self.train,
            valid=self.validation,
            num_train=self.num_train,
            num_valid=len(self._labels[1]),
            batch_size=1,
            has_sample_weight=False,
            description="",
            train_labels=self._labels[0],
            valid_labels=self._labels[1],
        )
        task, sizes = search.modality.check(whole)
        search.modality.take_sizes(**sizes)
        return task

    def network(self, search, genotype, sizes):
        """A network of a genotype for these data."""
        return search.modality.derived_network(genotype, **sizes)

    def figures(self, task):
        """The names of the figures of a validation."""
        metrics = training.metrics_for(task.label_type, task.num_outputs)
        return ["val_loss", *(f"val_{metric.name}" for metric in metrics)]

    def describe(self):
        """Plain values that identify the data."""
        return {
            "elements": [len(part) for part in self._labels],
            "labels": [_digest(part) for part in self._labels],
        }

    def batch_size_for(self, options):
        """Options of a recipe with the batch size of the data, if any."""
        size = options.get("batch_size", self._batch_size)
        if size is None:
            return options
        return {**options, "batch_size": min(size, self.num_train)}


class ImageData(LabelledData):
    """Images, which go into a network as they are."""

    def network(self, search, genotype, sizes):
        # Of all images, where those of the search are of a half of them.
        statistics = self._statistics
        if statistics is None:
            statistics = self._statistics = datasets.channel_statistics(
                self.train
            )
        return super().network(
            search, genotype, {**statistics._asdict(), **sizes}
        )

    def recipe(self, network, task, options):
        """Compiles a network, and returns the recipe to train it."""
        return training.image_recipe(
            network,
            self.num_train,
            **{
                "mean": network.mean,
                "variance": network.variance,
                "label_type": task.label_type,
                **self.batch_size_for(options),
            },
        )


class SentenceData(LabelledData):
    """Sentences, as padded token ids."""

    def recipe(self, network, task, options):
        return training.text_classification_recipe(
            network, self.num_train, **self.batch_size_for(options)
        )


class LanguageData:
    """Running text: a `datasets.Corpus`, or an array of token ids.

    Searches split the training text, and networks are judged on the
    validation text.
    """

    def __init__(
        self,
        search,
        x,
        y,
        batch_size,
        *,
        validation_data,
        validation_split,
        sample_weight=None,
        class_weight=None,
        steps_per_epoch=None,
    ):
        _check_left_out(
            y=y, sample_weight=sample_weight, class_weight=class_weight
        )
        self._batch_size, self._corpus = batch_size, None
        if isinstance(x, datasets.Corpus):
            self._corpus, x = x, x.train
            if validation_data is None:
                validation_data = self._corpus.valid
        if isinstance(validation_data, datasets.Corpus):
            validation_data = validation_data.valid
        x = np.asarray(x)
        if validation_data is None:
            count = round(len(x) * (1 - validation_split))
            x, validation_data = x[:count], x[count:]
        self.train, self.validation = x, np.asarray(validation_data)
        self._size = int(max(x.max(), self.validation.max())) + 1
        if self._corpus is not None:
            self._size = len(self._corpus.vocabulary)
        self.kept = {"vocabulary": self._corpus and self._corpus.vocabulary}

    def search_input(self, search):
        """The halves of the training text, with the vocabulary."""
        size = {"batch_size": self._batch_size}
        if self._corpus is None:
            return {"x": self.train, **size}
        middle = len(self.train) // 2
        split = {"train": self.train[:middle], "valid": self.train[middle:]}
        return {"x": dataclasses.replace(self._corpus, **split), **size}

    def settle(self, search):
        if search.vocabulary_size is None:
            search.modality.take_sizes(vocabulary_size=self._size)
        return search.modality.task_for(None)

    def network(self, search, genotype, sizes):
        return search.modality.derived_network(genotype, **sizes)

    def figures(self, task):
        return ["val_loss", "val_perplexity"]

    def describe(self):
        parts = self.train, self.validation
        return {
            "tokens": [len(part) for part in parts],
            "texts": [_digest(part) for part in parts],
        }

    def recipe(self, network, task, options):
        if self._batch_size is not None:
            options = {"batch_size": self._batch_size, **options}
        return training.small_language_model_recipe(network, **options)


def _check_left_out(**options):
    for name, value in options.items():
        if value is not None:
            raise ValueError(
                f"`{name}` must be left out for language, where each token is "
                f"the label of those before it. Received: {name}"
            )


def _digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


_DATA = {"image": ImageData, "language": LanguageData, "text": SentenceData}
