"""A way to train a network: everything but the network and the data."""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import logging
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from keras_darts import datasets
from keras_darts.datasets.augmentation import Augmentation
from keras_darts.datasets.augmentation import serialize
from keras_darts.distributed.devices import check_batch_size
from keras_darts.primitives import BatchNormalization
from keras_darts.training import fit_loop
from keras_darts.training.callbacks import DropPathSchedule
from keras_darts.training.labelled_data import Reader
from keras_darts.training.labelled_data import image_check
from keras_darts.training.metrics import loss_for
from keras_darts.training.metrics import metrics_for
from keras_darts.utils import private_api
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.messages import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.training.labelled_data import TrainingData
    from keras_darts.utils.typing import ArrayLike
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Dataset
    from keras_darts.utils.typing import PathLike


def _normalizations(network):
    return [
        layer
        for layer in private_api.flat_layers(network)
        if isinstance(layer, BatchNormalization)
    ]


_COUNTS = ("epochs", "batch_size", "segment_length", "eval_batch_size")


class BaseRecipe:
    """Base of the dataclasses that say how to train, with an `optimizer`."""

    sync_batch_norm = False

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            if field.name in _COUNTS:
                positive_integer(field.name, getattr(self, field.name))

    def new_optimizer(self) -> keras.optimizers.Optimizer:
        """A fresh copy of the optimizer, for one network."""
        return type(self.optimizer).from_config(self.optimizer.get_config())

    def check(self, network: keras.Model) -> None:
        """Refuses a network that the recipe can't train, and changes nothing.

        Args:
            network: Keras model that is built.

        Raises:
            ValueError: If its devices can't share a batch, or statistics that
                it does not have are to be synchronized.
        """
        check_batch_size(self.batch_size, network.distribute_strategy)
        if self.sync_batch_norm and not _normalizations(network):
            raise ValueError(
                "`sync_batch_norm` must be False for a network without a "
                "keras_darts.primitives.BatchNormalization. Received: "
                f"sync_batch_norm=True, a {type(network).__name__}"
            )

    def _keeps(self, network: keras.Model) -> bool:
        """Whether `fit` leaves a network compiled as it is.

        It does if the user has compiled it, or the same recipe.
        """
        return network.compiled and recipe_of(network) in (None, self)

    def _compile(self, network, **losses_and_metrics):
        self.check(network)
        # What the layers were made with no longer counts.
        for layer in _normalizations(network):
            layer.synchronized = self.sync_batch_norm
        with network.distribute_strategy.scope():
            network.compile(
                optimizer=self.new_optimizer(),
                run_eagerly=network.run_eagerly,
                **losses_and_metrics,
            )
            # Variables that the first step had to make would have it traced
            # twice.
            network.optimizer.build(network.trainable_variables)
        network.optimizer.recipe = self

    def get_config(self) -> Config:
        """Plain values that say everything there is to know."""
        config = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name != "make"
        }
        # Runs from before there was a choice continue.
        if not self.sync_batch_norm:
            config.pop("sync_batch_norm", None)
        if self.optimizer is not None:
            config["optimizer"] = keras.optimizers.serialize(self.optimizer)
        return config


def recipe_of(network: keras.Model) -> BaseRecipe | PathLike | None:
    """What compiled a network last: a recipe, or that of a file.

    `None` where its user did.
    """
    return getattr(network.optimizer, "recipe", None)


_LOG = logging.getLogger("keras_darts")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Recipe(BaseRecipe):
    """Optimizer, loss, schedules and pipeline that belong together.

    `cifar_recipe`, `imagenet_recipe`, `nas_bench_201_recipe` and
    `small_image_recipe` make them. Data sets go in raw and unbatched, in an
    order that never changes; what comes out of `pipeline` is augmented,
    shuffled and batched, and still raw: the network scales it. Small ones are
    decoded once and kept in memory, as `datasets.cache_if_small` says. One
    recipe can train any number of networks.

    What is `None` of `num_train`, `mean`, `variance` and `label_type` is read
    off the data by `fit`, which trains by the recipe that `resolved` returns.

    Args:
        num_train: Integer, the images of the training set, or `None`.
        epochs: Integer.
        batch_size: Integer. What is left over at the end of an epoch is
            dropped, other images in each.
        optimizer: `keras.optimizers.Optimizer`, of which each network gets a
            copy; `None` while the number of images is not known.
        mean: Tuple of floats, one a channel, in the units of the raw images,
            or `None`.
        variance: Tuple of floats, likewise.
        label_type: String, what is to be learned, as in
            `keras_darts.datasets.Task`, or `None`.
        make: Function of `num_train`, `mean`, `variance` and `label_type` that
            gives the recipe where these are known. Defaults to `None`: all are.
        label_smoothing: Float in [0, 1). Defaults to `0.0`.
        auxiliary_head_weight: Float, the share of the auxiliary loss. Defaults
            to `0.4`.
        drop_path: Float in [0, 1), where the ramp of the drop path rate would
            end. Defaults to `0.0`.
        augmentation: `Augmentation` of raw images. Defaults to `None`.
        resize: `Augmentation` that brings images to the size of the network
            for evaluation. Defaults to `None`, as they are.
        seed: Integer, of order and augmentation. Defaults to `0`.
        sync_batch_norm: Boolean, whether devices that share a batch normalise
            with the statistics of all of it. Each takes those of its own part
            otherwise, of a few images maybe, and so trains otherwise than one
            device would; it costs an all-reduce a layer, forward and
            backward. Defaults to `False`.

    Example:

    >>> network = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=2, num_cells=2, auxiliary=False,
    ...     input_shape=(8, 8, 1),
    ... )
    >>> recipe = kd.training.small_image_recipe(network)
    >>> images = np.zeros((64, 8, 8, 1), "uint8")
    >>> history = recipe.fit(network, images, [0, 1] * 32, epochs=1, verbose=0)
    >>> sorted(history.history)
    ['accuracy', 'loss']
    """

    num_train: int | None
    epochs: int
    batch_size: int
    optimizer: keras.optimizers.Optimizer | None
    mean: tuple[float, ...] | None
    variance: tuple[float, ...] | None
    label_type: str | None = "sparse"
    label_smoothing: float = 0.0
    auxiliary_head_weight: float = 0.4
    drop_path: float = 0.0
    augmentation: Augmentation | None = None
    resize: Augmentation | None = None
    seed: int = 0
    sync_batch_norm: bool = False
    make: collections.abc.Callable | None = dataclasses.field(
        default=None, repr=False
    )

    @property
    def steps_per_epoch(self) -> int | None:
        """Integer, or `None` while the number of images is not known."""
        if self.num_train is None:
            return None
        return self.num_train // self.batch_size

    @property
    def preprocessing(self) -> keras.Layer | None:
        """What a network does first that scales by this recipe.

        A new layer, or `None` while the statistics are not known. A network
        that the recipe has compiled needs no other.
        """
        if self.mean is None:
            return None
        layer = keras.layers.Normalization(
            mean=self.mean, variance=self.variance, dtype="float32"
        )
        layer.build((None, None, None, len(self.mean)))
        return layer

    @property
    def callbacks(self) -> list[keras.callbacks.Callback]:
        """New callbacks, for one `fit`."""
        if not self.drop_path:
            return []
        return [DropPathSchedule(self.drop_path, self.epochs)]

    def compile(self, network: keras.Model) -> None:
        """Compiles a network with a fresh optimizer, loss and metrics.

        From then on the network takes raw images and scales them itself.

        Raises:
            ValueError: if the number of images is not known: `fit` compiles
                then.
        """
        self._check_known("num_train", "label_type")
        network.auxiliary_head_weight = self.auxiliary_head_weight
        self._compile(
            network,
            loss=loss_for(self.label_type, self.label_smoothing),
            metrics=metrics_for(self.label_type, network.num_classes),
        )
        self.scale(network)

    def scale(self, network: keras.Model) -> None:
        """Lets a network take raw images, scaled as the recipe says."""
        if self.mean is None:
            return
        if not hasattr(network, "scale_inputs"):
            raise TypeError(
                "`network` must be one of `keras_darts.networks` for images, "
                "which scales them itself. Received: network of type "
                f"{type(network).__name__}"
            )
        before = network.mean, network.variance
        network.scale_inputs(self.mean, self.variance)
        after = network.mean, network.variance
        if before != after and None not in before:
            _LOG.info(
                "the network scales images by the recipe's mean %s and "
                "variance %s from now on, no more by %s and %s",
                *after,
                *before,
            )

    def resolved(self, network: keras.Model, data: TrainingData) -> Recipe:
        """The recipe for data, all of it known.

        Args:
            network: Network for images.
            data: `TrainingData`.
        """
        known = {
            "num_train": self.num_train or data.num_train,
            "mean": self.mean or getattr(network, "mean", None),
            "variance": self.variance or getattr(network, "variance", None),
            "label_type": self.label_type or data.task.label_type,
        }
        if data.num_train not in (None, known["num_train"]):
            raise ValueError(
                "`x` must hold the `num_train` images of the recipe. "
                f"Received: {data.num_train} elements, num_train="
                f"{self.num_train}"
            )
        if known["num_train"] is None:
            raise ValueError(
                "`num_train` must be given for images of many sizes in a data "
                "set of unknown length; tf.data.experimental."
                "assert_cardinality(n) says it, too. Received: num_train=None"
            )
        if known["mean"] is None:
            known.update(datasets.channel_statistics(data.train)._asdict())
            _LOG.info(
                "the network scales images by what was measured: mean %s, "
                "variance %s",
                *(_rounded(known[name]) for name in ("mean", "variance")),
            )
        if all(getattr(self, name) == known[name] for name in known):
            return self
        if self.make is None:
            return dataclasses.replace(self, **known)
        return self.make(**known)

    def pipeline(
        self,
        dataset: Dataset,
        training: bool = True,
        start_epoch: int = 0,
        start_step: int = 0,
    ) -> Dataset:
        """Batches for `fit`, or for `evaluate`.

        Args:
            dataset: Unbatched `tf.data.Dataset` of (raw image, label), or
                with a sample weight.
            training: Boolean, whether images are shuffled and augmented, all
                epochs one after the other, `steps_per_epoch` each. Otherwise
                every image comes once, in order. Defaults to `True`.
            start_epoch: Integer, the epoch to begin with. Defaults to `0`.
            start_step: Integer, the step within that epoch. Defaults to `0`.
        """
        dataset = datasets.cache_if_small(dataset)
        if not training:
            return datasets.eval_pipeline(dataset, self.batch_size, self.resize)
        self._check_known("num_train", "mean")
        self._check_size(dataset)
        return datasets.train_pipeline(
            dataset,
            size=self.num_train,
            batch_size=self.batch_size,
            seed=self.seed,
            epochs=self.epochs,
            start_epoch=start_epoch,
            start_step=start_step,
            augment=self.augmentation,
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
        steps_per_epoch: int | None = None,
        output_dir: PathLike | None = None,
        resume_from: PathLike | None = None,
        checkpoint_minutes: float = 10,
        gradient_accumulation_steps: int = 1,
        config: Config | None = None,
        **options: Any,
    ) -> keras.callbacks.History:
        """Trains a network on raw images.

        Data are read and checked once, before the first step, and held where
        they fit into memory. What the recipe does not know is read off them,
        the log and `config.json` say what the labels were taken for.

        Args:
            network: Network for images, which is compiled as by `compile`,
                unless you have compiled it, or this recipe has.
            x: Images and labels in any form that `DartsSearch.fit` takes: an
                array of images, a tuple or list of arrays, a data set, batched
                or not, a `keras.utils.PyDataset`. Images of many sizes, for a
                recipe that crops them, come in an unbatched
                `tf.data.Dataset`, which is read again in each pass.
            y: Array of labels, when `x` is an array. Data in its place are
                taken as `validation_data`. Defaults to `None`.
            validation_data: What is judged after each epoch and never trained,
                in any form of `x`. Defaults to `None`.
            sample_weight: Array, for arrays. Defaults to `None`.
            class_weight: Dictionary from class numbers to weights, as in
                Keras. Defaults to `None`.
            validation_split: Float in [0, 1), the share of `x` that becomes
                `validation_data`, with the same share of every class. Defaults
                to `0.0`.
            steps_per_epoch: Integer, how many batches to read of a data set
                that never ends or whose length is unknown. Defaults to `None`.
            output_dir: Folder of the run, as `TrainingRun` writes it. Of the
                same configuration, an unfinished one is resumed, and a
                finished one is loaded into the network at once. Defaults to
                `None`: nothing is written.
            resume_from: Folder of a run to resume; `epochs` up to those of
                the recipe extend it. Defaults to `None`.
            checkpoint_minutes: Float, how often a run is saved within an
                epoch, besides at its end; zero means after each step.
                Defaults to `10`.
            gradient_accumulation_steps: Integer, the equal parts of a batch
                that are computed one after the other, to save memory; each step
                has the mean of their gradients. Batch normalisation then sees a
                part at a time. Defaults to `1`.
            config: Dictionary of more settings for `config.json`, with which
                a run continues only if they are the same. Defaults to `None`.
            **options: `overwrite=True`, with which an earlier run in
                `output_dir` is removed first; further arguments of
                `keras.Model.fit`. Callbacks with `get_state()` and
                `set_state(state)` are saved with the run.

        Returns:
            The `keras.callbacks.History`.

        Raises:
            ValueError: for data that don't fit the network, and if the run is
                of another configuration, with what differs.
            KeyboardInterrupt: after the step at which Ctrl-C came, or five
                seconds into a validation; a second one stops at once. SIGTERM
                raises `SystemExit(143)`.
            FloatingPointError: for a loss that is NaN or infinite.
            OSError: if the run can't be written any more.
        """
        if "batch_size" in options:
            raise ValueError(
                "`batch_size` must be given to the recipe, whose schedule "
                f"hangs on it. Received: batch_size={options['batch_size']}"
            )
        with contextlib.ExitStack() as stack:
            stack.enter_context(shown(options.get("verbose", "auto")))
            data = self._reader(network).read(
                x,
                y,
                validation_data,
                sample_weight=sample_weight,
                class_weight=class_weight,
                validation_split=validation_split,
                steps_per_epoch=steps_per_epoch,
            )
            for note in data.notes:
                _LOG.info("%s", note)
            recipe = self._begun(network, data, options)
            return fit_loop.run(
                recipe,
                network,
                lambda epoch, step=0: recipe.pipeline(
                    data.train, True, epoch, step
                ),
                own=recipe.callbacks,
                validation_data=recipe.validation(network, data),
                steps_per_epoch=recipe.steps_per_epoch,
                output_dir=output_dir,
                resume_from=resume_from,
                checkpoint_minutes=checkpoint_minutes,
                gradient_accumulation_steps=gradient_accumulation_steps,
                config={"labels": data.task.description, **(config or {})},
                **options,
            )

    def get_config(self) -> Config:
        config = super().get_config()
        if self.augmentation is not None:
            config["augmentation"] = serialize(self.augmentation)
        if self.resize is not None:
            config["resize"] = dataclasses.asdict(self.resize)
        return config

    def _reader(self, network):
        """What reads data for a network."""
        # A user may have compiled it with a loss of other labels.
        of_user = network.compiled and recipe_of(network) is None
        own = datasets.label_type_of_loss(network.loss) if of_user else None
        many_sizes = self.resize is not None
        return Reader(
            rank=3,
            check=image_check(network.input_shape[1:], any_size=many_sizes),
            num_outputs=network.num_classes,
            loss=own or self.label_type,
            batch_size=self.batch_size,
            seed=self.seed,
            many_sizes=many_sizes,
        )

    def _begun(self, network, data, options):
        """The recipe for the data; the network is compiled by it."""
        recipe = self.resolved(network, data)
        continues = network.compiled and options.get("initial_epoch", 0)
        if self._keeps(network) or continues:
            recipe.scale(network)
        else:
            recipe.compile(network)
            if self.num_train is not None:
                # Another `fit` continues with its optimizer.
                network.optimizer.recipe = self
        return recipe

    def validation(
        self, network: keras.Model, data: TrainingData
    ) -> Dataset | None:
        """Batches to validate on, or `None`."""
        if data.validation is None:
            return None
        with network.distribute_strategy.scope():
            return self.pipeline(data.validation, training=False)

    def _check_known(self, *names):
        for name in names:
            if getattr(self, name) is None:
                raise ValueError(
                    f"`{name}` must be given to the recipe, unless its `fit` "
                    "is what trains: it reads what is missing off the data. "
                    f"Received: {name}=None"
                )

    def _check_size(self, dataset):
        size = int(dataset.cardinality())
        unknown = tf.data.experimental.UNKNOWN_CARDINALITY
        if size not in (unknown, self.num_train):
            raise ValueError(
                "`x` must hold the `num_train` images of the recipe. "
                f"Received: {size} elements, num_train={self.num_train}"
            )


def _rounded(values):
    return tuple(round(value, 4) for value in values)
