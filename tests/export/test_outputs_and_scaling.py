"""An export knows what outputs are, and what the images of a network are."""

import json
import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.export import cards
from keras_darts.export.specification import describe

SHAPE = (8, 8, 3)
FORMATS = ("saved_model", "litert", "onnx")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, *SHAPE)).astype("float32")


def logits_of(image, units=3, **options):
    flat = keras.layers.Flatten()(image)
    return keras.layers.Dense(units, **options)(flat)


def written(form, network, folder, **options):
    if form == "onnx":
        pytest.importorskip("tf2onnx")
        pytest.importorskip("onnxruntime")
    path = {
        "saved_model": folder / "model",
        "litert": folder / "model.tflite",
        "onnx": folder / "model.onnx",
    }[form]
    if form == "saved_model":
        options.setdefault("warm_up", False)
    write = getattr(kd.export, form)
    return write(network, path, verbose=0, **options)


def described(network, samples=None, pixel_range=None, **options):
    """What an export of it would be, before it is traced and written."""
    none = dict.fromkeys(("preprocessing", "labels", "vocabulary"))
    settings = {**none, "activation": "auto", "input_shape": None, **options}
    serving = describe(network, **settings)
    return serving.with_files(pixel_range, serving.samples(samples))


def plain():
    image = keras.Input(SHAPE)
    return keras.Model(image, logits_of(image))


def ends_in_softmax_layer():
    image = keras.Input(SHAPE, name="image")
    return keras.Model(image, keras.layers.Softmax()(logits_of(image)))


def ends_in_activation():
    image = keras.Input(SHAPE)
    rows = keras.layers.Activation("softmax")(logits_of(image))
    return keras.Model(
        image, keras.layers.Activation("linear", dtype="float32")(rows)
    )


def ends_in_operation():
    image = keras.Input(SHAPE)
    return keras.Model(image, keras.ops.softmax(logits_of(image)))


def ends_in_dense():
    image = keras.Input(SHAPE)
    return keras.Model(image, logits_of(image, activation="softmax"))


def ends_in_sequential():
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
            keras.layers.Softmax(),
        ]
    )


def ends_in_nested():
    image = keras.Input(SHAPE)
    return keras.Model(image, ends_in_softmax_layer()(image))


@keras.saving.register_keras_serializable(package="tests")
class Subclassed(keras.Model):
    """Its layers don't tell, its rows do."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense = keras.layers.Dense(3)
        self.flatten = keras.layers.Flatten()

    def call(self, images):
        return keras.ops.softmax(self.dense(self.flatten(images)))


def subclassed():
    network = Subclassed()
    network(X[:1])
    return network


OF_SOFTMAX = (
    ends_in_softmax_layer,
    ends_in_activation,
    ends_in_operation,
    ends_in_dense,
    ends_in_sequential,
    ends_in_nested,
    subclassed,
)


@pytest.mark.parametrize("make", OF_SOFTMAX)
@pytest.mark.parametrize("message", [False, True])
def test_probabilities_go_through_softmax_once(make, message):
    if message and make is subclassed:
        pytest.skip("what is said counts where layers don't tell")
    network = make()
    options = {"input_shape": SHAPE}
    if message:
        options["activation"] = "softmax"
    outputs = described(network, **options).outputs(X[:1])
    assert_softmax_once(outputs, network)


@pytest.mark.parametrize(
    "make", [ends_in_softmax_layer, ends_in_dense, subclassed]
)
@pytest.mark.parametrize("form", FORMATS)
def test_so_they_do_in_every_file(form, make, tmp_path):
    network = make()
    path = written(form, network, tmp_path, input_shape=SHAPE)
    assert_softmax_once(kd.export.load(path)(X[:1]), network)


def assert_softmax_once(outputs, network):
    right = np.asarray(network(X[:1]))
    np.testing.assert_allclose(outputs["probabilities"], right, atol=1e-5)
    logits = np.asarray(outputs["logits"])
    exponentials = np.exp(logits - logits.max())
    np.testing.assert_allclose(
        exponentials / exponentials.sum(), right, atol=1e-5
    )


def test_logits_are_those_before_a_last_softmax():
    network = ends_in_softmax_layer()
    inner = keras.Model(network.inputs[0], network.layers[-1].input)
    result, expected = described(network).outputs(X), np.asarray(inner(X))
    np.testing.assert_allclose(result["logits"], expected, atol=1e-5)


def test_sigmoids_go_once_too():
    image = keras.Input(SHAPE)
    for rows in (
        logits_of(image, activation="sigmoid"),
        keras.layers.Activation("sigmoid")(logits_of(image)),
        keras.layers.Activation("sigmoid")(logits_of(image, 1)),
    ):
        network = keras.Model(image, rows)
        chances = described(network).outputs(X[:1])["probabilities"]
        right = np.asarray(network(X[:1]))
        np.testing.assert_allclose(chances, right, atol=1e-5)


@pytest.mark.parametrize("form", FORMATS)
def test_so_do_those_of_files(form, tmp_path):
    image = keras.Input(SHAPE)
    network = keras.Model(image, logits_of(image, 1, activation="sigmoid"))
    exported = kd.export.load(written(form, network, tmp_path))
    chances, right = (
        exported(X[:1])["probabilities"],
        np.asarray(network(X[:1])),
    )
    np.testing.assert_allclose(chances, right, atol=1e-5)


def test_another_activation_than_the_networks_is_refused():
    for activation in ("sigmoid", "softmax"):
        make = ends_in_softmax_layer
        if activation == "softmax":
            image = keras.Input(SHAPE)
            rows = logits_of(image, activation="sigmoid")
            network = keras.Model(image, rows)
        else:
            network = make()
        with pytest.raises(ValueError, match="`activation` must be left out"):
            described(network, activation=activation)
    assert {*described(make(), activation=None).outputs(X)} == {"logits"}


LOSSES = {
    "sparse_categorical_crossentropy": {"logits", "probabilities"},
    "binary_crossentropy": {"logits", "probabilities"},
    "mse": {"logits"},
}


def test_the_loss_of_the_training_says_what_logits_are_of(tmp_path):
    cell = [("skip_connect", 0), ("skip_connect", 1)]
    genotype = kd.Genotype(
        normal=cell, normal_concat=[2], reduce=cell, reduce_concat=[2]
    )
    network = kd.networks.CifarNetwork(
        genotype, 3, 2, 1, auxiliary=False, input_shape=SHAPE
    )
    for loss, names in LOSSES.items():
        network.compile(loss=loss)
        assert set(described(network).outputs(X)) == names
    network.compile(loss="binary_crossentropy")
    outputs = kd.export.load(written("saved_model", network, tmp_path))(X)
    logits = network(X, training=False).numpy()
    np.testing.assert_allclose(outputs["logits"], logits, atol=1e-4)
    right = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(outputs["probabilities"], right, atol=1e-5)


# Scaling


def images(high, count=24, dtype="float32"):
    """Dark and bright ones, by their class."""
    labels = np.arange(count) % 2
    noise = np.random.default_rng(1).uniform(0, 0.4, size=(count, *SHAPE))
    x = (noise + 0.6 * labels[:, None, None, None]) * high
    return np.rint(x * 255 / high) / 255 * high, labels


def scaled_first(layer):
    """A model that scales by a layer and tells dark from bright."""
    image = keras.Input(SHAPE)
    mean = keras.layers.GlobalAveragePooling2D()(layer(image))
    dense = keras.layers.Dense(2)
    model = keras.Model(image, dense(mean))
    dense.set_weights([np.array([[-1.0, 1.0]] * 3), np.zeros(2)])
    return model


def normalization(x):
    mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    return keras.layers.Normalization(mean=list(mean), variance=list(variance))


def of_scaled_network(x):
    network = kd.networks.CifarNetwork(
        "darts_v2",
        2,
        2,
        2,
        auxiliary=False,
        input_shape=SHAPE,
        mean=list(x.mean(axis=(0, 1, 2))),
        variance=list(x.var(axis=(0, 1, 2))),
    )
    image = keras.Input(SHAPE)
    return network, keras.Model(image, network(image))


def files_of(x, high):
    pixels = np.rint(x / high * 255).astype("uint8")
    files = [tf.io.encode_png(each).numpy() for each in pixels]
    return np.array(files, object)


def test_labelled_images_tell_it_too(tmp_path):
    x, labels = images(1.0)
    network = scaled_first(keras.layers.Identity())
    path = written(
        "saved_model", network, tmp_path, validation_data=(x, labels)
    )
    exported = kd.export.load(path)
    signature = exported.signatures["serving_bytes"]
    by_file = signature(image_bytes=files_of(x, 1.0))["logits"]
    np.testing.assert_allclose(by_file, exported(x)["logits"], atol=1e-3)


@pytest.mark.parametrize("high", [1.0, 255.0])
def test_files_become_the_numbers_of_the_training(high, tmp_path):
    x, labels = images(high)
    network = scaled_first(normalization(x))
    path = written(
        "saved_model", network, tmp_path, validation_data=(x, labels)
    )
    exported = kd.export.load(path)
    by_array = exported(x)["logits"]
    signature = exported.signatures["serving_bytes"]
    by_file = signature(image_bytes=files_of(x, high))["logits"]
    np.testing.assert_allclose(by_file, by_array, atol=1e-3)
    assert (by_file.argmax(-1) == labels).all()
    model_card = kd.export.model_card(path)["accuracy"]
    assert model_card["network"] == model_card["export"] == 1.0
    assert model_card["files"] == 1.0


@pytest.mark.parametrize(
    ("layer", "high"),
    [
        (keras.layers.Rescaling(1 / 255), 255.0),
        (keras.layers.Rescaling(2.0, -1.0), 1.0),
    ],
)
def test_rescaling_tells_the_range_too(layer, high):
    x, _ = images(high)
    serving = described(scaled_first(layer))
    by_file = serving.served_files(files_of(x, high))["logits"]
    by_array = serving.served(x)["logits"]
    np.testing.assert_allclose(by_file, by_array, atol=1e-3)


def test_a_range_that_no_file_has_is_not_guessed(tmp_path, caplog):
    x, labels = images(1.0)
    x = 2 * x - 1
    network = scaled_first(normalization(x - 0.5))
    with caplog.at_level(logging.INFO, "keras_darts"):
        serving = described(network)
    assert set(serving.saved_model_endpoints()) == {"serving_default"}
    assert "`pixel_range`" in caplog.text
    path = written("saved_model", network, tmp_path, pixel_range=(-1, 1))
    exported = kd.export.load(path)
    signature = exported.signatures["serving_bytes"]
    by_file = signature(image_bytes=files_of((x + 1) / 2, 1.0))["logits"]
    np.testing.assert_allclose(by_file, exported(x)["logits"], atol=1e-3)
    for wrong in ((1, 0), 255, (0, np.inf), ("a", "b")):
        with pytest.raises(ValueError, match="`pixel_range`"):
            described(network, pixel_range=wrong)


def test_samples_tell_the_range_where_no_layer_does(tmp_path):
    x, labels = images(1.0)
    network = scaled_first(keras.layers.Identity())
    path = written("saved_model", network, tmp_path, samples=x)
    exported = kd.export.load(path)
    signature = exported.signatures["serving_bytes"]
    by_file = signature(image_bytes=files_of(x, 1.0))["logits"]
    np.testing.assert_allclose(by_file, exported(x)["logits"], atol=1e-3)


def test_files_that_are_answered_worse_are_warned_of(tmp_path):
    # Each is black as a file of whole numbers.
    x, labels = images(0.4)
    dense = scaled_first(keras.layers.Identity())
    dense.layers[-1].set_weights([np.ones((3, 2)), np.zeros(2)])
    image = keras.Input(SHAPE)
    sums = keras.ops.sum(dense(image), axis=-1, keepdims=True)
    bright = keras.ops.cast(sums > 1, "float32")
    both = keras.ops.concatenate([1 - bright, bright], axis=-1)
    network = keras.Model(image, both)
    with pytest.warns(UserWarning, match="serving_bytes is right on"):
        written(
            "saved_model",
            network,
            tmp_path,
            activation="softmax",
            pixel_range=(0, 255),
            validation_data=(x, labels),
        )


def test_scaling_twice_can_not_be_written_down(tmp_path):
    x, _ = images(255.0)
    network, nested = of_scaled_network(x)
    scaled = (network, nested, scaled_first(normalization(x)))
    for each in (*scaled, scaled_first(keras.layers.Rescaling(1 / 255))):
        for layer in (normalization(x), keras.layers.Rescaling(1 / 255)):
            with pytest.raises(ValueError, match="`preprocessing` must be"):
                described(each, preprocessing=layer)
    for form in FORMATS:
        with pytest.raises(ValueError, match="`preprocessing` must be"):
            written(form, network, tmp_path, preprocessing=normalization(x))


def test_uint8_images_need_a_network_of_pixels(tmp_path):
    x, _ = images(1.0)
    network = scaled_first(normalization(x))
    with pytest.raises(ValueError, match="`input_dtype` must be None"):
        written("saved_model", network, tmp_path, input_dtype="uint8")


# What is no network of images, and data in all forms


def text_model(softmax=True):
    text = keras.Input((), dtype="string", name="text")
    words = keras.layers.TextVectorization(
        vocabulary=["good", "bad", "film"], output_sequence_length=4
    )
    vectors = keras.layers.Embedding(6, 8)(words(text))
    rows = keras.layers.Dense(2)(keras.ops.mean(vectors, axis=1))
    if softmax:
        rows = keras.layers.Softmax()(rows)
    return keras.Model(text, rows)


TEXTS = ["good film", "bad", "bad bad film", "of another kind", ""]


@pytest.mark.parametrize("softmax", [False, True])
def test_models_of_strings_are_served(softmax, tmp_path):
    model = text_model(softmax)
    rows = np.asarray(model(tf.constant(TEXTS)))
    path = written(
        "saved_model",
        model,
        tmp_path,
        labels=np.array(["no", "yes"]),
        samples=TEXTS,
        validation_data=(TEXTS, rows.argmax(-1)),
    )
    exported = kd.export.load(path)
    assert exported.signatures["serving_default"].inputs == {"text": (None,)}
    outputs = exported(TEXTS)
    name = "probabilities" if softmax else "logits"
    np.testing.assert_allclose(outputs[name], rows, atol=1e-5)
    best = [[b"no", b"yes"][i] for i in rows.argmax(-1)]
    assert outputs["classes"][:, 0].tolist() == best
    assert kd.export.model_card(path)["accuracy"]["export"] == 1.0


@pytest.mark.parametrize("form", ["litert", "onnx"])
def test_files_of_models_of_strings_take_ids(form, tmp_path):
    model = text_model()
    options = {"validation_data": (TEXTS, [0, 1, 1, 0, 0])}
    options = options if form == "litert" else {}
    path = written(form, model, tmp_path, samples=TEXTS, **options)
    exported = kd.export.load(path)
    vectorize = model.layers[1]
    ids = np.asarray(vectorize(tf.constant(TEXTS[:1])))
    chances = exported(ids)["probabilities"]
    right = np.asarray(model(tf.constant(TEXTS[:1])))
    np.testing.assert_allclose(chances, right, atol=1e-5)


def test_a_text_model_without_ids_is_refused_by_name(tmp_path):
    text = keras.Input((), dtype="string", name="text")
    words = keras.layers.TextVectorization(vocabulary=["good"], ragged=False)
    rows = keras.layers.Embedding(6, 8)(words(text))
    model = keras.Model(text, keras.layers.Dense(2)(rows[:, 0]))
    with pytest.raises(ValueError, match=r"output_sequence_length.*text"):
        written("litert", model, tmp_path)


def test_what_is_no_network_is_told_the_way(tmp_path):
    search = kd.DartsSearch(filters=2, num_cells=2)
    with pytest.raises(TypeError, match=r"`network`.*derived_network"):
        written("saved_model", search, tmp_path)
    with pytest.raises(TypeError, match=r"`network`.*export_model"):
        written("litert", kd.ImageClassifier(), tmp_path)
    with pytest.raises(TypeError, match=r"`network`.*network_for"):
        written("litert", kd.genotypes.get("darts_v2"), tmp_path)
    numbers = keras.Input((7,))
    model = keras.Model(numbers, keras.layers.Dense(2)(numbers))
    with pytest.raises(ValueError, match=r"`network` must take images"):
        written("saved_model", model, tmp_path)


class Pairs(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        part = slice(4 * index, 4 * index + 4)
        return X[part], np.arange(4) % 2


LABELS = np.tile(np.arange(4) % 2, 3)
FORMS = {
    "pair": lambda: (X, LABELS),
    "list": lambda: [X, LABELS],
    "batched": lambda: tf.data.Dataset.from_tensor_slices((X, LABELS)).batch(5),
    "unbatched": lambda: tf.data.Dataset.from_tensor_slices((X, LABELS)),
    "python": Pairs,
    "columns": lambda: (X, LABELS[:, None].astype("float32")),
}


@pytest.mark.parametrize("form", FORMS)
def test_data_are_read_in_every_form(form):
    data, serving = FORMS[form](), described(plain())
    samples, source = serving.samples(data)
    assert source == "given"
    np.testing.assert_array_equal(samples, X)
    judged = cards.labelled(serving, data, 1.0)
    np.testing.assert_array_equal(judged.inputs, X)
    np.testing.assert_array_equal(judged.labels, LABELS)
    calibration = serving.calibration(data)
    np.testing.assert_array_equal([row["image"][0] for row in calibration], X)


def test_an_export_reads_them_so(tmp_path):
    data = FORMS["unbatched"]()
    path = written(
        "saved_model",
        plain(),
        tmp_path,
        samples=data,
        validation_data=data,
        max_accuracy_drop=1.0,
    )
    card = kd.export.model_card(path)
    assert card["accuracy"]["inputs"] == card["parity"]["samples"] == 12


@pytest.mark.filterwarnings("ignore:`representative_data`")
def test_calibration_is_read_so_too(tmp_path):
    options = {"quantization": "int8", "samples": X}
    path = written(
        "litert",
        plain(),
        tmp_path,
        representative_data=FORMS["python"](),
        **options,
    )
    assert kd.export.model_card(path)["calibration"]["samples"] == 12


def test_errors_of_data_name_the_argument(tmp_path):
    empty = tf.data.Dataset.from_tensor_slices((X, LABELS)).take(0)
    for name in ("samples", "validation_data"):
        for data in (empty, 3, "x"):
            with pytest.raises((TypeError, ValueError), match=f"`{name}`"):
                written("saved_model", plain(), tmp_path, **{name: data})


def test_labels_are_taken_as_a_classifier_has_them(tmp_path):
    for labels in ([3, 5, 7], np.array(["a", "b", "c"])):
        result = described(plain(), labels=labels).labels
        assert result == tuple(str(each) for each in labels)
    labels = np.array([3, 5, 7])
    card = kd.export.model_card(
        written("litert", plain(), tmp_path, labels=labels)
    )
    assert card["labels"] == ["3", "5", "7"]
    json.dumps(card)


def test_an_export_says_what_it_does(tmp_path, capsys):
    kd.export.litert(plain(), tmp_path / "model.tflite")
    shown = capsys.readouterr().out
    for words in ("logits", "converting", "comparing", "done in"):
        assert words in shown
    kd.export.litert(plain(), tmp_path / "model.tflite", verbose=0)
    assert not capsys.readouterr().out
