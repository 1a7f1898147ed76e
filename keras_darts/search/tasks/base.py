"""Contract between a search and a kind of data."""

import abc
import contextlib
import dataclasses

from keras import ops

from keras_darts import datasets
from keras_darts.datasets import infer_task
from keras_darts.datasets.checks import check_elements
from keras_darts.search import defaults


class Modality(abc.ABC):
    """Everything in which searches on different kinds of data differ.

    The first group of methods knows the supernet, the second a batch in a
    step, the third the data that a user gives to `fit`.

    Args:
        search: `DartsSearch`, the only one that the object serves.
        **sizes: Those that the user has given; `None` is not known yet.

    Raises:
        ValueError: for a size that means nothing here.
    """

    # Which sizes of the search must be known before it has a supernet, and
    # which arguments `derived_network` has, with their defaults.
    needs = ()
    network_sizes = {}
    # Whether steps of the weights add a penalty to the loss, and whether
    # gradients of weights and architecture cost no more together.
    penalizes = True
    gradients_together = False
    # Whether drawn architectures are judged in training mode, without which
    # normalisations would use the statistics of all of them together.
    judged_in_training = True

    def __init__(self, search, **sizes):
        self._search = search
        self.sizes = dict.fromkeys(sizes)
        self.take_sizes(**sizes)

    def take_sizes(self, **sizes):
        """Takes over the sizes that are known now.

        Raises:
            ValueError: if one means nothing here, or was another before.
        """
        for name, size in sizes.items():
            known = self.sizes[name]
            if size is None or size == known:
                continue
            if name not in self.needs or known is not None:
                expected = "left out for this search space"
                if name in self.needs:
                    expected = f"{known}, as the search was built"
                raise ValueError(
                    f"`{name}` must be {expected}. Received: {name}={size}"
                )
            self.sizes[name] = size

    @property
    def ready(self):
        """Whether enough is known for a supernet."""
        return all(self.sizes[name] is not None for name in self.needs)

    def not_ready(self):
        """The error for a supernet that is used before enough is known."""
        known = [f"{name}={self.sizes[name]}" for name in self.needs]
        return ValueError(
            "`fit` must be called first, since it reads from the data how "
            f"large the network is; or `{'` and `'.join(self.needs)}` must be "
            f"given to the constructor. Received: {', '.join(known)}"
        )

    # The supernet

    @property
    @abc.abstractmethod
    def num_outputs(self):
        """Width of the head, or `None` where it is not known yet."""

    @property
    def pieces(self):
        """The strategy's part of what every supernet is made of."""
        strategy = self._search.strategy
        return {
            "relaxation": strategy.relaxation,
            "initializer": strategy.initializer,
            "edge_normalization": strategy.edge_normalization,
        }

    @abc.abstractmethod
    def make_supernet(self):
        """A fresh supernet for the search's space, strategy and sizes."""

    @abc.abstractmethod
    def forward(self, inputs, training=None, wrt="both"):
        """The supernet's outputs for the inputs of a batch.

        Args:
            inputs: As in a batch of a step.
            training: Boolean. Defaults to `None`.
            wrt: String, for what a gradient will be asked: `"weights"`,
                `"arch"` or `"both"`, the default.
        """

    @abc.abstractmethod
    def derived_network(self, genotype, **sizes):
        """A fresh plain network of a genotype."""

    @abc.abstractmethod
    def task_for(self, loss):
        """The `Task` that a loss stands for, before any data are known."""

    @abc.abstractmethod
    def task_of(self, batch, loss):
        """The `Task` that a batch and a loss describe."""

    # A step

    @abc.abstractmethod
    def logits(self, outputs):
        """What the loss takes of the outputs."""

    @abc.abstractmethod
    def penalty(self, outputs):
        """A term that only steps of the weights add to the loss."""

    @abc.abstractmethod
    def step(self, train_batch, optimizer):
        """A context in which the optimizer takes the step of a batch."""

    @abc.abstractmethod
    def begun(self, batch):
        """The batch as the first of its stream."""

    @abc.abstractmethod
    def resumed(self, batch, stream):
        """The batch after those that came before it in a stream.

        Args:
            batch: Tuple (x, y) or (x, y, sample weight).
            stream: `"train"`, `"search"` or `"evaluation"`.
        """

    @abc.abstractmethod
    def keep(self, outputs, stream):
        """Remembers what the next batch of a stream goes on from."""

    @abc.abstractmethod
    def reset(self):
        """Lets all streams start over."""

    @abc.abstractmethod
    def figures(self, logs):
        """What is to be logged besides the metrics, from these."""

    # The data of `fit`

    @abc.abstractmethod
    def read(self, x, y, batch_size, **options):
        """The user's data, checked, with a `description` for the log."""

    @abc.abstractmethod
    def check(self, data):
        """The `Task` of what `read` gave, and the sizes that it has."""

    @abc.abstractmethod
    def settle(self, data):
        """Adapts the model to data that are known to fit."""

    def learned(self):
        """Name -> array of what `settle` has read from data, to be saved."""
        return {}

    def take_learned(self, arrays):
        """Takes over what `learned` gave, among other arrays."""
        del arrays

    @abc.abstractmethod
    def augmentation(self, choice, data):
        """The augmentation that a user's choice means for the data."""

    @abc.abstractmethod
    def steps_per_epoch(self, data):
        """How many training batches make a pass over the data."""

    @abc.abstractmethod
    def batches(self, data, **options):
        """`tf.data.Dataset` of pairs (training batch, search batch)."""

    @abc.abstractmethod
    def evaluation(self, data):
        """`tf.data.Dataset` of batches on which each epoch is judged."""

    @property
    def carried(self):
        """Variables that hand on something from batch to batch."""
        return []

    def config(self):
        """What `config.json` says besides, as plain values."""
        return {}

    def files(self):
        """Name -> text of the files that a run keeps besides."""
        return {}


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
        rule = strategy.discretizer_for(self._search.search_space)
        return {
            **super().pieces,
            "connection": strategy.connection,
            "rematerialize": self._search.rematerialize,
            "decides": rule.decides_edges,
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
        data = datasets.bilevel_split(
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
        task = datasets.validate_split(
            data,
            modality=self._search.search_space.modality,
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
        return datasets.bilevel_pipeline(
            data, seed=self._search.seed, **options
        )

    def evaluation(self, data):
        with self._search.distribute_strategy.scope():
            return datasets.eval_pipeline(data.valid, data.batch_size)
