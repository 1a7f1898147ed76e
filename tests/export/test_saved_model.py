import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import export

LABELS = ["ant", "bee", "cat", "dög"]


@pytest.fixture(scope="module")
def folder(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("net")
    return export.saved_model(network, path, labels=LABELS)


def _serve(folder, images):
    loaded = tf.saved_model.load(str(folder))
    outputs = loaded.signatures["serving_default"](image=tf.constant(images))
    return {name: tensor.numpy() for name, tensor in outputs.items()}


def _entries(folder):
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize("batch", [1, 5])
def test_outputs_equal_those_of_the_network(network, images, folder, batch):
    served = _serve(folder, images[:batch])
    logits = network(images[:batch], training=False)
    np.testing.assert_allclose(served["logits"], logits, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        served["probabilities"], keras.ops.softmax(logits), atol=1e-6
    )


def test_signature_has_named_float_images_of_any_number(folder):
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    _, inputs = signature.structured_input_signature
    assert list(inputs) == ["image"]
    assert inputs["image"].shape.as_list() == [None, 16, 16, 3]
    assert inputs["image"].dtype == tf.float32
    outputs = signature.structured_outputs
    assert sorted(outputs) == ["classes", "logits", "probabilities"]
    assert outputs["classes"].dtype == tf.string


def test_versions_count_on_from_the_highest(linear, tmp_path):
    network = linear(channels=2)
    assert export.saved_model(network, tmp_path / "net").name == "1"
    assert export.saved_model(network, tmp_path / "net", version=9).name == "9"
    (tmp_path / "net" / "notes.txt").write_text("not a version")
    assert export.saved_model(network, tmp_path / "net").name == "10"
    assert _entries(tmp_path / "net") == ["1", "10", "9", "notes.txt"]


def test_an_existing_version_is_refused_and_left_alone(linear, tmp_path):
    network = linear(channels=2)
    folder = export.saved_model(network, tmp_path, version=3)
    before = (folder / "saved_model.pb").stat().st_mtime_ns
    with pytest.raises(ValueError, match=r"`version`.*next one.*version=3"):
        export.saved_model(network, tmp_path, version=3)
    assert (folder / "saved_model.pb").stat().st_mtime_ns == before
    assert _entries(tmp_path) == ["3"]


@pytest.mark.parametrize("version", [0, -1, 1.5, "2", True])
def test_a_version_is_a_positive_integer(network, tmp_path, version):
    with pytest.raises(ValueError, match="`version` must be a positive"):
        export.saved_model(network, tmp_path, version=version)


@pytest.mark.parametrize("version, expected", [(None, "2"), (1, None)])
def test_a_number_taken_meanwhile_is_not_overwritten(
    linear, tmp_path, version, expected
):
    def other_export(images):
        other = tmp_path / "1" / "saved_model.pb"
        if not other.exists() and tf.inside_function():
            other.parent.mkdir(exist_ok=True)
            other.write_text("another's")
        return images

    arguments = {"version": version, "preprocessing": other_export}
    if expected is None:
        with pytest.raises(ValueError, match="`version`.*version=1"):
            export.saved_model(linear(), tmp_path, **arguments)
    else:
        made = export.saved_model(linear(), tmp_path, **arguments)
        assert made.name == expected
    assert (tmp_path / "1" / "saved_model.pb").read_text() == "another's"


def test_labels_are_served_best_first_and_written(images, folder):
    served = _serve(folder, images)
    order = np.argsort(-served["logits"], axis=-1)
    names = [[LABELS[i].encode() for i in row] for row in order]
    assert served["classes"].tolist() == names
    written = (folder / "assets.extra" / "labels.txt").read_text("utf-8")
    assert written.splitlines() == LABELS


@pytest.mark.parametrize(
    "labels, error, message",
    [
        (["a", "b"], ValueError, "each of the 4 outputs.*2 labels"),
        ("abcd", TypeError, "list of strings"),
        (["a", "b", "c", 4], TypeError, "list of strings"),
        (["a", "b", "c", "d\ne"], TypeError, "one line"),
        ([], TypeError, "list of strings"),
    ],
)
def test_labels_that_do_not_fit_are_refused(
    network, tmp_path, labels, error, message
):
    with pytest.raises(error, match=f"`labels`.*{message}"):
        export.saved_model(network, tmp_path / "net", labels=labels)
    assert not (tmp_path / "net").exists()


@pytest.mark.parametrize(
    "preprocessing",
    [
        keras.layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 4.0]),
        lambda images: (images - tf.constant([1.0, 2.0])) / 2.0,
        keras.Sequential(
            [
                keras.layers.RandomFlip(),
                keras.layers.Normalization(
                    mean=[1.0, 2.0], variance=[4.0, 4.0]
                ),
            ]
        ),
    ],
    ids=["layer", "function", "with augmentation"],
)
def test_preprocessing_happens_inside(linear, tmp_path, preprocessing):
    network = linear(channels=2)
    images = np.random.default_rng(0).normal(size=(5, 4, 4, 2))
    images = images.astype("float32")
    folder = export.saved_model(network, tmp_path, preprocessing=preprocessing)
    expected = network((images - [1, 2]) / 2, training=False)
    served = _serve(folder, images)
    np.testing.assert_allclose(served["logits"], expected, rtol=1e-4, atol=1e-5)


def test_preprocessing_may_change_the_size(linear, tmp_path):
    folder = export.saved_model(
        linear(channels=2),
        tmp_path,
        preprocessing=keras.layers.Resizing(4, 4),
        input_shape=(6, 5, 2),
    )
    served = _serve(folder, np.zeros((2, 6, 5, 2), "float32"))
    assert served["logits"].shape == (2, 2)


def test_sigmoid_gives_independent_probabilities(linear, tmp_path):
    network = linear(channels=2)
    folder = export.saved_model(network, tmp_path, activation="sigmoid")
    served = _serve(folder, np.ones((2, 4, 4, 2), "float32"))
    np.testing.assert_allclose(
        served["probabilities"], 1 / (1 + np.exp(-served["logits"])), atol=1e-6
    )
    assert _record(folder)["top1_agreement"] is None


def test_a_regression_serves_logits_alone(linear, tmp_path):
    network = linear(channels=2)
    folder = export.saved_model(
        network, tmp_path, activation=None, labels=list("ab")
    )
    images = np.zeros((2, 4, 4, 2), "float32")
    assert list(_serve(folder, images)) == ["logits"]
    assert (folder / "assets.extra" / "labels.txt").exists()


def test_activations_that_make_no_sense_are_refused(network, linear, tmp_path):
    with pytest.raises(ValueError, match="`activation`.*softmax.*softmx"):
        export.saved_model(network, tmp_path, activation="softmx")
    with pytest.raises(ValueError, match="`activation`.*single output"):
        export.saved_model(linear(outputs=1), tmp_path)


def test_a_subclass_that_keeps_its_input_shape_exports(images, tmp_path):
    class Network(keras.Model):
        def __init__(self, input_shape):
            super().__init__()
            self.input_shape = input_shape
            self.pool = keras.layers.GlobalAveragePooling2D()
            self.norm = keras.layers.BatchNormalization()
            self.head = keras.layers.Dense(3)
            self(np.zeros((1, *input_shape), "float32"))

        def call(self, inputs, training=False):
            return self.head(self.norm(self.pool(inputs), training=training))

    network, images = Network((16, 16, 2)), images[..., :2]
    folder = export.saved_model(network, tmp_path)
    np.testing.assert_allclose(
        _serve(folder, images)["logits"], network(images), rtol=1e-5, atol=1e-6
    )


def test_an_auxiliary_head_stays_behind(tmp_path):
    class Network(keras.Model):
        def __init__(self):
            super().__init__()
            self.flatten = keras.layers.Flatten()
            self.head = keras.layers.Dense(2)
            self.auxiliary = keras.layers.Dense(3)
            self(np.zeros((1, 4, 4, 2), "float32"), training=True)

        def call(self, inputs, training=False):
            x = self.flatten(inputs)
            logits = self.head(x)
            return (logits, self.auxiliary(x)) if training else logits

    folder = export.saved_model(Network(), tmp_path, input_shape=(4, 4, 2))
    stored = tf.train.list_variables(str(folder / "variables" / "variables"))
    shapes = sorted(shape for name, shape in stored if "variables" in name)
    assert shapes == [[2], [32, 2]]


def test_an_unknown_input_shape_is_asked_for(tmp_path):
    class Unknown(keras.Model):
        def __init__(self):
            super().__init__()
            self.flatten = keras.layers.Flatten()
            self.head = keras.layers.Dense(2)

        def call(self, inputs):
            return self.head(self.flatten(inputs))

    with pytest.raises(ValueError, match="`input_shape`.*input_shape=None"):
        export.saved_model(Unknown(), tmp_path)
    folder = export.saved_model(Unknown(), tmp_path, input_shape=(4, 4, 2))
    assert folder.name == "1"


@pytest.mark.parametrize("input_shape", [(None, None, 3), (4, 4), "ab", (4,)])
def test_an_input_shape_is_three_sizes(network, tmp_path, input_shape):
    with pytest.raises(ValueError, match="`input_shape` must give"):
        export.saved_model(network, tmp_path, input_shape=input_shape)


def test_only_models_that_give_logits_are_exported(tmp_path):
    image = keras.Input((4, 4, 1))
    with pytest.raises(ValueError, match=r"`network`.*\(None, 2, 2, 1\)"):
        pooled = keras.layers.MaxPooling2D()(image)
        export.saved_model(keras.Model(image, pooled), tmp_path)
    with pytest.raises(ValueError, match="`network`.*is a list"):
        two = [keras.layers.Flatten()(image), image]
        export.saved_model(keras.Model(image, two), tmp_path)
    with pytest.raises(TypeError, match="`network` must be a `keras.Model`"):
        export.saved_model(keras.layers.Dense(2), tmp_path)


def test_a_file_in_the_way_is_named(network, tmp_path):
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path / "file", tmp_path / "file" / "net"):
        with pytest.raises(ValueError, match="`path`.*file"):
            export.saved_model(network, path)


def test_a_version_is_as_open_as_any_new_folder(linear, tmp_path):
    # A server runs as another user; temporary folders are closed to others.
    folder = export.saved_model(linear(channels=2), tmp_path)
    (tmp_path / "new").mkdir()
    assert folder.stat().st_mode == (tmp_path / "new").stat().st_mode


def _record(folder):
    return export.model_card(folder)["parity"]
