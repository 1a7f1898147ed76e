"""The way to train networks that NAS-Bench-201 publishes figures of."""

from keras_darts.datasets import PadCropFlip
from keras_darts.schedules import CosineByEpoch
from keras_darts.training.open_recipes import begun
from keras_darts.training.optimizers import CoupledSGD
from keras_darts.training.recipe import Recipe
from keras_darts.training.recipes import steps_per_epoch


def nas_bench_201_recipe(
    network,
    num_train=None,
    *,
    epochs=200,
    batch_size=256,
    learning_rate=0.1,
    weight_decay=5e-4,
    padding=4,
    flip=True,
    mean=None,
    variance=None,
    kind=None,
    seed=0,
    sync_batch_norm=False,
):
    """Compiles a network as NAS-Bench-201 trains it, and gives the rest.

    SGD with Nesterov's momentum of 0.9, a cosine to zero, L2 in the gradient;
    mirror images and crops.

    Args:
        network: `NasBench201Network`, or another of `keras_darts.networks`.
        num_train: Integer, the images of the training set. Defaults to `None`:
            `fit` counts them, and compiles the network then.
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
        kind: String, `"sparse"`, `"one_hot"`, `"multi_label"` or
            `"regression"`. Defaults to `None`: as the labels tell, or
            `"sparse"` with `num_train`.
        seed: Integer, of order and augmentation; the first weights follow
            `keras.utils.set_random_seed`. Defaults to `0`.
        sync_batch_norm: Boolean, as in `Recipe`. Defaults to `False`.

    Returns:
        The `Recipe`, whose `fit` trains the network.

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
            CosineByEpoch(learning_rate, 0.0, epochs, steps),
            momentum=0.9,
            nesterov=True,
            weight_decay=weight_decay,
        )

    def make(num_train, mean, variance, kind):
        counted = num_train is not None
        steps = steps_per_epoch(num_train, batch_size) if counted else None
        return Recipe(
            num_train=num_train,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=optimizer(steps) if counted else None,
            mean=mean,
            variance=variance,
            kind=kind,
            augmentation=PadCropFlip(padding, flip),
            seed=seed,
            sync_batch_norm=sync_batch_norm,
            make=make,
        )

    return begun(
        network,
        make,
        num_train=num_train,
        mean=mean,
        variance=variance,
        kind=kind,
    )
