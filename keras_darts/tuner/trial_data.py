"""The data of a tuning: what all trials search, train and are judged on."""

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
    """The user's data in the form that the trials of a search need.

    Args:
        search: `DartsSearch`, any one of the trials'.
        x: As in `DartsSearch.fit`.
        y: Likewise.
        batch_size: Likewise.
        validation_data: What trained networks are judged on, and neither
            searched nor trained. Defaults to `None`: a part of `x`.
        validation_split: Float in (0, 1), the share of `x` that is set aside
            then. Defaults to `0.2`.
        **options: `sample_weight` and `steps_per_epoch`, as in
            `DartsSearch.fit`.
    """
    return _KINDS[search.search_space.modality](
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
    """

    def __init__(self, search, x, y, batch_size, **options):
        batched = hasattr(x[0] if isinstance(x, tuple) else x, "element_spec")
        # The same in all trials, whatever their seed.
        halves = datasets.split(x, y, batch_size=batch_size, **options)
        self.train, self.validation = halves.train, halves.search
        self.num_train = halves.num_train
        given = batched or batch_size is not None
        self._batch_size = halves.batch_size if given else None
        self._labels = halves.train_labels, halves.search_labels
        self._statistics = None

    def search_input(self, search):
        """The first argument of `DartsSearch.fit`."""
        return self.train.batch(self._batch_size or search.recipe.batch_size)

    def settle(self, search):
        """Tells a search, which may be done, all about the data.

        Returns:
            The `Task`.
        """
        whole = datasets.Halves(
            train=self.train,
            search=self.validation,
            num_train=self.num_train,
            num_search=len(self._labels[1]),
            batch_size=1,
            has_sample_weight=False,
            description="",
            train_labels=self._labels[0],
            search_labels=self._labels[1],
        )
        task, sizes = search.modality.check(whole)
        search.modality.take_sizes(**sizes)
        return task

    def describe(self):
        """Plain values that tell these data from others."""
        digests = [
            hashlib.sha256(np.ascontiguousarray(part).tobytes()).hexdigest()
            for part in self._labels
        ]
        return {
            "elements": [len(part) for part in self._labels],
            "labels": digests,
        }

    def batch_size_for(self, options):
        """Options of a recipe with the batch size of the data, if any."""
        size = options.get("batch_size", self._batch_size)
        if size is None:
            return options
        return {**options, "batch_size": min(size, self.num_train)}


class ImageData(LabelledData):
    """Images, which go into a network as they are."""

    def recipe(self, network, task, options):
        """Compiles a network, and gives the recipe to train it by."""
        if self._statistics is None:
            self._statistics = datasets.channel_statistics(self.train)
        found = self._statistics
        return training.image_recipe(
            network,
            self.num_train,
            **{
                "mean": found.mean,
                "variance": found.variance,
                "kind": task.kind,
                **self.batch_size_for(options),
            },
        )


class SentenceData(LabelledData):
    """Sentences, as padded token ids."""

    def recipe(self, network, task, options):
        return training.sentence_recipe(
            network, self.num_train, **self.batch_size_for(options)
        )


_KINDS = {"image": ImageData, "text": SentenceData}
