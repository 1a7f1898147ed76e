"""The short form from data to labels, on digits and on made-up sentences."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

import keras_darts as kd
from keras_darts.auto import fit_pipeline
from keras_darts.auto.image import Images
from keras_darts.auto.sizes import SizePreset
from keras_darts.auto.sizes import StepTimes
from keras_darts.auto.text import Texts

NAMES = np.array("zero one two three four five six seven eight nine".split())
STEP_TIMES = StepTimes(2.0, 0.05, 1.0, 0.02)
IMAGES = SizePreset(
    space={
        "filters": 2,
        "num_cells": 1,
        "num_nodes": 1,
        "primitives": ("skip_connect", "max_pool_3x3"),
    },
    network_args={"filters": 8, "num_cells": 2},
    step_times=STEP_TIMES,
    least_examples=0,
)
TEXTS = SizePreset(
    space={
        "filters": 2,
        "num_cells": 1,
        "num_nodes": 1,
        "primitives": ("skip_connect", "conv_1d_3"),
    },
    network_args={"filters": 8, "num_cells": 1},
    step_times=STEP_TIMES,
    least_examples=0,
)
FIT = {"batch_size": 16, "epochs": 4, "verbose": 0}


@pytest.fixture(scope="module", autouse=True)
def tiny():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Images, "presets", (IMAGES,))
        patch.setattr(Texts, "presets", (TEXTS,))
        yield patch


@pytest.fixture(scope="module")
def digits():
    images, numbers = load_digits(return_X_y=True)
    return images.reshape(-1, 8, 8).astype("uint8"), numbers


def of_digits(folder, **options):
    return kd.ImageClassifier(
        max_trials=1, directory=folder, seed=1, time_budget="20m", **options
    )


@pytest.fixture(scope="module")
def fitted(digits, tmp_path_factory):
    images, numbers = digits
    folder = tmp_path_factory.mktemp("short")
    classifier = of_digits(folder)
    history = classifier.fit(images[:600], NAMES[numbers[:600]], **FIT)
    return classifier, history, folder


def test_digits_are_told_apart_by_the_names_that_users_give(fitted, digits):
    classifier, history, _ = fitted
    images, names = digits[0][600:], NAMES[digits[1][600:]]
    result = classifier.predict(images, verbose=0)
    accuracy = (result == names).mean()
    assert accuracy > 0.4
    loss, judged = classifier.evaluate(images, names, verbose=0)
    assert judged == pytest.approx(accuracy, abs=1e-6)
    assert 0 < loss < 2.3
    batches = tf.data.Dataset.from_tensor_slices((images, names)).batch(50)
    assert classifier.evaluate(batches, verbose=0)[1] == pytest.approx(judged)
    assert (classifier.predict(batches, verbose=0) == result).all()
    # On all that it was given, those to judge on among them.
    assert history.history["accuracy"][-1] > 0.4
    assert "val_accuracy" not in history.history
    assert classifier.genotype in classifier.tuner.get_best_genotypes()


# Keras' own, as it saves weights.
@pytest.mark.filterwarnings("ignore:__array__ implementation")
def test_the_model_takes_what_fit_took_and_is_saved(fitted, digits, tmp_path):
    classifier, _, _ = fitted
    model, images = classifier.export_model(), digits[0][:4]
    shares = model.predict(images, verbose=0)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    named = classifier.classes[shares.argmax(axis=1)]
    assert (named == classifier.predict(images, verbose=0)).all()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(images, verbose=0), shares)


def test_the_same_call_goes_on_and_others_are_refused(fitted, digits, tiny):
    before, _, folder = fitted
    images, names = digits[0][:600], NAMES[digits[1][:600]]
    must_not = _raising(AssertionError)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_pipeline.FitPipeline, "_tune", must_not)
        patch.setattr(fit_pipeline.FitPipeline, "_train", must_not)
        again = of_digits(folder)
        again.fit(images, names, **FIT)
    np.testing.assert_array_equal(
        again.export_model().predict(images[:9], verbose=0),
        before.export_model().predict(images[:9], verbose=0),
    )
    with pytest.raises(ValueError, match="`elements` must be as in the proj"):
        of_digits(folder).fit(images[:300], names[:300], **FIT)
    with pytest.raises(ValueError, match="`epochs` must be as in the project"):
        of_digits(folder).fit(images, names, **{**FIT, "epochs": 3})


def _raising(error):
    def function(*args, **kwargs):
        raise error

    return function


def sentences():
    texts, labels = [], []
    for thing, words in itertools.product(
        ("film", "play", "book", "song"), ((1, "fine witty"), (0, "dull flat"))
    ):
        for word, more in itertools.product(words[1].split(), range(5)):
            texts.append(f"The {thing}, {'oh ' * more}it was {word}!")
            labels.append(words[0])
    return 4 * texts, np.array(4 * labels)


class Notes(keras.callbacks.Callback):
    """Counts epochs, whichever copy of it sees them."""

    epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        Notes.epochs += 1


def of_sentences(folder):
    texts, labels = sentences()
    rows = np.eye(2)[labels]
    classifier = kd.TextClassifier(max_trials=1, directory=folder, seed=1)
    classifier.fit(
        tf.data.Dataset.from_tensor_slices((texts, rows)).shuffle(80).batch(16),
        validation_data=(texts, rows),
        epochs=8,
        callbacks=[Notes()],
        verbose=2,
    )
    return classifier


def test_a_fit_of_strings_that_was_cut_goes_on(tmp_path, capsys):
    texts, labels = sentences()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            fit_pipeline.FitPipeline, "_train", _raising(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            of_sentences(tmp_path)
    printed = capsys.readouterr().out
    assert "2 classes: 320 to train on, 320 to judge" in printed
    assert Notes.epochs == 8
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            fit_pipeline.FitPipeline, "_tune", _raising(AssertionError)
        )
        classifier = of_sentences(tmp_path)
    assert Notes.epochs == 16
    rows = classifier.predict(texts, verbose=0)
    assert rows.shape == (320, 2) and (rows.sum(axis=1) == 1).all()
    assert (rows.argmax(axis=1) == labels).mean() > 0.8
    model = classifier.export_model()
    assert model.predict(tf.constant(texts[:3]), verbose=0).shape == (3, 2)


@pytest.mark.parametrize(
    "shape, final",
    [
        ((28, 28), (28, 28, 1)),
        ((30, 29, 3), (32, 32, 3)),
        ((480, 640, 3), (48, 64, 3)),
    ],
)
def test_images_of_all_sizes_become_such_as_networks_take(shape, final):
    adapter = Images(shape)
    assert adapter.final_shape == final
    assert adapter.convert(np.ones((2, *shape), "uint8")).shape[1:] == final


@pytest.mark.parametrize(
    "options, message",
    [
        ({"max_trials": 0}, "`max_trials` must be a positive integer"),
        ({"num_classes": -1}, "`num_classes` must be a positive integer"),
        ({"seed": "a"}, "`seed` must be an integer"),
        ({"objective": "best"}, "`objective` must be one of"),
    ],
)
def test_settings_without_a_meaning_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        kd.ImageClassifier(**options)


@pytest.mark.parametrize(
    "name, hint",
    [
        ("max_trial", "did you mean max_trials"),
        ("time", "did you mean time_budget"),
        ("metrics", "cross entropy and accuracy"),
    ],
)
def test_arguments_that_are_none_are_named_with_the_nearest(name, hint):
    with pytest.raises(TypeError, match=f"`{name}` is no argument of .*{hint}"):
        kd.ImageClassifier(**{name: 1})


X, Y = np.zeros((20, 8, 8)), np.arange(20) % 2
ENDLESS = tf.data.Dataset.from_tensor_slices((X, Y)).batch(4).repeat()


@pytest.mark.parametrize(
    "data, message",
    [
        ({"x": X}, "`y` must hold the labels"),
        ({"x": X, "y": Y[:9]}, "`x` and `y` must be of the same length"),
        ({"x": X[:, 0, 0], "y": Y}, "`x` must be images of shape"),
        ({"x": ["a"] * 20, "y": Y}, "`x` must be images, an array of numbers"),
        ({"x": "photos", "y": Y}, "`x` must be data, and no path"),
        ({"x": X + np.nan, "y": Y}, "`x` must be finite"),
        ({"x": X, "y": Y * 0}, "`y` must have two classes"),
        ({"x": ENDLESS}, "`x` must be a data set that ends"),
        (
            {"x": ENDLESS.take(9), "y": Y},
            "`y` and `sample_weight` must be",
        ),
        ({"x": ENDLESS.take(9).map(lambda x, y: x)}, "labels are missing"),
        ({"x": X, "y": Y, "validation_data": X}, "`validation_data` must hold"),
        (
            {"x": X, "y": Y, "class_weight": {2: 1}},
            "`class_weight` must have",
        ),
        ({"x": X, "y": Y, "class_weight": {1: -1}}, "not negative"),
        ({"x": X, "y": Y, "validation_split": 1}, "`validation_split` must"),
        ({"x": X, "y": Y, "epochs": 0}, "`epochs` must be a positive integer"),
        (
            {"x": X, "y": Y, "batch_size": 1.5},
            "`batch_size` must be a positive",
        ),
    ],
)
def test_data_that_cannot_be_classified_are_refused(data, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        kd.ImageClassifier(directory=tmp_path).fit(**data)
    assert not [*tmp_path.iterdir()]


def test_what_needs_a_fit_says_so():
    classifier = kd.TextClassifier()
    for ask in (
        classifier.export_model,
        lambda: classifier.predict(["a"]),
        lambda: classifier.evaluate(["a"], [1]),
    ):
        with pytest.raises(RuntimeError, match="`fit` must be called first"):
            ask()


@pytest.fixture
def eagerly():
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
def test_a_time_that_is_far_too_short_still_gives_a_model(
    digits, tmp_path, eagerly
):
    images, numbers = digits
    classifier = kd.ImageClassifier(
        max_trials=1, directory=tmp_path, time_budget=1, seed=1
    )
    with pytest.warns(RuntimeWarning, match="`time_budget` of 1 s is little"):
        classifier.fit(images[:80], numbers[:80], verbose=0)
    assert classifier.predict(images[:5], verbose=0).dtype == numbers.dtype
