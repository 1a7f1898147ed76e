"""Crops, mirrors and holes, checked pixel by pixel against slow code."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts.datasets import ColorJitter
from keras_darts.datasets import Compose
from keras_darts.datasets import Cutout
from keras_darts.datasets import PadCropFlip
from keras_darts.datasets import RandomResizedCrop
from keras_darts.datasets import ResizeCenterCrop
from keras_darts.datasets import augmentation

PIECES = [
    PadCropFlip(2),
    Cutout(3, fill=(1.0, 2.0, 3.0)),
    Compose((PadCropFlip(1), Cutout(2))),
    RandomResizedCrop(),
    ColorJitter(),
]
IMAGES = np.random.default_rng(0).integers(1, 256, (64, 6, 8, 3))


def crops(image, padding, flip):
    """All that a crop may give, by the definition."""
    padded = np.pad(image, [(padding, padding)] * 2 + [(0, 0)])
    height, width = image.shape[:2]
    for top in range(2 * padding + 1):
        for left in range(2 * padding + 1):
            crop = padded[top : top + height, left : left + width]
            yield crop.tobytes(), (top, left, False)
            if flip:
                yield crop[:, ::-1].tobytes(), (top, left, True)


@pytest.mark.parametrize("flip", [True, False])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_every_image_is_one_of_its_crops_and_all_kinds_occur(flip, dtype):
    images = np.repeat(IMAGES[:8], 40, axis=0).astype(dtype)
    results = PadCropFlip(1, flip)(images, (3, 4)).numpy()
    assert results.dtype == dtype
    occurring = [
        dict(crops(image, 1, flip))[result.tobytes()]
        for image, result in zip(images, results, strict=True)
    ]
    assert len(set(occurring)) == (18 if flip else 9)


def test_about_half_of_the_images_are_mirrored():
    images = np.arange(8.0).reshape(1, 1, 8, 1) * np.ones((400, 1, 1, 1))
    mirrored = PadCropFlip(0)(images, (0, 1))[:, 0, 0, 0] == 7
    assert 150 < int(tf.reduce_sum(tf.cast(mirrored, "int32"))) < 250


@pytest.mark.parametrize("length", [0, 1, 4, 5])
def test_the_hole_is_a_square_around_a_pixel_cut_at_the_border(length):
    images = np.ones((300, 6, 8, 1), "float32")
    results = Cutout(length, fill=-1.0)(images, (0, 5)).numpy()[..., 0]
    half, seen = length // 2, set()
    for hole in results == -1:
        matches = [
            (y, x)
            for y in range(6)
            for x in range(8)
            if np.array_equal(hole, square(6, 8, y, x, half))
        ]
        assert matches
        seen.add(matches[0])
    # Centres lie anywhere, on the border too.
    assert length < 2 or len(seen) > 35


def square(height, width, y, x, half):
    hole = np.zeros((height, width), bool)
    hole[max(y - half, 0) : y + half, max(x - half, 0) : x + half] = True
    return hole


def test_the_hole_takes_the_mean_of_each_channel_rounded_for_integers():
    fill = (125.3, 122.6, 113.9)
    for dtype, expected in (("float32", fill), ("uint8", (125, 123, 114))):
        images = np.zeros((1, 4, 4, 3), dtype)
        result = Cutout(16, fill=fill)(images, (0, 0)).numpy()
        assert result.dtype == dtype
        np.testing.assert_allclose(result[0, 0, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("piece", PIECES, ids=lambda p: type(p).__name__)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_equal_seeds_give_equal_images_eager_and_traced(piece, dtype):
    images = IMAGES.astype(dtype)
    result = piece(images, (1, 2)).numpy()
    traced = tf.function(piece)(tf.constant(images), tf.constant([1, 2]))
    assert result.dtype == dtype and result.shape == images.shape
    np.testing.assert_allclose(
        result, traced, atol=1 if dtype == "uint8" else 1e-2
    )
    assert not np.array_equal(result, piece(images, (1, 3)))
    assert not np.array_equal(result, images)


@pytest.mark.parametrize("piece", PIECES, ids=lambda p: type(p).__name__)
def test_a_piece_comes_back_from_its_config_through_json(piece):
    config = json.loads(json.dumps(augmentation.serialize(piece)))
    assert augmentation.get(config) == piece


def test_images_in_a_batch_are_changed_independently():
    images = np.repeat(IMAGES[:1], 64, axis=0).astype("uint8")
    for piece in PIECES:
        results = piece(images, (0, 0)).numpy()
        assert len({image.tobytes() for image in results}) > 16


def test_a_crop_of_everything_at_its_own_size_changes_nothing():
    piece = RandomResizedCrop(scale=(1, 1), ratio=(8 / 6, 8 / 6), flip=False)
    result = piece(IMAGES.astype("uint8"), (0, 0))
    np.testing.assert_array_equal(result, IMAGES)


def test_crops_are_parts_of_the_asked_area():
    ramp = np.arange(64.0)[None, :, None, None] * np.ones((200, 1, 64, 1))
    piece = RandomResizedCrop(16, scale=(0.25, 0.25), ratio=(1, 1))
    results = piece(ramp.astype("float32"), (0, 0)).numpy()
    assert results.shape == (200, 16, 16, 1)
    np.testing.assert_allclose(np.ptp(results, axis=(1, 2, 3)), 31, atol=1e-3)
    assert results.min() < 2 and results.max() > 61


def test_a_jitter_of_nothing_changes_nothing():
    images = IMAGES.astype("float32")
    still = ColorJitter(0, 0, 0, 0)(images, (0, 0))
    np.testing.assert_allclose(still, images, atol=1e-2)


def test_brightness_scales_each_image_by_its_own_factor():
    images = np.full((200, 2, 2, 1), 100.0, "float32")
    values = ColorJitter(0.4, 0, 0, 0)(images, (0, 0)).numpy()
    assert np.ptp(values, axis=(1, 2, 3)).max() == 0
    assert 60 <= values.min() < 65 and 135 < values.max() <= 140


def test_contrast_and_saturation_keep_the_grey_mean():
    images = IMAGES.astype("float32") * 0.4 + 70
    grey = tf.image.rgb_to_grayscale(images).numpy()
    contrast = ColorJitter(0, 0.4, 0, 0)(images, (0, 0))
    saturation = ColorJitter(0, 0, 0.4, 0)(images, (0, 0))
    after = tf.image.rgb_to_grayscale(contrast).numpy().mean(axis=(1, 2))
    np.testing.assert_allclose(after, grey.mean(axis=(1, 2)), rtol=1e-3)
    after = tf.image.rgb_to_grayscale(saturation)
    np.testing.assert_allclose(after, grey, rtol=1e-3)
    assert not np.allclose(saturation, images, atol=1)


def test_hue_keeps_the_brightest_and_the_darkest_channel():
    images = IMAGES.astype("float32")
    turned = ColorJitter(0, 0, 0, 0.2)(images, (0, 0)).numpy()
    for extreme in (np.max, np.min):
        np.testing.assert_allclose(
            extreme(turned, axis=-1), extreme(images, axis=-1), atol=0.05
        )
    assert not np.allclose(turned, images, atol=5)


def test_the_centre_is_cut_from_the_resized_image():
    image = np.zeros((1, 20, 40, 3), "uint8")
    image[:, :, 10:30] = 200
    result = ResizeCenterCrop(8, 10)(image)
    assert result.shape == (1, 8, 8, 3) and result.dtype == tf.uint8
    assert int(tf.reduce_min(result)) == 200


def test_a_layer_acts_in_training_alone_and_draws_anew():
    layer = augmentation.Layer(PadCropFlip(2), seed=1)
    images = tf.constant(IMAGES, "float32")
    assert np.array_equal(layer(images), images)
    first, again = layer(images, training=True), layer(images, training=True)
    assert not np.array_equal(first, images)
    assert not np.array_equal(first, again)
    other = augmentation.Layer(PadCropFlip(2), seed=1)
    assert np.array_equal(first, other(images, training=True))


def test_a_layer_survives_a_saved_model(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((6, 8, 3), dtype="uint8"),
            augmentation.Layer(Compose(("pad_crop_flip", Cutout(2))), seed=3),
            keras.layers.Rescaling(1 / 255),
        ]
    )
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    layer = loaded.layers[0]
    assert layer.get_config() == model.layers[0].get_config()
    images = IMAGES.astype("uint8")
    np.testing.assert_allclose(loaded(images), images / 255, rtol=1e-5)
    trained = loaded(images, training=True)
    assert not np.allclose(trained, images / 255)


def test_a_layer_refuses_a_piece_that_changes_the_size():
    layer = augmentation.Layer(RandomResizedCrop(3))
    with pytest.raises(ValueError, match="must keep the shape"):
        layer(tf.constant(IMAGES, "float32"), training=True)


@pytest.mark.parametrize(
    "piece, arguments, message",
    [
        (PadCropFlip, {"padding": -1}, "`padding` must be"),
        (Cutout, {"length": 2.5}, "`length` must be"),
        (RandomResizedCrop, {"scale": (1, 0.5)}, "`scale` must be"),
        (ColorJitter, {"hue": 0.7}, "`hue` at most"),
        (ResizeCenterCrop, {"size": 9, "resize": 8}, "`size` must be"),
        (Compose, {"augmentations": ("cutot",)}, "Did you mean cutout"),
    ],
)
def test_arguments_out_of_range_are_refused(piece, arguments, message):
    with pytest.raises(ValueError, match=message):
        piece(**arguments)
