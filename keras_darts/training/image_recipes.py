"""The published ways to train a network on images, and one for small images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_darts.datasets import NORMALIZATIONS
from keras_darts.datasets import ColorJitter
from keras_darts.datasets import Compose
from keras_darts.datasets import Cutout
from keras_darts.datasets import PadCropFlip
from keras_darts.datasets import RandomResizedCrop
from keras_darts.datasets import ResizeCenterCrop
from keras_darts.genotypes import NasBench201Genotype
from keras_darts.networks import checks
from keras_darts.schedules import EpochCosineDecay
from keras_darts.schedules import EpochExponentialDecay
from keras_darts.training.metrics import loss_for
from keras_darts.training.optimizers import CoupledSGD
from keras_darts.training.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence
    from typing import Any

    import keras


def recipe_for(
    network: keras.Model,
    make: Callable[..., Recipe],
    *,
    num_train: int | None,
    mean: Sequence[float] | None,
    variance: Sequence[float] | None,
    label_type: str | None,
) -> Recipe:
    """A recipe for a network, in which it changes nothing.

    Args:
        network: Network for images.
        make: Function of the other arguments that returns a `Recipe`.
        num_train: Integer, or `None`.
        mean: Sequence of floats, or `None`: that of the network, if it scales
            images.
        variance: The same.
        label_type: String, or `None`: `"sparse"` where `num_train` is given,
            with which the network can be compiled before there are labels.

    Raises:
        ValueError: for values that don't fit the network.
    """
    if mean is None and variance is None:
        mean = getattr(network, "mean", None)
        variance = getattr(network, "variance", None)
    channels = network.input_shape[-1]
    statistics = checks.statistics(mean, variance, channels) or (None, None)
    if num_train is not None:
        label_type = label_type or "sparse"
    if label_type is not None:
        # Refuses a name that there isn't.
        loss_for(label_type)
    recipe = make(
        num_train=num_train,
        mean=statistics[0],
        variance=statistics[1],
        label_type=label_type,
    )
    recipe.check(network)
    return recipe


_MOMENTUM = 0.9
_CLIP_NORM = 5.0
# The share of the resized image that evaluation on ImageNet keeps.
_CENTRE = 224 / 256


def cifar_recipe(
    network: keras.Model,
    num_train: int | None = None,
    *,
    epochs: int = 600,
    batch_size: int = 96,
    learning_rate: float = 0.025,
    weight_decay: float = 3e-4,
    padding: int = 4,
    flip: bool = True,
    cutout: int = 16,
    drop_path: float = 0.2,
    auxiliary_head_weight: float = 0.4,
    mean: Sequence[float] | None = None,
    variance: Sequence[float] | None = None,
    label_type: str | None = None,
    seed: int = 0,
    sync_batch_norm: bool = False,
) -> Recipe:
    """The training of a network for CIFAR as in DARTS.

    SGD with momentum 0.9, a cosine to zero, L2 in the gradient and clipping
    at a norm of 5; crops, mirror images, cutout; drop path from zero up.

    Args:
        network: `CifarNetwork`, or another of `keras_darts.networks`.
        num_train: Integer, the images of the training set. Defaults to `None`:
            `fit` counts them.
        epochs: Integer. Defaults to `600`.
        batch_size: Integer. Defaults to `96`.
        learning_rate: Float, at the start. Defaults to `0.025`.
        weight_decay: Float. Defaults to `3e-4`.
        padding: Integer, pixels around an image before it is cropped.
            Defaults to `4`.
        flip: Boolean, whether half of the images are mirrored. Defaults to
            `True`.
        cutout: Integer, side of the square that is filled with the mean.
            Defaults to `16`.
        drop_path: Float, where the ramp of the drop path rate would end.
            Defaults to `0.2`.
        auxiliary_head_weight: Float, the share of the auxiliary loss. Defaults
            to `0.4`.
        mean: Tuple of floats, one a channel, in the units of the raw images,
            by which the network scales them. Defaults to `None`: what it
            scales by already, or else that of the images of `fit`.
        variance: Tuple of floats, likewise.
        label_type: String, `"sparse"`, `"one_hot"`, `"multi_label"` or
            `"regression"`. Defaults to `None`: as the labels tell, or
            `"sparse"` with `num_train`.
        seed: Integer, of order and augmentation; the first weights follow
            `keras.utils.set_random_seed`. Defaults to `0`.
        sync_batch_norm: Boolean, as in `Recipe`. Defaults to `False`.

    Returns:
        The `Recipe`, whose `fit` compiles and trains the network.

    Example:

    >>> network = kd.networks.CifarNetwork("darts_v2", filters=4, num_cells=3)
    >>> recipe = cifar_recipe(network, num_train=50000)
    >>> recipe.compile(network)
    >>> recipe.steps_per_epoch, network.optimizer.weight_decay
    (520, 0.0003)

    Reference: Liu et al., 2019, DARTS, section 3.2 and appendix A.2.1.
    """

    def make(num_train, mean, variance, label_type):
        def schedule(steps):
            return EpochCosineDecay(learning_rate, 0.0, epochs, steps)

        square = Cutout(cutout, mean or 0.0)
        return Recipe(
            num_train=num_train,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=_sgd(schedule, num_train, batch_size, weight_decay),
            mean=mean,
            variance=variance,
            label_type=label_type,
            auxiliary_head_weight=auxiliary_head_weight,
            drop_path=drop_path,
            augmentation=Compose((PadCropFlip(padding, flip), square)),
            seed=seed,
            sync_batch_norm=sync_batch_norm,
            make=make,
        )

    return recipe_for(
        network,
        make,
        num_train=num_train,
        mean=mean,
        variance=variance,
        label_type=label_type,
    )


def small_image_recipe(
    network: keras.Model, num_train: int | None = None, **options: Any
) -> Recipe:
    """`cifar_recipe` for images as small as digits, and a short training.

    Crops move an image by one pixel; nothing is mirrored, covered or dropped.

    Args:
        network: `CifarNetwork`, or another of `keras_darts.networks`.
        num_train: Integer, the images of the training set. Defaults to `None`:
            `fit` counts them.
        **options: Further arguments of `cifar_recipe`. Here they default to
            `epochs=20`, `batch_size=32`, `learning_rate=0.1`, `padding=1`,
            `flip=False`, `cutout=0` and `drop_path=0.0`.

    Returns:
        The `Recipe`, whose `fit` compiles and trains the network.

    Example:

    >>> network = kd.networks.network_for(
    ...     "darts_v2", 10, (8, 8, 1), filters=4, num_cells=3
    ... )
    >>> recipe = small_image_recipe(network)
    >>> recipe.epochs, recipe.steps_per_epoch
    (20, None)
    >>> small_image_recipe(network, num_train=1438).steps_per_epoch
    44
    """
    defaults = {
        "epochs": 20,
        "batch_size": 32,
        "learning_rate": 0.1,
        "padding": 1,
        "flip": False,
        "cutout": 0,
        "drop_path": 0.0,
    }
    return cifar_recipe(network, num_train, **{**defaults, **options})


def imagenet_recipe(
    network: keras.Model,
    num_train: int | None = None,
    *,
    epochs: int = 250,
    batch_size: int = 128,
    learning_rate: float = 0.1,
    learning_rate_decay: float = 0.97,
    weight_decay: float = 3e-5,
    label_smoothing: float = 0.1,
    drop_path: float = 0.0,
    auxiliary_head_weight: float = 0.4,
    mean: Sequence[float] | None = None,
    variance: Sequence[float] | None = None,
    max_value: float = 255.0,
    label_type: str | None = None,
    seed: int = 0,
    sync_batch_norm: bool = False,
) -> Recipe:
    """The training of a network for ImageNet as in DARTS.

    SGD with momentum 0.9, a learning rate that falls by a factor an epoch, L2
    in the gradient and clipping at a norm of 5; crops of random size, mirror
    images, other colours; smoothed labels. Images may be of many sizes.

    Args:
        network: `ImageNetNetwork`, or another of `keras_darts.networks`.
        num_train: Integer, the images of the training set. Defaults to `None`:
            `fit` counts them.
        epochs: Integer. Defaults to `250`.
        batch_size: Integer. Defaults to `128`.
        learning_rate: Float, at the start. Defaults to `0.1`.
        learning_rate_decay: Float, the factor from an epoch to the next.
            Defaults to `0.97`.
        weight_decay: Float. Defaults to `3e-5`.
        label_smoothing: Float. Defaults to `0.1`.
        drop_path: Float, where the ramp of the drop path rate would end.
            Defaults to `0.0`.
        auxiliary_head_weight: Float, the share of the auxiliary loss. Defaults
            to `0.4`.
        mean: Tuple of floats, one a channel, in the units of the raw images,
            by which the network scales them. Defaults to `None`: what it
            scales by already, or else that of ImageNet, for pixels from 0 to
            255, where images have three channels.
        variance: Tuple of floats, likewise.
        max_value: Float, the largest value of a raw pixel. Defaults to
            `255.0`.
        label_type: String, `"sparse"`, `"one_hot"`, `"multi_label"` or
            `"regression"`. Defaults to `None`: as the labels tell, or
            `"sparse"` with `num_train`.
        seed: Integer, of order and augmentation; the first weights follow
            `keras.utils.set_random_seed`. Defaults to `0`.
        sync_batch_norm: Boolean, as in `Recipe`. Defaults to `False`.

    Returns:
        The `Recipe`, whose `fit` compiles and trains the network.

    Reference: Liu et al., 2019, DARTS, section 3.4 and appendix A.2.3.
    """
    side, channels = network.input_shape[1], network.input_shape[-1]

    def make(num_train, mean, variance, label_type):
        def schedule(steps):
            return EpochExponentialDecay(
                learning_rate, learning_rate_decay, steps
            )

        return Recipe(
            num_train=num_train,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=_sgd(schedule, num_train, batch_size, weight_decay),
            mean=mean,
            variance=variance,
            label_type=label_type,
            label_smoothing=label_smoothing,
            auxiliary_head_weight=auxiliary_head_weight,
            drop_path=drop_path,
            augmentation=Compose(
                (RandomResizedCrop(side), ColorJitter(max_value=max_value))
            ),
            resize=ResizeCenterCrop(side, round(side / _CENTRE)),
            seed=seed,
            sync_batch_norm=sync_batch_norm,
            make=make,
        )

    unknown = mean is None and variance is None
    if unknown and getattr(network, "mean", None) is None and channels == 3:
        mean, variance = NORMALIZATIONS["imagenet2012"]
    return recipe_for(
        network,
        make,
        num_train=num_train,
        mean=mean,
        variance=variance,
        label_type=label_type,
    )


def steps_per_epoch(num_train: int, batch_size: int) -> int:
    """The steps of an epoch, which drops what is left over.

    Raises:
        ValueError: if there is not one.
    """
    if not 0 < batch_size <= num_train:
        raise ValueError(
            "`batch_size` must be from 1 to the number of training images. "
            f"Received: batch_size={batch_size}, num_train={num_train}"
        )
    return num_train // batch_size


def _sgd(schedule, num_train, batch_size, weight_decay):
    """The optimizer, once there is a number of steps for its schedule."""
    if num_train is None:
        return None
    return CoupledSGD(
        schedule(steps_per_epoch(num_train, batch_size)),
        momentum=_MOMENTUM,
        weight_decay=weight_decay,
        global_clipnorm=_CLIP_NORM,
    )


def nas_bench_201_recipe(
    network: keras.Model,
    num_train: int | None = None,
    *,
    epochs: int = 200,
    batch_size: int = 256,
    learning_rate: float = 0.1,
    weight_decay: float = 5e-4,
    padding: int = 4,
    flip: bool = True,
    mean: Sequence[float] | None = None,
    variance: Sequence[float] | None = None,
    label_type: str | None = None,
    seed: int = 0,
    sync_batch_norm: bool = False,
) -> Recipe:
    """The training of a network as in NAS-Bench-201.

    SGD with Nesterov's momentum of 0.9, a cosine to zero, L2 in the gradient;
    mirror images and crops.

    Args:
        network: `NasBench201Network`, or another of `keras_darts.networks`.
        num_train: Integer, the images of the training set. Defaults to `None`:
            `fit` counts them.
        epochs: Integer. Defaults to `200`.
        batch_size: Integer. Defaults to `256`.
        learning_rate: Float, at the start. Defaults to `0.1`.
        weight_decay: Float. Defaults to `5e-4`.
        padding: Integer, pixels around an image before it is cropped.
            Defaults to `4`.
        flip: Boolean, whether half of the images are mirrored. Defaults to
            `True`.
        mean: Tuple of floats, one a channel, in the units of the raw images,
            by which the network scales them. Defaults to `None`: what it
            scales by already, or else that of the images of `fit`.
        variance: Tuple of floats, likewise.
        label_type: String, `"sparse"`, `"one_hot"`, `"multi_label"` or
            `"regression"`. Defaults to `None`: as the labels tell, or
            `"sparse"` with `num_train`.
        seed: Integer, of order and augmentation; the first weights follow
            `keras.utils.set_random_seed`. Defaults to `0`.
        sync_batch_norm: Boolean, as in `Recipe`. Defaults to `False`.

    Returns:
        The `Recipe`, whose `fit` compiles and trains the network.

    Example:

    >>> network = kd.networks.NasBench201Network(
    ...     "|nor_conv_3x3~0|", filters=4, num_cells=1
    ... )
    >>> nas_bench_201_recipe(network, num_train=50000).steps_per_epoch
    195

    Reference: Dong and Yang, 2020, NAS-Bench-201, section 2.3.
    """

    def optimizer(steps):
        return CoupledSGD(
            EpochCosineDecay(learning_rate, 0.0, epochs, steps),
            momentum=0.9,
            nesterov=True,
            weight_decay=weight_decay,
        )

    def make(num_train, mean, variance, label_type):
        counted = num_train is not None
        steps = steps_per_epoch(num_train, batch_size) if counted else None
        return Recipe(
            num_train=num_train,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=optimizer(steps) if counted else None,
            mean=mean,
            variance=variance,
            label_type=label_type,
            augmentation=PadCropFlip(padding, flip),
            seed=seed,
            sync_batch_norm=sync_batch_norm,
            make=make,
        )

    return recipe_for(
        network,
        make,
        num_train=num_train,
        mean=mean,
        variance=variance,
        label_type=label_type,
    )


_RECIPES = {
    "cifar": cifar_recipe,
    "imagenet": imagenet_recipe,
    "nas_bench_201": nas_bench_201_recipe,
    "small": small_image_recipe,
}


def image_recipe_name(side: int | None, stages: bool = False) -> str:
    """The name of the recipe for images of a size.

    Args:
        side: Integer, the shorter side of the images; zero or `None` where
            they are of many sizes.
        stages: Boolean, whether the architecture is one of NAS-Bench-201.
            Defaults to `False`.

    Returns:
        `"small"` below 32 pixels, `"imagenet"` from 128 up and for many
        sizes, and in between `"cifar"`, or `"nas_bench_201"`.

    Example:

    >>> image_recipe_name(8), image_recipe_name(32), image_recipe_name(224)
    ('small', 'cifar', 'imagenet')
    """
    if not side or side >= 128:
        return "imagenet"
    if side < 32:
        return "small"
    return "nas_bench_201" if stages else "cifar"


def image_recipe(
    network: keras.Model, num_train: int | None = None, **options: Any
) -> Recipe:
    """The recipe that fits a network for images.

    Args:
        network: `CifarNetwork`, or another of `keras_darts.networks`.
        num_train: Integer, the images of the training set. Defaults to `None`:
            `fit` counts them.
        **options: Further arguments of the recipe: `mean`, `variance` and
            `epochs` are known to all.

    Returns:
        The `Recipe`, whose `fit` compiles and trains the network.

    Example:

    >>> network = kd.networks.network_for(
    ...     "darts_v2", 10, (8, 8, 1), filters=4, num_cells=3
    ... )
    >>> image_recipe(network, 64, mean=(5.0,), variance=(36.0,)).epochs
    20
    """
    stages = isinstance(network.genotype, NasBench201Genotype)
    name = image_recipe_name(min(network.input_shape[1:3]), stages)
    return _RECIPES[name](network, num_train, **options)
