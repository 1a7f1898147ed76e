"""Networks that take images as they are, and scale them themselves."""

import keras
from keras import ops

from keras_darts.networks import checks


class ScaledImages:
    """What networks of images know of the scale of their inputs. A mixin.

    A subclass is a `keras.Model` with an `input_shape`, calls `_begin_scaling`
    in its constructor, and `_scaled` on the images of a call.

    Attributes:
        preprocessing: `keras.layers.Normalization` without weights that turns
            raw images into what the stem takes, or `None`: the network takes
            images that are scaled already.

    Example:

    >>> network = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=2, num_cells=1, auxiliary=False,
    ...     input_shape=(8, 8, 1),
    ... )
    >>> network.preprocessing, network.mean
    (None, None)
    >>> network.scale_inputs(mean=[128.0], variance=[4000.0])
    >>> type(network.preprocessing).__name__, network.mean
    ('Normalization', (128.0,))
    """

    preprocessing = None

    @property
    def mean(self):
        """Tuple, that of each channel, or `None` without scaling."""
        return self.preprocessing and tuple(self.preprocessing.input_mean)

    @property
    def variance(self):
        """Tuple, that of each channel, or `None` without scaling."""
        return self.preprocessing and tuple(self.preprocessing.input_variance)

    def scale_inputs(self, mean, variance):
        """Lets the network take raw images from now on.

        It has no weights more, and what it was trained to stays as it is. A
        scaling that it has already is replaced; functions that Keras has
        traced are traced again.

        Args:
            mean: Tuple of floats, one a channel, in the units of the raw
                images, as `keras_darts.datasets.channel_statistics` gives it.
            variance: Tuple of floats, likewise.

        Raises:
            ValueError: if there is not one number a channel.
        """
        found = checks.statistics(mean, variance, self.input_shape[-1])
        if found is None:
            raise ValueError(
                "`mean` and `variance` must be given to scale images. "
                "Received: mean=None, variance=None"
            )
        layer = self.preprocessing
        if layer is None:
            # Keras locks a layer that is built; this one brings no weights.
            self._tracker.unlock()
            self.preprocessing = self._normalization(*found)
            self._tracker.lock()
        else:
            layer.input_mean, layer.input_variance = map(list, found)
            layer.build(self.input_shape)
        self.train_function = self.test_function = self.predict_function = None

    def _begin_scaling(self, mean, variance):
        found = checks.statistics(mean, variance, self.input_shape[-1])
        if found is not None:
            self.preprocessing = self._normalization(*found)

    def _normalization(self, mean, variance):
        # Half precision has no room for pixels, which go up to 65535.
        double = self.variable_dtype == "float64"
        layer = keras.layers.Normalization(
            mean=list(mean),
            variance=list(variance),
            dtype="float64" if double else "float32",
        )
        layer.build(self.input_shape)
        return layer

    def _scaled(self, images):
        """Raw images, of integers or floats, in the dtype of the stem."""
        if self.preprocessing is not None:
            images = ops.cast(images, self.preprocessing.compute_dtype)
            images = self.preprocessing(images)
        return ops.cast(images, self.compute_dtype)

    def _scaling_config(self):
        return {
            name: value and list(value)
            for name, value in (
                ("mean", self.mean),
                ("variance", self.variance),
            )
        }
