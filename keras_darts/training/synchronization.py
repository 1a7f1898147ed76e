"""Batch normalisation of networks whose batches several devices share."""

from keras_darts.primitives import BatchNormalization


def synchronize(network, wanted):
    """Lets a network normalise with the statistics of a part or of the whole.

    What its layers were made with no longer counts.

    Args:
        network: Keras model that is built.
        wanted: Boolean, whether devices that share a batch take those of all
            of it.

    Raises:
        ValueError: if that is wanted of a network without our normalisation.
    """
    layers = [
        layer
        for layer in network._flatten_layers()
        if isinstance(layer, BatchNormalization)
    ]
    if wanted and not layers:
        raise ValueError(
            "`sync_batch_norm` must be False for a network without a "
            "keras_darts.primitives.BatchNormalization. Received: "
            f"sync_batch_norm={wanted}, a {type(network).__name__}"
        )
    for layer in layers:
        layer.synchronized = wanted
