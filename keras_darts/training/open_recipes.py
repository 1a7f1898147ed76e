"""Recipes that leave to the data what a user has not given."""

from keras_darts.networks import checks
from keras_darts.training.losses import loss_for


def begun(network, make, *, num_train, mean, variance, kind):
    """A recipe for a network, which it compiles as soon as it can.

    Args:
        network: Network for images.
        make: Function of the other arguments that gives a `Recipe`.
        num_train: Integer, or `None`.
        mean: Sequence of floats, or `None`: that of the network, if it scales
            images.
        variance: The same.
        kind: String, or `None`: `"sparse"` where `num_train` is given, since
            the network is compiled at once then.

    Raises:
        ValueError: for values that don't fit the network.
    """
    if mean is None and variance is None:
        mean = getattr(network, "mean", None)
        variance = getattr(network, "variance", None)
    channels = network.input_shape[-1]
    found = checks.statistics(mean, variance, channels) or (None, None)
    if num_train is not None:
        kind = kind or "sparse"
    if kind is not None:
        # Refuses a name that there isn't.
        loss_for(kind)
    recipe = make(
        num_train=num_train, mean=found[0], variance=found[1], kind=kind
    )
    if num_train is not None:
        recipe.compile(network)
    else:
        # Whatever it was compiled for, `fit` compiles it for this recipe.
        network.compiled = False
    return recipe
