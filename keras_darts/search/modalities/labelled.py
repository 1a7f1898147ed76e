"""Data whose elements have labels and nothing to do with each other."""

import contextlib
import dataclasses

from keras import ops

from keras_darts import datasets
from keras_darts.datasets import infer_task
from keras_darts.datasets.checks import check_elements
from keras_darts.search import defaults
from keras_darts.search.modalities.modality import Modality


class LabelledModality(Modality):
    """What images and sentences have in common."""

    penalizes = False
    # What is traced for an edge gives both kinds anyway.
    gradients_together = True
    # The axes of an element.
    rank = None

    @property
    def num_outputs(self):
        return self.sizes["num_classes"]

    @property
    def pieces(self):
        strategy = self._search.strategy
        return {
            **super().pieces,
            "connection": strategy.connection,
            "rematerialize": self._search.rematerialize,
            "decides": hasattr(strategy.discretizer, "extra_epochs"),
        }

    def task_for(self, loss):
        return defaults.task_for(loss, self.num_outputs)

    def task_of(self, batch, loss):
        labels = ops.convert_to_numpy(batch[1])
        return infer_task(labels, loss, self.sizes["num_classes"])

    def logits(self, outputs):
        return outputs

    def penalty(self, outputs):
        return 0.0

    def step(self, train_batch, optimizer):
        return contextlib.nullcontext()

    def begun(self, batch):
        return batch

    def resumed(self, batch, stream):
        return batch

    def keep(self, outputs, stream):
        """Nothing lives on from batch to batch."""

    def reset(self):
        """Nothing has been kept."""

    def figures(self, logs):
        return {}

    def read(self, x, y, batch_size, **options):
        search = self._search
        data = datasets.split(
            x,
            y,
            batch_size=batch_size,
            default_batch_size=search.recipe.batch_size,
            seed=search.seed,
            loss=search.chosen_loss,
            num_classes=self.sizes["num_classes"],
            rank=self.rank,
            **options,
        )
        rest = data.batch_size % search.distribute_strategy.num_replicas_in_sync
        if data.batch_size_from == "default" and rest < data.batch_size:
            # Devices share a batch evenly.
            size = data.batch_size - rest
            data = dataclasses.replace(data, batch_size=size)
        # What comes next reads off the shape of an element.
        check_elements(data, search.search_space.modality)
        return data

    def check(self, data):
        task = datasets.check(
            data,
            kind=self._search.search_space.modality,
            loss=self._search.chosen_loss,
            num_classes=self.sizes["num_classes"],
        )
        shape = tuple(data.train.element_spec[0].shape)
        known = self.sizes["input_shape"]
        if known not in (None, shape):
            raise ValueError(
                f"{data.names.x} must have elements of shape {known}, the "
                "`input_shape` with which the search was built. Received: "
                f"elements of shape {shape}"
            )
        return task, {"num_classes": task.num_outputs, "input_shape": shape}

    def steps_per_epoch(self, data):
        return data.num_train // data.batch_size

    def batches(self, data, **options):
        return datasets.bilevel(data, seed=self._search.seed, **options)

    def evaluation(self, data):
        with self._search.distribute_strategy.scope():
            return datasets.evaluation(data.search, data.batch_size)
