"""Networks of sentences as SavedModels and LiteRT files."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import export
from keras_darts import search_spaces
from keras_darts.datasets import TextEncoder
from keras_darts.datasets import Vocabulary
from keras_darts.genotypes import Genotype
from keras_darts.networks import TextNetwork

WORDS = [f"w{number}" for number in range(18)]
TEXTS = ["w3 w1 w4", "w15", "", "w9 w2 new " + "w6 " * 20]
LENGTH = 12
TEXT_REASON = "pip install keras_darts[text]"
LITERT_REASON = "pip install keras_darts[litert]"


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary(["<pad>", "<unk>", *WORDS], pad="<pad>", unknown="<unk>")


def _network(genotype, **sizes):
    settings = {
        "vocabulary_size": 20,
        "embedding_size": 6,
        "filters": 4,
        "sequence_length": LENGTH,
        **sizes,
    }
    network = TextNetwork(genotype, 3, **settings)
    rng = np.random.default_rng(1)
    for weight in network.weights:
        noise = rng.standard_normal(weight.shape)
        if "variance" in weight.path:
            weight.assign(1 + np.abs(noise))
        elif "rate" not in weight.path and "seed" not in weight.path:
            weight.assign(np.asarray(weight) + 0.2 * noise)
    return network


@pytest.fixture(scope="module")
def network():
    """With every primitive of the space but `none`."""
    cell = (
        ("conv_1d_3", 0),
        ("self_attention", 1),
        ("max_pool_1d_3", 1),
        ("dil_conv_1d_5", 2),
        ("avg_pool_1d_3", 0),
        ("skip_connect", 1),
    )
    return _network(Genotype(cell, (2, 3, 4), cell, (2, 3, 4)))


@pytest.fixture(scope="module")
def small():
    """For what is about the way from texts to ids."""
    cell = (("conv_1d_3", 0), ("max_pool_1d_3", 1))
    return _network(Genotype(cell, (2,), cell, (2,)), num_cells=1)


@pytest.fixture(scope="module")
def ids():
    ids = np.random.default_rng(2).integers(1, 20, size=(5, LENGTH))
    ids[0, 7:] = 0
    ids[1, 1:] = 0
    return ids.astype("int32")


@pytest.fixture(scope="module")
def folder(network, ids, tmp_path_factory):
    path = tmp_path_factory.mktemp("sentences") / "network"
    return export.saved_model(network, path, samples=ids, labels=list("abc"))


@pytest.fixture(scope="module")
def loaded(folder):
    return export.load(folder)


@pytest.fixture(scope="module")
def text_folder(small, vocabulary, tmp_path_factory):
    pytest.importorskip("tensorflow_text", reason=TEXT_REASON)
    return export.saved_model(
        small,
        tmp_path_factory.mktemp("sentences") / "network",
        vocabulary=vocabulary,
        tokenizer="whitespace",
        labels=list("abc"),
        samples=TEXTS,
    )


@pytest.fixture(scope="module")
def file(network, vocabulary, ids, tmp_path_factory):
    pytest.importorskip("ai_edge_litert", reason=LITERT_REASON)
    path = tmp_path_factory.mktemp("sentences") / "network.tflite"
    return export.litert(network, path, vocabulary=vocabulary, samples=ids)


def _signature(folder):
    signatures = tf.saved_model.load(str(folder)).signatures
    assert list(signatures) == ["serving_default"]
    function = signatures["serving_default"]
    _, inputs = function.structured_input_signature
    return {
        name: (spec.dtype.name, spec.shape.as_list())
        for name, spec in {**inputs, **function.structured_outputs}.items()
    }


def _record(folder):
    return export.model_card(folder)["parity"]


def _by_hand(texts, vocabulary):
    rows = np.zeros((len(texts), LENGTH), "int32")
    for row, text in zip(rows, texts, strict=True):
        known = vocabulary.encode(text)[:LENGTH]
        row[: len(known)] = known
    return rows


def test_the_signatures_have_the_names_and_shapes_of_the_contract(
    folder, text_folder
):
    outputs = {
        "logits": ("float32", [None, 3]),
        "probabilities": ("float32", [None, 3]),
        "classes": ("string", [None, 3]),
    }
    ids = {"ids": ("int32", [None, None])}
    text = {"text": ("string", [None])}
    assert _signature(folder) == ids | outputs
    assert _signature(text_folder) == text | outputs


@pytest.mark.parametrize("batch", [1, 5])
def test_outputs_equal_those_of_the_network(network, loaded, ids, batch):
    served = loaded(ids[:batch])
    logits = network(ids[:batch], training=False)
    np.testing.assert_allclose(served["logits"], logits, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        served["probabilities"], keras.ops.softmax(logits), atol=1e-6
    )
    best = [b"abc"[i : i + 1] for i in logits.numpy().argmax(-1)]
    assert served["classes"][:, 0].tolist() == best


@pytest.mark.parametrize("length", [1, 2, 7, 12, 15])
def test_rows_of_any_length_get_what_padding_to_it_gets(
    network, loaded, length
):
    ids = np.random.default_rng(3).integers(1, 20, size=(2, length))
    padded = np.zeros((2, 16), "int32")
    padded[:, :length] = ids
    np.testing.assert_allclose(
        loaded(ids)["logits"],
        network(padded, training=False),
        rtol=1e-5,
        atol=1e-5,
    )


def test_raw_text_equals_its_ids_by_hand(small, text_folder, vocabulary):
    exported = export.load(text_folder)
    assert exported.task == "text_classification"
    assert exported.vocabulary == vocabulary
    logits = small(_by_hand(TEXTS, vocabulary), training=False)
    served = exported(TEXTS)["logits"]
    np.testing.assert_allclose(served, logits, rtol=1e-5, atol=1e-5)


def test_unknown_words_count_as_the_unknown_token(text_folder):
    first, second = export.load(text_folder)(["w1 what", "w1 <unk>"])["logits"]
    np.testing.assert_array_equal(first, second)


def test_the_records_hold_the_comparison(folder, text_folder, file):
    litert = export.model_card(file)["parity"]
    for record in (_record(folder), _record(text_folder), litert):
        assert record["samples_from"] == "given"
        assert record["max_logit_difference"] < 1e-5
        assert record["max_logit"] > 1e-2
        assert record["top1_agreement"] == 1.0


def test_ids_are_compared_as_texts_where_texts_go_in(
    small, vocabulary, ids, tmp_path
):
    pytest.importorskip("tensorflow_text", reason=TEXT_REASON)
    pairs = tf.data.Dataset.from_tensor_slices((ids, np.arange(5))).batch(2)
    encoder = TextEncoder(vocabulary, "whitespace", LENGTH)
    folder = export.saved_model(
        small, tmp_path, tokenizer=encoder, samples=pairs
    )
    record = _record(folder)
    assert record["samples"] == 5
    assert record["samples_from"] == "given"


ALONE = """
import sys
sys.modules.update({"keras_darts": None})
import numpy as np
import tensorflow as tf
import tensorflow_text

serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
texts = tf.constant(["w3 w1 w4", "w9 new"])
np.save(sys.argv[2], serve(text=texts)["logits"].numpy())
"""


def test_raw_text_runs_in_a_fresh_process(
    small, text_folder, vocabulary, tmp_path
):
    subprocess.run(
        [sys.executable, "-c", ALONE, text_folder, tmp_path / "logits.npy"],
        check=True,
        cwd=tmp_path,
        timeout=120,
    )
    ids = _by_hand(["w3 w1 w4", "w9 new"], vocabulary)
    np.testing.assert_allclose(
        np.load(tmp_path / "logits.npy"),
        small(ids, training=False),
        rtol=1e-5,
        atol=1e-5,
    )


@pytest.mark.parametrize("batch", [1, 5])
def test_a_litert_file_equals_the_network(network, file, ids, batch):
    exported = export.load(file)
    assert exported.task == "text_classification"
    served = exported(ids[:batch])
    logits = network(ids[:batch], training=False)
    np.testing.assert_allclose(served["logits"], logits, rtol=1e-5, atol=1e-5)


def test_a_litert_file_has_builtin_operations_and_fixed_rows(file):
    from ai_edge_litert import interpreter

    loaded = interpreter.Interpreter(
        str(file),
        experimental_op_resolver_type=(
            interpreter.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        ),
    )
    names = {details["op_name"] for details in loaded._get_ops_details()}
    assert "GATHER" in names
    assert not any(
        part in name for name in names for part in ("VAR", "CUSTOM", "Flex")
    )
    signature = export.load(file).signatures["serving_default"]
    assert signature.inputs == {"ids": (None, LENGTH)}


@pytest.mark.parametrize(
    "quantization, tolerance",
    [("dynamic", 5e-2), ("float16", 1e-2), ("int8", 2e-1)],
)
def test_quantized_files_are_near(ids, tmp_path, quantization, tolerance):
    pytest.importorskip("ai_edge_litert", reason=LITERT_REASON)
    cell = (("dil_conv_1d_5", 0), ("self_attention", 1))
    network = _network(Genotype(cell, (2,), cell, (2,)), num_cells=1)
    many = np.concatenate([ids] * 20)
    file = export.litert(
        network,
        tmp_path / "network.tflite",
        quantization=quantization,
        representative_data=many if quantization == "int8" else None,
        samples=ids,
    )
    record = export.model_card(file)["parity"]
    relative = record["max_logit_difference"] / record["max_logit"]
    assert relative < tolerance


def test_what_a_search_may_find_is_exported(ids, tmp_path):
    pytest.importorskip("ai_edge_litert", reason=LITERT_REASON)
    genotype = search_spaces.text_cnn().random_genotype(1)
    network = _network(genotype, num_cells=1)
    file = export.litert(network, tmp_path / "n.tflite", samples=ids)
    record = export.model_card(file)["parity"]
    assert record["max_logit_difference"] < 1e-5


def _other_vocabulary(*tokens, **settings):
    return Vocabulary([*tokens, *WORDS], **settings)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"vocabulary": Vocabulary(["a"])}, ValueError, "`vocabulary`.*20 tok"),
        ({"tokenizer": "whitespace"}, ValueError, "`vocabulary` must be given"),
        ({"activation": "softmx"}, ValueError, "`activation`.*softmax"),
        ({"labels": ["a"]}, ValueError, "`labels`.*3 outputs.*1 labels"),
        ({"preprocessing": abs}, ValueError, "`preprocessing` must be None"),
        ({"input_shape": (3, 3, 1)}, ValueError, "`input_shape` must be None"),
        ({"samples": np.zeros((2, 12))}, TypeError, "`samples`.*token ids"),
        ({"samples": [[1, 2]]}, ValueError, "`samples`.*rows of 12"),
        (
            {
                "vocabulary": _other_vocabulary("a", "<pad>", pad="<pad>"),
                "tokenizer": "whitespace",
            },
            ValueError,
            "`vocabulary`.*padding in the first place.*'a' comes first",
        ),
    ],
)
def test_what_does_not_fit_a_network_of_sentences_is_refused(
    network, tmp_path, arguments, error, message
):
    with pytest.raises(error, match=message):
        export.saved_model(network, tmp_path / "network", **arguments)
    assert not (tmp_path / "network").exists()


def test_an_encoder_of_other_rows_is_refused(network, vocabulary, tmp_path):
    encoder = TextEncoder(vocabulary, "whitespace", 8)
    with pytest.raises(ValueError, match="`tokenizer`.*sequence_length=8.*12"):
        export.saved_model(network, tmp_path, tokenizer=encoder)


def test_networks_of_images_take_no_vocabulary(linear, vocabulary, tmp_path):
    with pytest.raises(ValueError, match="`vocabulary` must be None"):
        export.saved_model(linear(), tmp_path, vocabulary=vocabulary)
    with pytest.raises(ValueError, match="`tokenizer` must be None"):
        export.saved_model(linear(), tmp_path, tokenizer="whitespace")
