"""What numbers an image file is to be for a network, by its scaling."""

import logging
import numbers
import typing

import keras
import numpy as np

_LOG = logging.getLogger("keras_darts")
_SCALING = (keras.layers.Normalization, keras.layers.Rescaling)
# Deviations from the mean of images; white ones of any data set are fewer.
_FAR = 100.0
_TOLERANCE = 1e-3
_REMEDY = (
    "`pixel_range`, such as (0, 1) or (-1, 1), says what black and white are "
    "as numbers of the images that it was trained on"
)


class PixelRange(typing.NamedTuple):
    """What black and white pixels of a file become before the network.

    Args:
        low: Float, what 0 becomes.
        high: Float, what 255 becomes.
    """

    low: float = 0.0
    high: float = 255.0

    @property
    def is_raw(self):
        return self == (0, 255)

    def numbers(self, pixels):
        """Pixels from 0 to 255 as what the network was trained on."""
        if self.is_raw:
            return pixels
        return self.low + pixels * ((self.high - self.low) / 255)

    def pixels(self, images):
        """The nearest pixels to such numbers, as an array of uint8."""
        scaled = (np.asarray(images) - self.low) * (
            255 / (self.high - self.low)
        )
        return np.clip(np.rint(scaled), 0, 255).astype("uint8")


RAW = PixelRange()


def scaling_of(network):
    """The layers by which a network scales its images itself."""
    own = getattr(network, "preprocessing", None)
    found = [] if own is None else [own]
    for layer in getattr(network, "layers", ()):
        if isinstance(layer, _SCALING):
            found.append(layer)
        elif isinstance(layer, keras.Model):
            found += scaling_of(layer)
    return list(dict.fromkeys(found))


def check_preprocessing(network, preprocessing):
    """Refuses to scale images a second time."""
    if preprocessing is not None and scaling_of(network):
        raise ValueError(
            "`preprocessing` must be None for a network that scales its "
            "images itself: they would be scaled twice. Received: "
            f"preprocessing of type {type(preprocessing).__name__}, "
            f"a network with {type(scaling_of(network)[0]).__name__}"
        )


def pixel_range(network, preprocessing, samples, given):
    """The `PixelRange` of a network, or `None` where it can't be known.

    Args:
        network: `keras.Model`.
        preprocessing: What goes before it, or `None`.
        samples: Array of images as the user has them, or `None`.
        given: What the user gave, or `None`.
    """
    if given is not None:
        return _checked(given)
    layers = scaling_of(network)
    if isinstance(preprocessing, _SCALING):
        layers = [preprocessing]
    layers = [layer for layer in layers if isinstance(layer, _SCALING)]
    if layers:
        return _by_layers(layers, samples)
    if samples is None or preprocessing is not None:
        _LOG.info(
            "export: serving_bytes gives the network numbers from 0 to 255, "
            "since it has no scaling that would tell"
        )
        return RAW
    return _by_samples(samples)


def say_left_out():
    """Warns of a network to which files can't be given."""
    _LOG.warning(
        "export: serving_bytes, for JPEG and PNG files, is left out: the "
        "network was not trained on numbers from 0 to 255, nor from 0 to 1; "
        "%s",
        _REMEDY,
    )


def _by_layers(layers, samples):
    """By where the scaling puts a white image, and what its statistics say."""
    size = _channels(layers)
    white = np.full((1, 1, 1, size), 255, "float32")
    for layer in layers:
        white = np.asarray(layer(white), "float32")
    if np.abs(white).max() < _FAR:
        return RAW
    first = layers[0]
    fits = True
    if isinstance(first, keras.layers.Normalization):
        mean, variance = (
            np.asarray(each) for each in (first.mean, first.variance)
        )
        # No numbers from 0 to 1 have a larger variance for their mean.
        most = mean * (1 - mean) + _TOLERANCE
        fits = bool(((mean >= 0) & (mean <= 1) & (variance <= most)).all())
    if samples is not None:
        inside = samples.min() >= 0 and samples.max() <= 1
        fits = fits and bool(inside)
    if not fits:
        return None
    _LOG.info(
        "export: the network was trained on images from 0 to 1, and "
        "serving_bytes gives it such numbers"
    )
    return PixelRange(0.0, 1.0)


def _by_samples(samples):
    low, high = float(samples.min()), float(samples.max())
    whole = bool((samples == np.rint(samples)).all())
    if whole and low >= 0:
        return RAW
    if low >= 0 and high <= 1:
        _LOG.info(
            "export: `samples` lie between 0 and 1, and serving_bytes gives "
            "the network such numbers"
        )
        return PixelRange(0.0, 1.0)
    if low < 0:
        _LOG.warning(
            "export: serving_bytes gives the network numbers from 0 to 255, "
            "but `samples` lie between %.3g and %.3g; %s",
            low,
            high,
            _REMEDY,
        )
    return RAW


def _channels(layers):
    for layer in layers:
        if isinstance(layer, keras.layers.Normalization):
            return int(np.size(np.asarray(layer.mean)))
    return 1


def _checked(given):
    pair = isinstance(given, tuple | list) and len(given) == 2
    if pair and all(isinstance(each, numbers.Real) for each in given):
        low, high = map(float, given)
        if np.isfinite([low, high]).all() and low < high:
            return PixelRange(low, high)
    raise ValueError(
        "`pixel_range` must be a pair of finite numbers, the smaller one "
        f"first. Received: pixel_range={given!r}"
    )
