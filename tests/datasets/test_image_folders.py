"""Images of the user's own: class folders and archives of arrays."""

import logging
import re

import numpy as np
import PIL.Image
import pytest

from keras_darts import datasets

BRIGHT, DARK = 200, 40


def write(folder, count, level=BRIGHT, size=(8, 8), ending="png", mode="RGB"):
    """Images of one gray, one a file."""
    folder.mkdir(parents=True)
    for number in range(count):
        pixels = np.full((*size, 3), level, "uint8")
        image = PIL.Image.fromarray(pixels).convert(mode)
        image.save(folder / f"{number}.{ending}")


def two_classes(folder, **options):
    write(folder / "dark", 10, DARK, **options)
    write(folder / "bright", 10, BRIGHT, **options)
    return folder


def means(part):
    """(mean, label) of each image."""
    return [(float(np.mean(x)), int(y)) for x, y in part.as_numpy_iterator()]


@pytest.mark.parametrize("ending", ["jpg", "jpeg", "png", "bmp", "gif"])
def test_folders_are_classes_in_the_order_of_their_names(ending, tmp_path):
    data = datasets.load(two_classes(tmp_path / "mine", ending=ending))
    assert (data.name, data.label_names) == ("mine", ("bright", "dark"))
    assert data.image_shape == (8, 8, 3)
    for mean, label in means(data.train) + means(data.test):
        assert mean == pytest.approx((BRIGHT, DARK)[label], abs=3)


def test_a_fifth_of_each_class_is_cut_off_by_the_seed(tmp_path):
    folder = tmp_path / "mine"
    write(folder / "b", 10, 100)
    (folder / "a").mkdir()
    for level in range(10):
        pixels = np.full((8, 8, 3), 10 * level, "uint8")
        PIL.Image.fromarray(pixels).save(folder / "a" / f"{level}.png")
    first, again, other = (
        datasets.load(folder, seed=seed) for seed in (0, 0, 5)
    )
    assert (first.num_train, first.num_test) == (16, 4)
    assert "a fifth of each class cut off for the test by seed 0" in (
        first.description
    )
    assert means(first.test) == means(again.test) != means(other.test)
    assert [label for _, label in means(first.test)] == [0, 0, 1, 1]
    everything = sorted(means(first.train) + means(first.test))
    assert everything == sorted(means(other.train) + means(other.test))


@pytest.mark.parametrize(
    ("names", "counts"),
    [
        (("train", "test"), (20, 20, 0)),
        (("Training", "val"), (20, 20, 0)),
        (("train", "validation", "test"), (20, 20, 20)),
    ],
)
def test_parts_are_taken_as_they_are(names, counts, tmp_path):
    for name in names:
        two_classes(tmp_path / name)
    data = datasets.load(tmp_path)
    assert (data.num_train, data.num_test, data.num_valid) == counts
    assert (data.valid is None) == (counts[-1] == 0)
    if "test" not in names:
        assert "the validation part is the test part" in data.description


def test_a_class_may_be_called_as_a_part(tmp_path):
    for name in ("car", "train", "test"):
        write(tmp_path / name, 5)
    assert datasets.load(tmp_path).label_names == ("car", "test", "train")


def test_one_size_is_kept_and_many_become_a_square(tmp_path):
    one = datasets.load(two_classes(tmp_path / "one", size=(12, 20)))
    assert one.image_shape == (12, 20, 3)
    assert "resized" not in one.description
    odd = datasets.load(two_classes(tmp_path / "odd", size=(13, 22)))
    assert odd.image_shape == (12, 24, 3)
    many = tmp_path / "many"
    write(many / "a", 5, size=(20, 31))
    write(many / "b", 5, size=(40, 21))
    result = datasets.load(many)
    assert result.image_shape == (20, 20, 3)
    assert "of 2 sizes resized to 20 by 20" in result.description
    assert datasets.load(many, image_size=8).image_shape == (8, 8, 3)
    assert datasets.load(many, image_size=(8, 12)).image_shape == (8, 12, 3)
    raw = datasets.load(many, image_size=None)
    assert raw.image_shape == (None, None, 3)
    shapes = {x.shape for x, _ in raw.train.as_numpy_iterator()}
    assert shapes == {(20, 31, 3), (40, 21, 3)}


def test_large_images_of_many_sizes_become_small(tmp_path):
    write(tmp_path / "a", 2, size=(150, 90))
    write(tmp_path / "b", 2, size=(100, 90))
    assert datasets.load(tmp_path).image_shape == (64, 64, 3)


@pytest.mark.parametrize("ending", ["png", "bmp", "jpg"])
def test_images_without_colour_have_one_channel(ending, tmp_path):
    folder = two_classes(tmp_path, ending=ending, mode="L")
    assert datasets.load(folder).image_shape == (8, 8, 1)


@pytest.mark.parametrize(
    ("ending", "mode"),
    [
        ("png", "L"),
        ("png", "RGBA"),
        ("png", "P"),
        ("jpg", "CMYK"),
        ("bmp", "L"),
    ],
)
def test_one_image_in_colour_gives_all_three_channels(ending, mode, tmp_path):
    write(tmp_path / "a", 4, BRIGHT)
    write(tmp_path / "b", 4, DARK, ending=ending, mode=mode)
    data = datasets.load(tmp_path)
    assert data.image_shape == (8, 8, 3)
    for mean, label in means(data.train):
        assert mean == pytest.approx((BRIGHT, DARK)[label], abs=4)


def test_other_files_are_left_out_and_said(tmp_path, caplog):
    folder = two_classes(tmp_path / "mine")
    (folder / "dark" / "notes.txt").write_text("dark ones")
    (folder / "dark" / ".hidden.jpg").write_text("no image")
    with caplog.at_level(logging.INFO, "keras_darts"):
        data = datasets.load(folder)
    assert "1 other files are left out (.txt)" in data.description
    assert f"reading 20 images of {folder}" in caplog.text


def truncated(folder):
    two_classes(folder, ending="jpg", size=(40, 40))
    file = folder / "dark" / "7.jpg"
    file.write_bytes(file.read_bytes()[:-200])


def no_image(folder):
    two_classes(folder)
    (folder / "dark" / "page.jpg").write_text("<html>")


def empty(folder):
    two_classes(folder)
    (folder / "neither").mkdir()


def one_class(folder):
    write(folder / "dark", 3)


def nested(folder):
    two_classes(folder)
    write(folder / "dark" / "more", 2)


def beside(folder):
    two_classes(folder)
    PIL.Image.new("RGB", (8, 8)).save(folder / "lost.png")


def beside_parts(folder):
    two_classes(folder / "train")
    write(folder / "other", 2)


def new_class(folder):
    two_classes(folder / "train")
    write(folder / "test" / "gray", 2)


def no_train(folder):
    two_classes(folder / "test")


def flat(folder):
    write(folder, 3)


def nothing(folder):
    folder.mkdir()


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (truncated, r"7\.jpg"),
        (no_image, r"page\.jpg"),
        (empty, "neither'.*Received: nothing"),
        (one_class, "two classes at least. Received: dark"),
        (nested, "dark'.*no more folders. Received: more"),
        (beside, r"Received: lost\.png next to them"),
        (beside_parts, "nothing besides its parts train. Received: other"),
        (new_class, "no classes in test but .*bright, dark. Received: gray"),
        (no_train, "a folder `train` among its parts. Received: test"),
        (flat, r"for each class. Received: 0\.png, 1\.png, 2\.png next to"),
        (nothing, "for each class. Received: no folder in it"),
    ],
)
def test_what_is_wrong_with_a_folder_is_one_line(made, message, tmp_path):
    made(tmp_path / "mine")
    with pytest.raises(ValueError, match="`source`") as caught:
        datasets.load(tmp_path / "mine")
    text = str(caught.value)
    assert "\n" not in text and re.search(message, text), text


def test_a_damaged_image_is_found_before_any_use(tmp_path):
    truncated(tmp_path / "mine")
    with pytest.raises(ValueError, match=r"7\.jpg"):
        datasets.load(tmp_path / "mine", image_size=None)


def arrays(count=20, shape=(8, 8, 3)):
    x = np.arange(count * np.prod(shape)) % 250
    return x.reshape(count, *shape)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.arange(20) % 2 + 1, ("1", "2")),
        (np.arange(20) % 2 / 1.0, ("0", "1")),
        (np.array(["b", "a"] * 10), ("a", "b")),
        (np.array([b"b", b"a"] * 10), ("a", "b")),
        (np.eye(2)[np.arange(20) % 2], ("0", "1")),
        (np.arange(20)[:, None] % 2, ("0", "1")),
    ],
)
def test_labels_of_an_archive(labels, names, tmp_path):
    np.savez(tmp_path / "a.npz", x=arrays(), y=labels)
    data = datasets.load(tmp_path / "a.npz")
    assert data.label_names == names
    assert (data.name, data.num_train, data.num_test) == ("a", 16, 4)
    assert data.train.element_spec[0].dtype == "uint8"
    assert {label for _, label in means(data.train)} == {0, 1}


def test_parts_of_an_archive(tmp_path):
    y = np.arange(20) % 2
    x = arrays(shape=(8, 8)) / 255
    path = tmp_path / "a.npz"
    np.savez(path, x_train=x, y_train=y, x_test=x[:6], y_test=y[:6])
    data = datasets.load(path)
    assert (data.num_train, data.num_test) == (20, 6)
    assert data.image_shape == (8, 8, 1)
    np.testing.assert_allclose(
        [mean for mean, _ in means(data.test)], x[:6].mean((1, 2)), rtol=1e-6
    )
    assert datasets.load(path, image_size=4).image_shape == (4, 4, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"z": arrays()}, "the arrays x_train.*with z"),
        ({"x": arrays(), "y": np.zeros(3)}, "20 images, 3 labels"),
        ({"x": arrays(), "y": np.zeros(20)}, "two classes at least"),
        ({"x": arrays(), "y": np.arange(20) / 3}, "one class an image"),
        ({"x": arrays(shape=(3, 8, 8)), "y": np.arange(20)}, "1 or 3 channels"),
        ({"x": arrays(), "y": np.array([None] * 20)}, "without pickle"),
    ],
)
def test_what_is_wrong_with_an_archive(content, message, tmp_path):
    np.savez(tmp_path / "a.npz", **content)
    with pytest.raises(ValueError, match="`source`") as caught:
        datasets.load(tmp_path / "a.npz")
    assert re.search(message, str(caught.value)), caught.value


@pytest.mark.parametrize("name", ["a.npz", "a.csv"])
def test_a_file_of_another_kind(name, tmp_path):
    (tmp_path / name).write_text("x,y")
    with pytest.raises(ValueError, match=r"`source` .*npz"):
        datasets.load(tmp_path / name)


@pytest.mark.parametrize("size", [0, 2.5, "big", (8,), True])
def test_a_size_that_is_none(size, tmp_path):
    with pytest.raises(ValueError, match="`image_size` must be a positive"):
        datasets.load(two_classes(tmp_path), image_size=size)
