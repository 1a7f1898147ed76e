"""Data sets by name: what comes, and what is said when nothing can."""

import sys
import time

import numpy as np
import pytest
import requests

from keras_darts.datasets import bilevel_pipeline
from keras_darts.datasets import bilevel_split
from keras_darts.datasets import load
from keras_darts.datasets import load_corpus
from keras_darts.datasets import load_text_classification
from keras_darts.datasets import validate_split

tfds = pytest.importorskip("tensorflow_datasets")


class TinyShapes(tfds.core.GeneratorBasedBuilder):
    """Twenty images in one split alone."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(None, 8, 1)),
                    "label": tfds.features.ClassLabel(names=["a", "b"]),
                }
            ),
            supervised_keys=("image", "label"),
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for index in range(20):
            side = 8 if index % 2 else 10
            image = np.full((side, 8, 1), index, "uint8")
            yield index, {"image": image, "label": index % 2}


class TinyText(tfds.core.GeneratorBasedBuilder):
    """No images."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict({"text": tfds.features.Text()}),
        )

    def _split_generators(self, dl_manager):
        return {}

    def _generate_examples(self):
        yield from ()


@pytest.fixture(scope="module")
def digits():
    pytest.importorskip("sklearn")
    return load("digits")


def test_digits_are_all_there_and_the_same_each_time(digits):
    rows = [*digits.train.as_numpy_iterator(), *digits.test.as_numpy_iterator()]
    assert len(rows) == digits.num_train + digits.num_test == 1797
    assert digits.num_classes == 10 and digits.label_names[3] == "3"
    images = np.stack([image for image, _ in rows])
    assert (images.dtype, images.min(), images.max()) == ("uint8", 0, 16)
    again = load("digits").test.as_numpy_iterator()
    for (x, y), (other, label) in zip(
        digits.test.as_numpy_iterator(), again, strict=True
    ):
        assert np.array_equal(x, other) and y == label


def test_a_fifth_of_each_digit_is_for_the_test(digits):
    train, test = (
        np.bincount([y for _, y in part.as_numpy_iterator()])
        for part in (digits.train, digits.test)
    )
    assert np.all(np.abs(test - 0.2 * (train + test)) <= 1)


def test_a_search_can_start_on_digits(digits):
    data_split = bilevel_split(digits.train.batch(64))
    assert validate_split(data_split).num_outputs == 10
    assert "split by class: 719" in data_split.description
    (x, _), (xv, _) = next(iter(bilevel_pipeline(data_split, epochs=1, seed=0)))
    assert x.shape == xv.shape == (64, 8, 8, 1)


@pytest.mark.parametrize(
    "name, shape, label",
    [("mnist", (28, 28, 1), "7"), ("cifar10", (32, 32, 3), "horse")],
)
def test_real_images_load_and_split(shared_data, name, shape, label):
    data = load(
        name, shared_data / "tfds", split="train[:300]", test_split="test[:50]"
    )
    assert (data.num_train, data.num_test) == (300, 50)
    assert data.image_shape == shape and data.label_names[7] == label
    data_split = bilevel_split(data.train.batch(32))
    assert validate_split(data_split).num_outputs == 10
    images = [
        {x.tobytes() for x, _ in half.as_numpy_iterator()}
        for half in (data_split.train, data_split.valid)
    ]
    assert not images[0] & images[1]
    shares = [
        np.bincount(labels, minlength=10)
        for labels in (data_split.train_labels, data_split.valid_labels)
    ]
    assert np.abs(shares[0] - shares[1]).max() <= 1


def test_the_whole_split_is_the_default(shared_data):
    data = load("mnist", shared_data / "tfds")
    assert (data.num_train, data.num_test) == (60000, 10000)
    assert (
        data.description == "mnist/3.0.1: train for training, test for the test"
    )


def test_images_can_be_resized(digits, shared_data):
    small = load(
        "cifar10", shared_data / "tfds", split="train[:4]", image_size=8
    )
    image, _ = next(iter(small.train))
    assert small.image_shape == image.shape == (8, 8, 3)
    assert image.dtype == "uint8"
    assert load("digits", image_size=12).image_shape == (12, 12, 1)


def test_a_test_part_is_cut_off_where_there_is_none(tmp_path):
    data = load("tiny_shapes", tmp_path)
    assert (data.num_train, data.num_test) == (16, 4)
    assert "a fifth of it cut off" in data.description
    parts = [
        {int(x[0, 0, 0]) for x, _ in part} for part in (data.train, data.test)
    ]
    assert not parts[0] & parts[1] and len(parts[0] | parts[1]) == 20
    assert data.image_shape == (None, 8, 1)
    assert load("tiny_shapes", tmp_path, image_size=8).image_shape == (8, 8, 1)


@pytest.mark.parametrize(
    "name, nearest", [("cifar1", "cifar10"), ("digit", "digits")]
)
def test_an_unknown_name_is_answered_with_the_nearest(name, nearest):
    with pytest.raises(ValueError, match=f"Did you mean .*{nearest}") as caught:
        load(name)
    assert f"Received: source='{name}'" in str(caught.value)


def test_a_set_without_images_is_refused(tmp_path):
    with pytest.raises(ValueError, match="images with one label each"):
        load("tiny_text", tmp_path)


@pytest.mark.parametrize("split_name", ["training", "train[:x]", "train[:0]"])
def test_an_unknown_part_is_refused(shared_data, split_name):
    with pytest.raises(ValueError, match="`split` must be a part of mnist"):
        load("mnist", shared_data / "tfds", split=split_name)


def test_digits_have_fixed_parts():
    with pytest.raises(ValueError, match="must be left out for digits"):
        load("digits", split="train[:10]")


def test_a_failed_download_names_the_set_the_folder_and_a_way(
    monkeypatch, tmp_path
):
    def fail(self, **options):
        raise ConnectionError("no route to host")

    builder = tfds.core.DatasetBuilder
    monkeypatch.setattr(builder, "download_and_prepare", fail)
    monkeypatch.setattr(requests, "head", lambda url, timeout: None)
    with pytest.raises(RuntimeError, match="no route to host") as caught:
        load("mnist", tmp_path)
    message = str(caught.value)
    assert "'mnist'" in message and str(tmp_path) in message
    assert "`data_dir`" in message


@pytest.mark.parametrize(
    "function, name",
    [
        (load, "mnist"),
        (load_corpus, "tiny_shakespeare"),
        (load_text_classification, "glue/sst2"),
    ],
)
def test_without_a_network_the_folder_is_named_at_once_and_not_made(
    monkeypatch, tmp_path, function, name
):
    def no_network(url, timeout):
        raise requests.ConnectionError("no route to host")

    monkeypatch.setattr(requests, "head", no_network)
    mistyped = tmp_path / "mistyped"
    begin = time.monotonic()
    with pytest.raises(RuntimeError, match="can't be reached") as caught:
        function(name, data_dir=mistyped)
    assert time.monotonic() - begin < 10
    assert str(mistyped) in str(caught.value)
    assert not mistyped.exists()


def test_what_needs_no_network_does_not_ask_for_one(monkeypatch, tmp_path):
    monkeypatch.setattr(requests, "head", None)
    data = load("tiny_shapes", tmp_path)
    again = load("tiny_shapes", tmp_path)
    assert data.num_train == again.num_train


@pytest.mark.parametrize(
    "name, module, package",
    [
        ("digits", "sklearn.datasets", "scikit-learn"),
        ("mnist", "tensorflow_datasets", "tensorflow-datasets"),
    ],
)
def test_a_missing_package_is_named(monkeypatch, name, module, package):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=f"pip install {package}"):
        load(name)
