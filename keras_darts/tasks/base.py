"""Contract of a kind of data: what everything that differs with it is asked of.

Searches, tuners and classifiers ask the `TaskAdapter` of the search space's
`task`, by its name.
"""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

import numpy as np

from keras_darts.export.specification import describe
from keras_darts.strategies import RECIPES
from keras_darts.utils.registry import Registry
from keras_darts.utils.typing import Dataset
from keras_darts.utils.typing import Logs

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from keras_darts.datasets.augmentation import Augmentation
    from keras_darts.datasets.task import Task
    from keras_darts.export.signatures import Serving
    from keras_darts.search_spaces.search_space import BaseSpace
    from keras_darts.strategies.recipe import SearchRecipe
    from keras_darts.strategies.strategy import SearchStrategy
    from keras_darts.tasks.training_data import TrainingData
    from keras_darts.training.recipe import BaseRecipe


class DataSizes:
    """The sizes that a network takes from its data, as far as they are known.

    Args:
        needs: Tuple of strings, the names that mean something for the task.
        **sizes: All names with the sizes given by the user; `None` is not
            known yet.

    Raises:
        ValueError: for a size that means nothing here.

    Example:

    >>> sizes = DataSizes(("num_classes",), num_classes=None)
    >>> sizes.complete
    False
    >>> sizes.take(num_classes=10)
    >>> sizes["num_classes"], sizes.complete
    (10, True)
    """

    def __init__(self, needs: tuple[str, ...], **sizes: Any) -> None:
        self._needs = needs
        self._sizes = dict.fromkeys(sizes)
        self.take(**sizes)

    def __getitem__(self, name: str) -> Any:
        return self._sizes[name]

    def as_dict(self) -> dict[str, Any | None]:
        """All names, with `None` for what is not known."""
        return dict(self._sizes)

    @property
    def complete(self) -> bool:
        """Whether enough is known for a supernet."""
        return all(self._sizes[name] is not None for name in self._needs)

    def take(self, **sizes: Any) -> None:
        """Takes over the sizes that are known now.

        Raises:
            ValueError: if one means nothing here, or was another before.
        """
        for name, size in sizes.items():
            known = self._sizes[name]
            if size is None or size == known:
                continue
            if name not in self._needs or known is not None:
                expected = "left out for this search space"
                if name in self._needs:
                    expected = f"{known}, as the search was built"
                raise ValueError(
                    f"`{name}` must be {expected}. Received: {name}={size}"
                )
            self._sizes[name] = size

    def incomplete_error(self) -> ValueError:
        """The error for a supernet that is used before enough is known."""
        known = [f"{name}={self._sizes[name]}" for name in self._needs]
        return ValueError(
            "`fit` must be called first, since it reads from the data how "
            f"large the network is; or `{'` and `'.join(self._needs)}` must be "
            f"given to the constructor. Received: {', '.join(known)}"
        )


class BatchStreams:
    """Batches that have nothing to do with one another.

    A subclass hands something from each batch to the next of its stream, as a
    language model does with its hidden state. Streams are named `"train"`,
    `"search"` and `"evaluation"`.

    Attributes:
        variables: List of the variables in which it is kept.

    Example:

    >>> BatchStreams().resume(("x", "y"), "train")
    ('x', 'y')
    """

    variables: Sequence[Any] = ()

    def begin(self, batch: Any) -> Any:
        """The batch as the first of its stream."""
        return batch

    def resume(self, batch: Any, stream: str) -> Any:
        """The batch after those that came before it in a stream."""
        return batch

    def keep(self, outputs: Any, stream: str) -> None:
        """Remembers what the next batch of a stream continues from."""

    def reset(self) -> None:
        """Lets all streams start over."""


class TaskAdapter(abc.ABC):
    """Abstract: a kind of data, and all that is made for it.

    Its methods are about the supernet, a batch in a step, the data that a user
    gives, the networks of genotypes, and examples for tests, in this order. An
    adapter has no state: what a search knows of its data is handed to it.

    Attributes:
        sizes: Tuple of strings, which arguments of `DartsSearch` must be known
            before there is a supernet: of `"num_classes"`, `"input_shape"` and
            `"vocabulary_size"`.
        data: String, what `fit` takes, for errors.
        search_recipe: `SearchRecipe` where the strategy has none for the task.
        network_types: Tuple of classes of networks that train from scratch.
        penalizes: Boolean, whether steps of the weights add a penalty to the
            loss. Defaults to `False`.
        gradients_together: Boolean, whether gradients of weights and
            architecture cost no more together. Defaults to `True`.
        judged_in_training: Boolean, whether sampled architectures are judged
            in training mode, without which normalizations would use the
            statistics of all of them together. Defaults to `True`.
        accumulates: Boolean, whether the loss of a batch is the mean of those
            of its parts. Defaults to `True`.
        predicts_memory: Boolean, whether `search.memory` knows its supernets.
            Defaults to `False`.

    Example:

    >>> adapter = kd.tasks.get("image_classification")
    >>> adapter.sizes
    ('num_classes', 'input_shape')
    """

    sizes: tuple[str, ...] = ()
    data = "a data set"
    search_recipe: SearchRecipe = RECIPES["image_classification"]
    network_types: tuple[type, ...] = ()
    penalizes = False
    gradients_together = True
    judged_in_training = True
    accumulates = True
    predicts_memory = False

    # The supernet

    def num_outputs(self, sizes: DataSizes) -> int | None:
        """Width of the head, or `None` where it is not known yet."""
        return sizes["num_classes"]

    @abc.abstractmethod
    def make_supernet(
        self,
        space: Any,
        sizes: DataSizes,
        strategy: SearchStrategy,
        rematerialize: bool = False,
    ) -> Any:
        """A fresh supernet.

        Args:
            space: The search space.
            sizes: `DataSizes`, complete.
            strategy: `SearchStrategy`, the pieces of the supernet.
            rematerialize: Boolean, whether backward passes compute cells
                again. Defaults to `False`.
        """

    def make_streams(self, space: BaseSpace, dtype: str) -> BatchStreams:
        """The `BatchStreams` of a search, whose layers compute in `dtype`."""
        return BatchStreams()

    def forward(
        self,
        supernet: Any,
        inputs: tf.Tensor,
        training: bool | None = None,
        wrt: str = "both",
    ) -> Any:
        """The supernet's outputs for the inputs of a batch.

        Args:
            supernet: What `make_supernet` returns.
            inputs: As in a batch of a step, scaled.
            training: Boolean. Defaults to `None`.
            wrt: String, for what a gradient will be asked: `"weights"`,
                `"arch"` or `"both"`, the default.
        """
        return supernet(inputs, training=training, frozen=wrt == "arch")

    def logits(self, outputs: Any) -> tf.Tensor:
        """What the loss takes of the outputs."""
        return outputs

    def penalty(self, supernet: Any, outputs: Any) -> Any:
        """A term that only steps of the weights add to the loss."""
        return 0.0

    # A step

    def step_scope(
        self,
        train_batch: Any,
        optimizer: keras.optimizers.Optimizer,
        recipe: SearchRecipe,
    ) -> contextlib.AbstractContextManager[None]:
        """A context around a whole step, as one at another learning rate."""
        return contextlib.nullcontext()

    def log_metrics(self, logs: Logs) -> dict[str, Any]:
        """What is to be logged besides the metrics, from these."""
        return {}

    # The data of `fit`

    def check_source(self, x: Any) -> None:  # noqa: B027 (there may be nothing to refuse)
        """Refuses what is data for another task; other objects pass.

        Raises:
            TypeError: naming what `fit` takes.
        """

    @abc.abstractmethod
    def task_for(self, loss: Any, num_outputs: int | None) -> Task:
        """The `datasets.Task` of a loss, before any data are known."""

    @abc.abstractmethod
    def task_of(self, batch: Any, loss: Any, num_outputs: int | None) -> Task:
        """The `datasets.Task` that a batch and a loss describe."""

    @abc.abstractmethod
    def read(
        self,
        x: Any,
        y: Any,
        batch_size: int | None,
        *,
        sizes: DataSizes,
        default_batch_size: int,
        loss: Any,
        seed: int,
        num_replicas: int,
        **options: Any,
    ) -> Any:
        """The user's data, checked, with a `description` for the log.

        Args:
            x: As in `DartsSearch.fit`.
            y: Likewise.
            batch_size: Likewise.
            sizes: `DataSizes`.
            default_batch_size: Integer, where nothing else decides.
            loss: A Keras loss, or `None`.
            seed: Integer, of the split.
            num_replicas: Integer, devices that share a batch.
            **options: `validation_data`, `validation_split`, `sample_weight`,
                `class_weight` and `steps_per_epoch` of `DartsSearch.fit`.
        """

    @abc.abstractmethod
    def check(
        self, data: Any, sizes: Any, loss: Any
    ) -> tuple[Task, dict[str, Any]]:
        """The `datasets.Task` of what `read` returns, and the sizes found.

        Raises:
            ValueError: for data on which the search can't work.
        """

    def statistics(self, data: Any) -> dict[str, Any]:
        """Name -> array of what preprocessing has to know of the data."""
        return {}

    def preprocessing(
        self, statistics: Mapping[str, Any], dtype: str
    ) -> keras.Layer | None:
        """A built layer that scales inputs, or `None`."""
        return None

    def augmentation(
        self, choice: Any, data: Any, recipe: SearchRecipe
    ) -> Augmentation | None:
        """The augmentation that a user's choice means for the data.

        Raises:
            ValueError: for one that the task doesn't have.
        """
        if choice not in ("auto", None):
            raise ValueError(
                "`augmentation` must be left out for "
                f"{self.data}. Received: augmentation={choice!r}"
            )
        return None

    @abc.abstractmethod
    def steps_per_epoch(self, data: Any, recipe: SearchRecipe) -> int:
        """How many training batches make a pass over the data."""

    @abc.abstractmethod
    def batches(
        self, data: Any, recipe: SearchRecipe, seed: int, **options: Any
    ) -> Dataset:
        """`tf.data.Dataset` of pairs (training batch, search batch)."""

    @abc.abstractmethod
    def evaluation(self, data: Any, recipe: SearchRecipe) -> Dataset:
        """`tf.data.Dataset` of batches on which each epoch is judged."""

    def run_files(self, data: Any) -> dict[str, str]:
        """Name -> text of the files that a run keeps of the data."""
        return {}

    # Networks of genotypes

    def network_sizes(self, space: BaseSpace) -> dict[str, Any]:
        """Sizes of `derived_network` that are not those of its class."""
        return {}

    @abc.abstractmethod
    def network(
        self,
        genotype: Any,
        space: Any,
        sizes: Any,
        statistics: Mapping[str, Any],
        **options: Any,
    ) -> keras.Model:
        """A fresh network of a genotype, which trains from scratch.

        Args:
            genotype: The genotype.
            space: The search space, for sizes that it decides.
            sizes: `DataSizes`, or a dictionary of them.
            statistics: What `statistics` returns, possibly of other data.
            **options: Arguments of the network's class, which come first.
        """

    @abc.abstractmethod
    def recipe(
        self, network: keras.Model, num_train: int, task: Task, **options: Any
    ) -> BaseRecipe:
        """The recipe that trains a network.

        Args:
            network: What `network` returns.
            num_train: Integer, the examples to train on.
            task: `datasets.Task`.
            **options: Arguments of the recipe.
        """

    @abc.abstractmethod
    def read_for_training(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        *,
        validation_data: Any = None,
        validation_split: float = 0.2,
        **options: Any,
    ) -> TrainingData:
        """The user's data for searches and trainings of a tuner.

        Args:
            x: As in `DartsSearch.fit`.
            y: Likewise.
            batch_size: Likewise.
            validation_data: What trained networks are judged on, and neither
                searched nor trained. Defaults to `None`: a part of `x`.
            validation_split: Float in (0, 1), the share of `x` that is set
                aside then. Defaults to `0.2`.
            **options: `sample_weight`, `class_weight` and `steps_per_epoch`,
                as in `DartsSearch.fit`.

        Returns:
            A `TrainingData`.
        """

    def describe_export(
        self, network: keras.Model, **arguments: Any
    ) -> Serving:
        """The `export.signatures.Serving` of a network.

        By default those that `kd.export` knows for the network's class.

        Args:
            network: Of one of the `network_types`.
            **arguments: Of the function of `kd.export`: `preprocessing`,
                `activation`, `labels`, `input_shape`, `vocabulary` and those
                of single formats.
        """
        return describe(network, **arguments)

    # Small examples, for the tests of pieces

    @abc.abstractmethod
    def example_sizes(self) -> dict[str, Any]:
        """Sizes of a small search, by the names of `sizes`."""

    @abc.abstractmethod
    def example_batch(
        self, count: int, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and targets for it, as arrays."""

    def example_data(self, count: int = 24) -> tuple[Any, ...]:
        """The first arguments of `fit`."""
        return self.example_batch(count)


_Class = TypeVar("_Class", bound=type)


_TASKS = Registry("task", base=TaskAdapter)


def register_task(name: str) -> Callable[[_Class], _Class]:
    """Class decorator that makes a `TaskAdapter` known as `name`.

    Search spaces whose `task` it is are searched with it, by its
    `search_recipe` where a strategy has none for it. Networks of its
    `network_types` are exported by its `describe_export`, if it overrides it.

    Args:
        name: String, what a search space has as its `task`.

    Example:

    >>> @register_task("thumbnail_classification")
    ... class Thumbnails(kd.tasks.ImageClassification):
    ...     network_types = ()
    >>> get("thumbnail_classification").sizes
    ('num_classes', 'input_shape')
    """

    def keep(adapter_class):
        _TASKS.register(name)(adapter_class)
        RECIPES[name] = adapter_class.search_recipe
        if adapter_class.describe_export is not TaskAdapter.describe_export:
            adapter = adapter_class()
            for network_type in adapter.network_types:
                describe.register(network_type)(adapter.describe_export)
        return adapter_class

    return keep


def get(identifier: Any) -> TaskAdapter:
    """The `TaskAdapter` of a name, or an adapter as it is.

    Example:

    >>> get("language_modeling").sizes
    ('vocabulary_size',)
    """
    return _TASKS.get(identifier)


def names() -> list[str]:
    """The names of all tasks.

    Example:

    >>> "image_classification" in names()
    True
    """
    return _TASKS.names()


def name_of_network(network: keras.Model) -> str | None:
    """The name of the task that a network is made for, or `None`.

    Example:

    >>> network = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=2, num_cells=2, auxiliary=False
    ... )
    >>> name_of_network(network)
    'image_classification'
    """
    for name in _TASKS.names():
        if isinstance(network, _TASKS.get(name).network_types):
            return name
    return None
