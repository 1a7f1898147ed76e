"""What a LiteRT file takes and says of itself, by choice."""

import flatbuffers
import keras
import numpy as np
import pytest
import tensorflow as tf
from flatbuffers import number_types
from flatbuffers.table import Table
from tensorflow.lite.python import schema_py_generated as schema

from keras_darts import export
from keras_darts.networks import RecurrentLanguageModel

interpreter = pytest.importorskip(
    "ai_edge_litert.interpreter", reason="pip install keras_darts[litert]"
)


@pytest.fixture(scope="module")
def pixels():
    rng = np.random.default_rng(3)
    return rng.integers(256, size=(128, 16, 16, 3)).astype("float32")


@pytest.fixture(scope="module", params=["int8", "uint8"])
def integer_file(request, network, pixels, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    file = export.litert(
        network,
        folder / "net.tflite",
        quantization="int8",
        io_dtype=request.param,
        preprocessing=keras.layers.Rescaling(1 / 127.5, offset=-1),
        representative_data=pixels,
        samples=pixels[:32],
        labels=list("abcd"),
    )
    return request.param, file


def test_integers_go_in_and_come_out(integer_file, pixels):
    dtype, file = integer_file
    runner = interpreter.Interpreter(str(file)).get_signature_runner()
    for tensor in runner.get_input_details().values():
        assert tensor["dtype"] == np.dtype(dtype)
    images = pixels[:1].astype("uint8")
    if dtype == "int8":
        images = (images.astype("int16") - 128).astype("int8")
    outputs = runner(image=images)
    assert {str(array.dtype) for array in outputs.values()} == {dtype}


def test_floats_are_converted_when_it_is_loaded(integer_file, network, pixels):
    _, file = integer_file
    outputs = export.load(file)(pixels[:32])
    logits = network(pixels[:32] / 127.5 - 1, training=False).numpy()
    allowed = 0.2 * np.abs(logits).max()
    np.testing.assert_allclose(outputs["logits"], logits, atol=allowed)
    agree = outputs["logits"].argmax(-1) == logits.argmax(-1)
    assert agree.mean() > 0.9
    with pytest.raises(ValueError, match="`image` must be finite"):
        export.load(file)(np.full((1, 16, 16, 3), np.nan))


def test_scales_stand_in_the_card(integer_file):
    dtype, file = integer_file
    card = export.model_card(file)
    assert card["io_dtype"] == dtype
    result = card["signatures"]["serving_default"]["scales_and_zero_points"]
    runner = interpreter.Interpreter(str(file)).get_signature_runner()
    tensors = {**runner.get_input_details(), **runner.get_output_details()}
    assert result.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert result[name] == pytest.approx(tensor["quantization"])
    # Calibrated by pixels from 0 to 255, which go in as they are.
    assert result["image"] == [1.0, -128 if dtype == "int8" else 0]


@pytest.fixture(scope="module")
def fixed_file(network, images, tmp_path_factory):
    return export.litert(
        network,
        tmp_path_factory.mktemp("fixed") / "net.tflite",
        batch_size=2,
        samples=images,
    )


def test_a_batch_can_have_one_size(fixed_file, network, images):
    loaded = export.load(fixed_file)
    assert loaded.batch_size == 2
    logits = network(images[:2], training=False)
    np.testing.assert_allclose(loaded(images[:2])["logits"], logits, atol=1e-5)
    with pytest.raises(ValueError, match="`image` must have the shape"):
        loaded(images[:1])
    # Five samples were compared in batches of two.
    assert export.model_card(fixed_file)["parity"]["samples"] == 5


def test_a_batch_of_any_size_is_resized_back_and_forth(
    network, images, tmp_path
):
    loaded = export.load(export.litert(network, tmp_path / "net.tflite"))
    assert loaded.batch_size is None
    logits = network(images, training=False)
    for size in (1, 4, 1, 5):
        np.testing.assert_allclose(
            loaded(images[:size])["logits"], logits[:size], atol=1e-5
        )


def _metadata(file):
    """The root table of a file's metadata, and the model's first graph."""
    content = file.read_bytes()
    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    (entry,) = [m for m in model.metadata if m.name == b"TFLITE_METADATA"]
    data = bytearray(bytes(model.buffers[entry.buffer].data))
    assert data[4:8] == b"M001"
    root = flatbuffers.encode.Get(flatbuffers.packer.uoffset, data, 0)
    return Table(data, root), model.subgraphs[0]


def _text(table, field):
    place = table.Offset(4 + 2 * field)
    return table.String(place + table.Pos).decode() if place else None


def _tables(table, field):
    place = table.Offset(4 + 2 * field)
    if not place:
        return []
    start = table.Vector(place)
    return [
        Table(table.Bytes, table.Indirect(start + 4 * index))
        for index in range(table.VectorLen(place))
    ]


def test_metadata_name_tensors_and_labels(integer_file):
    """Read by the places of the fields in the schema of the format."""
    _, file = integer_file
    root, graph = _metadata(file)
    assert _text(root, 0) == "net"
    assert _text(root, 7) == "1.0.0"
    (subgraph,) = _tables(root, 3)
    (image,) = _tables(subgraph, 2)
    assert _text(image, 0) == "image"
    outputs = _tables(subgraph, 3)
    assert {_text(output, 0) for output in outputs} == {
        "logits",
        "probabilities",
    }
    assert len(outputs) == len(graph.outputs)
    for output in outputs:
        (labels,) = _tables(output, 6)
        assert _text(labels, 0) == "labels.txt"
        place = labels.Offset(4 + 2 * 2)
        association = labels.Get(number_types.Int8Flags, place + labels.Pos)
        assert association == 2  # Labels along an axis.


def test_the_accuracy_of_both_stands_in_the_card(network, pixels, tmp_path):
    images = (pixels / 127.5 - 1).astype("float32")
    classes = network(images, training=False).numpy().argmax(-1)
    arguments = {"representative_data": images, "samples": images}
    one_hot = tf.data.Dataset.from_tensor_slices((images, np.eye(4)[classes]))
    with pytest.raises(TypeError, match="`validation_data` must be a pair"):
        export.litert(network, tmp_path / "a.tflite", validation_data=images)
    with pytest.raises(ValueError, match="class number for each input"):
        export.litert(
            network,
            tmp_path / "a.tflite",
            validation_data=(images, classes[:3]),
        )
    file = export.litert(
        network,
        tmp_path / "net.tflite",
        quantization="int8",
        validation_data=(images, classes),
        max_accuracy_drop=1.0,
        **arguments,
    )
    accuracy = export.model_card(file)["accuracy"]
    agreement = export.model_card(file)["parity"]["top1_agreement"]
    assert accuracy["inputs"] == 128
    assert accuracy["network"] == 1.0
    assert accuracy["export"] == agreement
    assert accuracy["drop"] == pytest.approx(1 - agreement)
    with pytest.warns(UserWarning, match=r"'dynamic'.*or 'float16'"):
        # No file can be right where labels are what the network is not.
        export.litert(
            _confused(network),
            tmp_path / "net.tflite",
            quantization="int8",
            validation_data=one_hot.batch(50),
            **arguments,
        )


def _confused(network):
    """A network whose classes lie so close that 8 bits can't tell them."""
    image = keras.Input(network.input_shape[1:])
    logits = network(image)
    far = keras.ops.ones_like(logits[:, :1]) * 1e6
    return keras.Model(image, keras.ops.concatenate([logits, -far], axis=-1))


@pytest.mark.parametrize(
    "change, messages",
    [
        (lambda x: x[:20], ["20 inputs are few"]),
        (
            lambda x: 0.01 * x,
            [
                "of the inputs of `samples` lie outside",
                "of the logits of `samples` lie outside",
            ],
        ),
    ],
)
def test_data_that_do_not_cover_are_warned_of(
    network, pixels, tmp_path, change, messages
):
    images = (pixels / 127.5 - 1).astype("float32")
    with pytest.warns(UserWarning) as caught:
        export.litert(
            network,
            tmp_path / "net.tflite",
            quantization="int8",
            representative_data=change(images),
            samples=images,
        )
    words = "\n".join(str(warning.message) for warning in caught)
    assert all(message in words for message in messages)


def test_a_class_that_calibration_lacks_is_named(linear, tmp_path):
    network = linear(outputs=2)
    network.set_weights([np.eye(16)[:, :2] - np.eye(16)[:, 1::-1], np.zeros(2)])
    rng = np.random.default_rng(0)
    images = rng.standard_normal((400, 4, 4, 1)).astype("float32")
    first = images.reshape(400, 16)
    only = images[first[:, 0] > first[:, 1]]
    with pytest.warns(UserWarning, match="finds no odd among them"):
        export.litert(
            network,
            tmp_path / "net.tflite",
            quantization="int8",
            representative_data=only,
            samples=images,
            labels=["even", "odd"],
        )
    with pytest.raises(ValueError, match="inputs that differ"):
        export.litert(
            network,
            tmp_path / "net.tflite",
            quantization="int8",
            representative_data=np.repeat(images[:1], 200, axis=0),
        )


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"io_dtype": "int8"}, "`io_dtype` must be None but for"),
        ({"io_dtype": "int16"}, "`io_dtype` must be one of"),
        ({"batch_size": 0}, "`batch_size` must be a positive integer"),
        ({"max_accuracy_drop": -1.0, "validation_data": True}, "at least zero"),
    ],
)
def test_choices_without_a_meaning_are_refused(
    linear, tmp_path, arguments, message
):
    if "validation_data" in arguments:
        data = np.zeros((2, 4, 4, 1)), np.array([0, 1])
        arguments = {**arguments, "validation_data": data}
    with pytest.raises(ValueError, match=message):
        export.litert(linear(), tmp_path / "net.tflite", **arguments)
    assert not list(tmp_path.iterdir())


def test_language_models_have_no_fixed_batches(tmp_path):
    model = RecurrentLanguageModel("rnn_darts_v1", 9, hidden_size=4)
    for arguments in ({"batch_size": 1}, {"validation_data": ([[1]], [0])}):
        with pytest.raises(ValueError, match="must be None"):
            export.litert(model, tmp_path / "net.tflite", **arguments)
