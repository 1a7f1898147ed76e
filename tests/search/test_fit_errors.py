"""Bad input ends with a clear error before any training."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd


def fit(space, x, y=None, **kwargs):
    search = kd.DartsSearch(space, **kwargs.pop("search", {}))
    search.compile(run_eagerly=True)
    options = {"epochs": 1, "steps_per_epoch": 1, "verbose": 0}
    search.fit(x, y, **{**options, **kwargs})
    return search


def as_dataset(x, y):
    return tf.data.Dataset.from_tensor_slices((x, y))


@pytest.mark.parametrize(
    "case, message",
    [
        ("empty", "empty"),
        ("one class", "two classes"),
        ("out of range", "num_classes=4"),
        ("nan", "NaN"),
        ("unclear batch", "`x` must be images .* one by one must be batched"),
        ("too small", "divided by 4"),
        ("batch too large", "`batch_size` must .* batch is larger than the"),
        ("own batches too large", "the batches of `x` must be at most"),
        ("channels first", r"channels first.*of shape \(3, 8, 8\)"),
        ("names", "`y` must be numbers, not names of classes"),
        ("other labels", "^the labels of `validation_data` must be class num"),
        ("other images", "^`validation_data` must have elements of the shape"),
        ("no labels", "^`validation_data` must hold labels too"),
        ("large gaps", "`y` must be class numbers without large gaps"),
        ("weights of targets", "`class_weight` must be left out.*regression"),
    ],
)
def test_bad_data_are_refused(space, images, labels, case, message):
    x, y, kwargs = images, labels, {"batch_size": 8}
    if case == "empty":
        x, y, kwargs = as_dataset(x[:0], y[:0]).batch(8), None, {}
    elif case == "one class":
        y = np.zeros_like(y)
    elif case == "out of range":
        y = y + 3
        kwargs["search"] = {"num_classes": 4, "input_shape": (8, 8, 1)}
    elif case == "nan":
        x = np.where(x == 7, np.nan, x).astype("float32")
    elif case == "unclear batch":
        x, y, kwargs = as_dataset(x, np.eye(8)[y]), None, {}
    elif case == "too small":
        x = x[:, :2, :2]
    elif case == "batch too large":
        kwargs["batch_size"] = 64
    elif case == "own batches too large":
        x, y, kwargs = as_dataset(x, y).batch(64), None, {}
    elif case == "channels first":
        x = np.moveaxis(np.repeat(x, 3, axis=-1), -1, 1)
    elif case == "names":
        y = y.astype(str)
    elif case == "other labels":
        kwargs["search"] = {"num_classes": 4, "input_shape": (8, 8, 1)}
        kwargs["validation_data"] = [x, y + 1]
    elif case == "other images":
        kwargs["validation_data"] = [x[:, :4], y]
    elif case == "no labels":
        kwargs["validation_data"] = x
    elif case == "large gaps":
        y = y * 1000
    elif case == "weights of targets":
        y, kwargs["class_weight"] = y / 7, {0: 2.0}
    with pytest.raises(ValueError, match=message):
        fit(space, x, y, **kwargs)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"search_space": "darts_cn"}, "Did you mean darts_cnn"),
        ({"strategy": "dart"}, "Did you mean darts"),
        ({"filters": 5}, "`filters` must be even"),
        ({"num_cells": 0}, "`num_cells` must be a positive"),
        ({"num_classes": 4, "input_shape": (6, 8, 1)}, "divide by 4"),
    ],
)
def test_bad_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        kd.DartsSearch(**arguments)


def test_unknown_primitive_is_refused_with_the_nearest_name():
    space = kd.search_spaces.darts_cnn(4, 2, primitives=("skip_conect",))
    with pytest.raises(ValueError, match="Did you mean skip_connect"):
        kd.DartsSearch(space, num_classes=2, input_shape=(8, 8, 1))


def test_the_supernet_needs_shapes(space):
    search = kd.DartsSearch(space)
    for use in (search.genotype, lambda: search.supernet):
        with pytest.raises(
            ValueError,
            match="`fit` must be called first.*`num_classes` and `input_shape`",
        ):
            use()


def test_an_unknown_argument_is_refused_with_the_nearest_one():
    with pytest.raises(TypeError, match="Did you mean `filters`.*num_filters"):
        kd.DartsSearch(num_filters=4)
    named = kd.DartsSearch(name="mine", dtype="float32", trainable=True)
    assert named.name == "mine"


def test_channels_come_last_in_the_shape_too():
    with pytest.raises(ValueError, match="`input_shape` must be .height, wid"):
        kd.DartsSearch(input_shape=(3, 32, 32))


@pytest.mark.parametrize("epochs", [0, -1, 1.5, True])
def test_epochs_must_be_positive(space, images, labels, epochs):
    with pytest.raises(ValueError, match="`epochs` must be a positive"):
        fit(space, images, labels, batch_size=8, epochs=epochs)


def test_other_images_than_the_search_was_built_for(space, images, labels):
    shapes = {"num_classes": 4, "input_shape": (8, 8, 3)}
    with pytest.raises(ValueError, match=r"^`x` must have.*`input_shape` with"):
        fit(space, images, labels, batch_size=8, search=shapes)


def test_a_file_in_the_way_of_the_run(space, images, labels, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="`output_dir` must be a folder"):
        fit(space, images, labels, batch_size=8, output_dir=tmp_path / "file")


def test_a_finished_run_is_not_written_over(space, images, labels, tmp_path):
    fit(space, images, labels, batch_size=8, output_dir=tmp_path)
    before = (tmp_path / "genotype.json").read_bytes()
    with pytest.raises(ValueError, match="batch_size: 8 in the run, 4 now"):
        fit(space, images, labels, batch_size=4, output_dir=tmp_path)
    assert (tmp_path / "genotype.json").read_bytes() == before


def test_only_a_run_can_be_resumed(space, images, labels, tmp_path):
    with pytest.raises(ValueError, match="`resume_from` must be the folder"):
        fit(space, images, labels, batch_size=8, resume_from=tmp_path)


def test_a_run_of_another_configuration_names_the_difference(
    space, images, labels, tmp_path
):
    fit(space, images, labels, batch_size=8, output_dir=tmp_path)
    with pytest.raises(ValueError, match="seed: 0 in the run, 1 now"):
        fit(
            space,
            images,
            labels,
            batch_size=8,
            resume_from=tmp_path,
            search={"seed": 1},
        )
    with pytest.raises(ValueError, match="batch_size: 8 in the run, 4 now"):
        fit(space, images, labels, batch_size=4, resume_from=tmp_path)


def test_a_genotype_of_another_schema_is_refused(tmp_path):
    path = tmp_path / "genotype.json"
    path.write_text(json.dumps({"schema": "other", "version": 9}))
    with pytest.raises(ValueError, match="schema"):
        kd.genotypes.load(path)


def test_a_users_error_in_a_callback_reaches_the_user(space, images, labels):
    def fail(epoch, logs):
        raise RuntimeError("mine")

    callback = keras.callbacks.LambdaCallback(on_epoch_end=fail)
    with pytest.raises(RuntimeError, match="mine"):
        fit(space, images, labels, batch_size=8, callbacks=[callback])
