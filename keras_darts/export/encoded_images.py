"""Images as files, decoded within the graph of a SavedModel."""

import dataclasses

import tensorflow as tf

from keras_darts.datasets import ResizeCenterCrop

# Grey, colours, and colours with transparency.
DECODED_CHANNELS = (1, 3, 4)
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
# A PNG of some kilobytes may claim gigabytes of pixels.
_MOST_PIXELS = 2**26
# As the ImageNet recipe evaluates: 224 of 256 pixels.
_RESIZE = 256 / 224


@dataclasses.dataclass(frozen=True)
class DecodedImages:
    """From encoded JPEG and PNG files to the pixels that a network takes.

    An image of another size is scaled and its centre cut out, as the recipes
    evaluate; where height and width differ, it is scaled to them alone.

    Args:
        image_shape: Tuple `(H, W, C)`.
        resize: Integer, the shorter side before the cut, or `None` for 256
            pixels where the network takes 224.

    Example:

    >>> file = tf.io.encode_png(tf.fill((8, 12, 3), tf.constant(7, "uint8")))
    >>> pixels = DecodedImages((4, 4, 3))(file[None])
    >>> pixels.shape.as_list(), float(tf.reduce_mean(pixels))
    ([1, 4, 4, 3], 7.0)
    """

    image_shape: tuple
    resize: int | None = None

    def __post_init__(self):
        height, width, _ = self.image_shape
        least = min(height, width)
        whole = isinstance(self.resize, int) and not isinstance(
            self.resize, bool
        )
        if self.resize is not None and not (whole and self.resize >= least):
            raise ValueError(
                "`resize` must be an integer, not below the sides of the "
                f"network's images, or None. Received: resize={self.resize!r} "
                f"for images {height} x {width}"
            )

    def __call__(self, files):  # (B,) strings -> (B, H, W, C), 0 to 255
        return tf.map_fn(
            self._decoded,
            files,
            fn_output_signature=tf.TensorSpec(self.image_shape, "float32"),
        )

    def _decoded(self, file):
        with tf.control_dependencies([_checked_size(file)]):
            file = tf.identity(file)
        channels = self.image_shape[-1]
        pixels = tf.io.decode_image(file, channels, expand_animations=False)
        pixels = tf.ensure_shape(pixels, (None, None, channels))
        fits = tf.reduce_all(tf.shape(pixels) == self.image_shape)
        pixels = tf.cond(fits, lambda: pixels, lambda: self._scaled(pixels))
        return tf.cast(tf.ensure_shape(pixels, self.image_shape), "float32")

    def _scaled(self, pixels):
        height, width, _ = self.image_shape
        if height != width:
            scaled = tf.image.resize(pixels, (height, width), antialias=True)
            return tf.cast(tf.round(scaled), pixels.dtype)
        resize = self.resize or round(height * _RESIZE)
        return ResizeCenterCrop(height, resize)(pixels[None])[0]


def _checked_size(file):
    """The number of pixels, if the file says that it can be decoded."""
    png = _begins_with(file, _PNG)
    known = tf.debugging.Assert(
        png | _begins_with(file, _JPEG),
        ["`image_bytes` must be JPEG or PNG files"],
    )
    with tf.control_dependencies([known]):
        sides = tf.cond(
            png, lambda: _png_sides(file), lambda: _jpeg_sides(file)
        )
    pixels = tf.reduce_prod(sides)
    sound = (pixels > 0) & (pixels <= _MOST_PIXELS)
    message = f"`image_bytes` must be images of 1 to {_MOST_PIXELS} pixels"
    return tf.debugging.Assert(sound, [message, sides])


def _begins_with(file, signature):
    return tf.strings.substr(file, 0, len(signature)) == signature


def _png_sides(file):
    # Width and height, 4 bytes each, stand first in its first chunk.
    sides = tf.io.decode_raw(
        tf.strings.substr(file, 16, 8), "int32", little_endian=False
    )
    return tf.cast(tf.ensure_shape(sides, (2,)), "int64")


def _jpeg_sides(file):
    return tf.cast(tf.io.extract_jpeg_shape(file)[:2], "int64")
