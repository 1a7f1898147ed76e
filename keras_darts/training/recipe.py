"""A way to train a network: everything but the network and the data."""

import dataclasses
import logging

import keras
import tensorflow as tf

from keras_darts.datasets import evaluation
from keras_darts.datasets import kept_in_memory
from keras_darts.datasets import stream
from keras_darts.datasets.augmentation import Augmentation
from keras_darts.datasets.augmentation import serialize
from keras_darts.training import course
from keras_darts.training.base_recipe import BaseRecipe
from keras_darts.training.drop_path_ramp import DropPathRamp
from keras_darts.training.losses import loss_for
from keras_darts.training.losses import metrics_for

_LOG = logging.getLogger("keras_darts")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Recipe(BaseRecipe):
    """Optimizer, loss, schedules and pipeline that belong together.

    `cifar_recipe`, `imagenet_recipe`, `nas_bench_201_recipe` and
    `small_image_recipe` make them. Data sets go in raw and unbatched, in an
    order that never changes; what comes out of `pipeline` is augmented,
    shuffled and batched, and still raw: the network scales it. Small ones are
    decoded once and kept in memory, as `datasets.kept_in_memory` says. One
    recipe can train any number of networks.

    Args:
        num_train: Integer, the images of the training set.
        epochs: Integer.
        batch_size: Integer. What is left over at the end of an epoch is
            dropped, other images in each.
        optimizer: `keras.optimizers.Optimizer`, of which each network gets a
            copy.
        mean: Tuple of floats, one a channel, in the units of the raw images.
        variance: Tuple of floats, likewise.
        kind: String, what is to be learned, as in `keras_darts.datasets.Task`.
            Defaults to `"sparse"`.
        label_smoothing: Float in [0, 1). Defaults to `0.0`.
        auxiliary_weight: Float, the share of the auxiliary loss. Defaults to
            `0.4`.
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
    >>> recipe = kd.training.small_image_recipe(
    ...     network, num_train=64, mean=(8.0,), variance=(36.0,)
    ... )
    >>> images = np.zeros((64, 8, 8, 1), "uint8")
    >>> train = tf.data.Dataset.from_tensor_slices((images, [0, 1] * 32))
    >>> history = recipe.fit(network, train, epochs=1, verbose=0)
    >>> sorted(history.history)
    ['accuracy', 'loss']
    """

    num_train: int
    epochs: int
    batch_size: int
    optimizer: keras.optimizers.Optimizer
    mean: tuple
    variance: tuple
    kind: str = "sparse"
    label_smoothing: float = 0.0
    auxiliary_weight: float = 0.4
    drop_path: float = 0.0
    augmentation: Augmentation | None = None
    resize: Augmentation | None = None
    seed: int = 0
    sync_batch_norm: bool = False

    @property
    def steps_per_epoch(self):
        return self.num_train // self.batch_size

    @property
    def callbacks(self):
        """New callbacks, for one `fit`."""
        if not self.drop_path:
            return []
        return [DropPathRamp(self.drop_path, self.epochs)]

    def compile(self, network):
        """Compiles a network with a fresh optimizer, loss and metrics.

        From then on the network takes raw images and scales them itself.
        """
        network.auxiliary_weight = self.auxiliary_weight
        self._compile(
            network,
            loss=loss_for(self.kind, self.label_smoothing),
            metrics=metrics_for(self.kind, network.num_classes),
        )
        self._scale(network)

    def pipeline(self, dataset, training=True, start_epoch=0, start_step=0):
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
        dataset = kept_in_memory(dataset)
        if not training:
            return evaluation(dataset, self.batch_size, self.resize)
        self._check_size(dataset)
        return stream(
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
        network,
        train,
        validation_data=None,
        *,
        output_dir=None,
        resume_from=None,
        checkpoint_minutes=10,
        accumulation_steps=1,
        config=None,
        **options,
    ):
        """Trains a compiled network on raw, unbatched data.

        Args:
            network: Network that `compile` compiled.
            train: Unbatched `tf.data.Dataset` of (raw image, label).
            validation_data: The same, of other images. Defaults to `None`.
            output_dir: Folder of the run, as `TrainingRun` writes it; an
                unfinished one of the same configuration goes on. Defaults to
                `None`: nothing is written.
            resume_from: Folder of a run to go on with; `epochs` up to those
                of the recipe extend it. Defaults to `None`.
            checkpoint_minutes: Float, how often a run is saved within an
                epoch, besides at its end; zero means after each step.
                Defaults to `10`.
            accumulation_steps: Integer, the equal parts of a batch that are
                computed one after the other, to save memory; each step has
                the mean of their gradients. Batch normalisation then sees a
                part at a time. Defaults to `1`.
            config: Dictionary of more settings for `config.json`, with which
                a run goes on only if they are the same. Defaults to `None`.
            **options: Further arguments of `keras.Model.fit`. Callbacks with
                `state()` and `restore_state(state)` are saved with the run.

        Returns:
            The `keras.callbacks.History`.

        Raises:
            ValueError: if the run is of another configuration, with what
                differs.
            KeyboardInterrupt: after the step at which Ctrl-C came, or five
                seconds into a validation; a second one stops at once. SIGTERM
                raises `SystemExit(143)`.
            FloatingPointError: for a loss that is NaN or infinite.
            OSError: if the run can't be written any more.
        """
        if validation_data is not None:
            with network.distribute_strategy.scope():
                validation_data = self.pipeline(validation_data, training=False)
        return course.run(
            self,
            network,
            lambda epoch, step=0: self.pipeline(train, True, epoch, step),
            own=self.callbacks,
            validation_data=validation_data,
            steps_per_epoch=self.steps_per_epoch,
            output_dir=output_dir,
            resume_from=resume_from,
            checkpoint_minutes=checkpoint_minutes,
            accumulation_steps=accumulation_steps,
            config=config,
            **options,
        )

    def get_config(self):
        config = super().get_config()
        if self.augmentation is not None:
            config["augmentation"] = serialize(self.augmentation)
        if self.resize is not None:
            config["resize"] = dataclasses.asdict(self.resize)
        return config

    def _scale(self, network):
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

    def _check_size(self, dataset):
        size = int(dataset.cardinality())
        unknown = tf.data.experimental.UNKNOWN_CARDINALITY
        if size not in (unknown, self.num_train):
            raise ValueError(
                "`dataset` must hold the `num_train` images of the recipe. "
                f"Received: {size} elements, num_train={self.num_train}"
            )
