"""The recipe that fits a network for images."""

from keras_darts.genotypes import NasBench201Genotype
from keras_darts.training.nas_bench_201_recipe import nas_bench_201_recipe
from keras_darts.training.recipes import cifar_recipe
from keras_darts.training.recipes import imagenet_recipe
from keras_darts.training.recipes import small_image_recipe

_RECIPES = {
    "cifar": cifar_recipe,
    "imagenet": imagenet_recipe,
    "nas_bench_201": nas_bench_201_recipe,
    "small": small_image_recipe,
}


def image_recipe_name(side, stages=False):
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


def image_recipe(network, num_train=None, **options):
    """Compiles a network for images by the recipe that fits, and gives it.

    Args:
        network: `CifarNetwork`, or another of `keras_darts.networks`.
        num_train: Integer, the images of the training set. Defaults to `None`:
            `fit` counts them, and compiles the network then.
        **options: Further arguments of the recipe: `mean`, `variance` and
            `epochs` are known to all.

    Returns:
        The `Recipe`, whose `fit` trains the network.

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
