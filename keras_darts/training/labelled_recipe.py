"""A way to train a network on labelled elements, in a few minutes."""

from __future__ import annotations

import collections.abc
import dataclasses
from typing import TYPE_CHECKING

import keras

from keras_darts.datasets import cache_if_small
from keras_darts.datasets import eval_pipeline
from keras_darts.datasets import train_pipeline
from keras_darts.datasets.elements import check_sentences
from keras_darts.networks.cell_network import reduction_cells
from keras_darts.schedules import EpochCosineDecay
from keras_darts.training import fit_loop
from keras_darts.training.callbacks import BestEpoch
from keras_darts.training.labelled_data import Reader
from keras_darts.training.metrics import loss_for
from keras_darts.training.metrics import metrics_for
from keras_darts.training.recipe import BaseRecipe
from keras_darts.utils.errors import positive_integer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.utils.typing import ArrayLike
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Dataset

_CLIP_NORM = 5.0


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class LabelledRecipe(BaseRecipe):
    """Optimizer, loss and batches that belong together.

    `labelled_recipe` and `text_classification_recipe` make it. Data sets go in
    unbatched, in an order that never changes. One recipe can train any number
    of networks.

    Args:
        num_train: Integer, the elements of the training set.
        epochs: Integer.
        batch_size: Integer. What is left over at the end of an epoch is
            dropped, other elements in each.
        optimizer: `keras.optimizers.Optimizer`, of which each network gets a
            copy.
        rank: Integer, the axes of an element.
        check_element: Function of the `tf.TensorSpec` of an element and of
            what errors call them, which refuses what no network can take.
        label_type: String, that of a `datasets.Task`. Defaults to `"sparse"`.
        seed: Integer, of the order. Defaults to `0`.
        sync_batch_norm: Boolean, as in `Recipe`. Defaults to `False`.

    Example:

    >>> space = kd.search_spaces.text_cnn()
    >>> network = kd.networks.TextNetwork(
    ...     space.random_genotype(0), vocabulary_size=9, filters=2,
    ...     num_cells=1, sequence_length=4,
    ... )
    >>> recipe = kd.training.text_classification_recipe(
    ...     network, num_train=8, batch_size=4
    ... )
    >>> ids = np.arange(32).reshape(8, 4) % 9
    >>> train = tf.data.Dataset.from_tensor_slices((ids, [0, 1] * 4))
    >>> history = recipe.fit(network, train, epochs=1, verbose=0)
    >>> sorted(history.history)
    ['accuracy', 'loss']
    """

    num_train: int
    epochs: int
    batch_size: int
    optimizer: keras.optimizers.Optimizer
    rank: int
    check_element: collections.abc.Callable
    label_type: str = "sparse"
    seed: int = 0
    sync_batch_norm: bool = False

    def compile(self, network: keras.Model) -> None:
        """Compiles a network with a fresh optimizer, loss and metrics."""
        self._compile(
            network,
            loss=loss_for(self.label_type),
            metrics=metrics_for(self.label_type, network.num_classes),
        )

    def pipeline(
        self,
        dataset: Dataset,
        training: bool = True,
        start_epoch: int = 0,
        start_step: int = 0,
    ) -> Dataset:
        """Batches for `fit`, or for `evaluate`.

        Args:
            dataset: Unbatched `tf.data.Dataset` of (element, label).
            training: Boolean, whether elements are shuffled, all epochs one
                after the other. Otherwise every element comes once, in
                order. Defaults to `True`.
            start_epoch: Integer, the epoch to begin with. Defaults to `0`.
            start_step: Integer, the step within that epoch. Defaults to `0`.
        """
        dataset = cache_if_small(dataset)
        if not training:
            return eval_pipeline(dataset, self.batch_size)
        return train_pipeline(
            dataset,
            size=self.num_train,
            batch_size=self.batch_size,
            seed=self.seed,
            epochs=self.epochs,
            start_epoch=start_epoch,
            start_step=start_step,
        )

    def fit(
        self,
        network: keras.Model,
        x: Any,
        y: Any = None,
        validation_data: Any = None,
        *,
        sample_weight: ArrayLike | None = None,
        class_weight: Mapping[int, float] | None = None,
        validation_split: float = 0.0,
        config: Config | None = None,
        **options: Any,
    ) -> keras.callbacks.History:
        """Trains a network.

        Where there are classes and data to validate on, it ends with the
        weights of the epoch with the best accuracy on them, else with the
        last ones.

        Args:
            network: Keras model, which is compiled as by `compile`, unless
                you have compiled it, or this recipe has.
            x: Elements and labels in any form that `DartsSearch.fit` takes.
            y: Array of labels, when `x` is an array. Data in its place are
                taken as `validation_data`. Defaults to `None`.
            validation_data: The same as `x`, of other elements. Defaults to
                `None`.
            sample_weight: Array, for arrays. Defaults to `None`.
            class_weight: Dictionary from class numbers to weights, as in
                Keras. Defaults to `None`.
            validation_split: Float in [0, 1), the share of `x` that becomes
                `validation_data`. Defaults to `0.0`.
            config: As in `Recipe.fit`. Defaults to `None`.
            **options: `output_dir`, `resume_from`, `checkpoint_minutes` and
                `gradient_accumulation_steps` as in `Recipe.fit`; `vocabulary`,
                for the folder of the run; further arguments of
                `keras.Model.fit`.

        Returns:
            The `keras.callbacks.History`.

        Raises:
            ValueError: for data that don't fit the network.
        """
        data = self._reader(network).read(
            x,
            y,
            validation_data,
            sample_weight=sample_weight,
            class_weight=class_weight,
            validation_split=validation_split,
        )
        if data.num_train != self.num_train:
            raise ValueError(
                "`x` must hold the `num_train` elements of the recipe. "
                f"Received: {data.num_train} elements, num_train="
                f"{self.num_train}"
            )
        if not self._keeps(network):
            self.compile(network)
        own, validation = [], None
        if data.validation is not None:
            with network.distribute_strategy.scope():
                validation = self.pipeline(data.validation, training=False)
            if self.label_type in ("sparse", "one_hot"):
                # First, so that callbacks which save find the best weights.
                own = [BestEpoch("val_accuracy")]
        return fit_loop.run(
            self,
            network,
            lambda epoch, step=0: self.pipeline(data.train, True, epoch, step),
            own=own,
            validation_data=validation,
            steps_per_epoch=self.num_train // self.batch_size,
            config={"labels": data.task.description, **(config or {})},
            **options,
        )

    def get_config(self) -> Config:
        config = super().get_config()
        del config["check_element"], config["rank"]
        return config

    def _reader(self, network: keras.Model) -> Reader:
        return Reader(
            rank=self.rank,
            check=self.check_element,
            num_outputs=network.num_classes,
            loss=self.label_type,
            batch_size=self.batch_size,
            seed=self.seed,
        )


def labelled_recipe(
    network: keras.Model,
    num_train: int,
    *,
    rank: int,
    check_element: collections.abc.Callable,
    label_type: str = "sparse",
    epochs: int = 10,
    batch_size: int = 50,
    learning_rate: float = 1e-3,
    weight_decay: float = 1e-4,
    seed: int = 0,
    sync_batch_norm: bool = False,
) -> LabelledRecipe:
    """The training of a network for labelled elements.

    Adam with decoupled weight decay, a cosine to zero, and clipping at a norm
    of 5; dropout is the network's own.

    Args:
        network: Keras model with `num_classes`, which gives logits.
        num_train: Integer, the elements of the training set.
        rank: As in `LabelledRecipe`.
        check_element: Likewise.
        label_type: Likewise. Defaults to `"sparse"`.
        epochs: Integer. Defaults to `10`.
        batch_size: Integer. Defaults to `50`.
        learning_rate: Float, at the start. Defaults to `1e-3`.
        weight_decay: Float. Defaults to `1e-4`.
        seed: Integer, of the order; the first weights and dropout follow
            `keras.utils.set_random_seed`. Defaults to `0`.
        sync_batch_norm: Boolean, as in `Recipe`. Defaults to `False`.

    Returns:
        The `LabelledRecipe`, whose `fit` compiles and trains the network.

    Raises:
        ValueError: if there are fewer elements than in a batch.

    Reference: Loshchilov and Hutter, 2019, Decoupled weight decay
    regularization.
    """
    positive_integer("epochs", epochs)
    positive_integer("batch_size", batch_size)
    if batch_size > num_train:
        raise ValueError(
            "`batch_size` must be at most the number of elements. "
            f"Received: batch_size={batch_size}, num_train={num_train}"
        )
    schedule = EpochCosineDecay(
        learning_rate, 0.0, epochs, num_train // batch_size
    )
    recipe = LabelledRecipe(
        num_train=num_train,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=keras.optimizers.AdamW(
            schedule, weight_decay=weight_decay, global_clipnorm=_CLIP_NORM
        ),
        rank=rank,
        check_element=check_element,
        label_type=label_type,
        seed=seed,
        sync_batch_norm=sync_batch_norm,
    )
    recipe.check(network)
    return recipe


def text_classification_recipe(
    network: keras.Model, num_train: int, **options: Any
) -> LabelledRecipe:
    """The training of a network for labelled texts.

    Args:
        network: `TextNetwork`.
        num_train: Integer, the texts of the training set.
        **options: `epochs`, `batch_size`, `learning_rate`, `weight_decay`,
            `seed` and `sync_batch_norm` of `labelled_recipe`.

    Returns:
        The `LabelledRecipe`, whose `fit` compiles and trains the network.

    Raises:
        ValueError: if there are fewer texts than in a batch.
    """
    reductions = len(reduction_cells(network.num_cells))

    def check(spec, name):
        check_sentences(spec, reductions, name)

    return labelled_recipe(
        network, num_train, rank=1, check_element=check, **options
    )
