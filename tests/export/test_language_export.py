"""Language models as SavedModels and LiteRT files."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from keras_darts import export
from keras_darts.datasets import TextEncoder
from keras_darts.datasets import Vocabulary
from keras_darts.export.specification import describe
from keras_darts.genotypes import RecurrentGenotype
from keras_darts.networks import RecurrentLanguageModel

WORDS = [f"w{number}" for number in range(18)]
TEXTS = ["w3 w1 w4", "w15", "", "w9 w2 w6 w5 new w3\nw5"]
TEXT_REASON = "pip install keras_darts[text]"
GENOTYPE = RecurrentGenotype(
    [("tanh", 0), ("relu", 1), ("sigmoid", 0), ("identity", 2)], (1, 3, 4)
)
LITERT_REASON = "pip install keras_darts[litert]"


def _vocabulary(**settings):
    return Vocabulary(["<unk>", "<eos>", *WORDS], **settings)


@pytest.fixture(scope="module")
def vocabulary():
    return _vocabulary(unknown="<unk>", eos="<eos>")


@pytest.fixture(scope="module")
def model():
    model = RecurrentLanguageModel(GENOTYPE, 20, hidden_size=8)
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(0.6 * rng.standard_normal(weight.shape))
    return model


@pytest.fixture(scope="module")
def ids():
    return np.random.default_rng(2).integers(20, size=(3, 10)).astype("int32")


@pytest.fixture(scope="module")
def folder(model, vocabulary, ids, tmp_path_factory):
    path = tmp_path_factory.mktemp("language") / "model"
    return export.saved_model(model, path, vocabulary=vocabulary, samples=ids)


@pytest.fixture(scope="module")
def loaded(folder):
    return export.load(folder)


@pytest.fixture(scope="module")
def text_folder(model, vocabulary, tmp_path_factory):
    pytest.importorskip("tensorflow_text", reason=TEXT_REASON)
    return export.saved_model(
        model,
        tmp_path_factory.mktemp("language") / "model",
        vocabulary=vocabulary,
        tokenizer="whitespace",
    )


@pytest.fixture(scope="module")
def loaded_text(text_folder):
    return export.load(text_folder)


@pytest.fixture(scope="module")
def file(model, vocabulary, ids, tmp_path_factory):
    pytest.importorskip("ai_edge_litert", reason=LITERT_REASON)
    path = tmp_path_factory.mktemp("language") / "model.tflite"
    return export.litert(model, path, vocabulary=vocabulary, samples=ids)


def _log_probabilities(logits, ids):
    """(T, V) and (T,) -> (T - 1,), in double precision."""
    logits = np.asarray(logits, "float64")[:-1]
    logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
    return np.take_along_axis(logits, ids[1:, None].astype(int), 1)[:, 0]


def _record(folder):
    return export.model_card(folder)["parity"]


def _specs(function):
    _, inputs = function.structured_input_signature
    return {
        name: (spec.dtype.name, spec.shape.as_list())
        for name, spec in {**inputs, **function.structured_outputs}.items()
    }


def test_the_signatures_have_the_names_and_shapes_of_the_contract(folder):
    signatures = tf.saved_model.load(str(folder)).signatures
    assert sorted(signatures) == ["score", "serving_default", "step"]
    scores = {
        "ids": ("int32", [None, None]),
        "log_probabilities": ("float32", [None, None]),
        "perplexity": ("float32", [None]),
    }
    assert _specs(signatures["score"]) == scores
    assert _specs(signatures["serving_default"]) == scores
    assert _specs(signatures["step"]) == {
        "token": ("int32", [None]),
        "state": ("float32", [None, 8]),
        "logits": ("float32", [None, 20]),
        "next_state": ("float32", [None, 8]),
    }


@pytest.mark.parametrize("batch, length", [(1, 2), (3, 10), (2, 7)])
def test_scores_are_the_log_probabilities_of_the_model(
    model, loaded, ids, batch, length
):
    ids = ids[:batch, :length]
    scores = loaded.score(ids)
    logits = model(ids, training=False)
    expected = [
        _log_probabilities(*pair) for pair in zip(logits, ids, strict=True)
    ]
    np.testing.assert_allclose(
        scores["log_probabilities"], expected, rtol=1e-5, atol=1e-5
    )
    np.testing.assert_allclose(
        scores["perplexity"], np.exp(-np.mean(expected, axis=1)), rtol=1e-4
    )


def test_a_single_token_has_nothing_to_predict(loaded):
    scores = loaded.score([[3], [4]])
    assert scores["log_probabilities"].shape == (2, 0)
    assert scores["perplexity"].tolist() == [1, 1]


def test_step_iterated_equals_score(loaded, ids):
    logits, _ = loaded.steps(ids)
    expected = [
        _log_probabilities(*pair) for pair in zip(logits, ids, strict=True)
    ]
    np.testing.assert_allclose(
        loaded.score(ids)["log_probabilities"], expected, atol=1e-5
    )


def test_a_step_goes_on_from_its_state(model, loaded, ids):
    state = np.random.default_rng(3).standard_normal((3, 8)).astype("float32")
    logits, after = loaded.step(ids[:, 0], state)
    expected, expected_after = model(ids[:, :1], state, training=False)
    np.testing.assert_allclose(logits, expected[:, 0], atol=1e-5)
    np.testing.assert_allclose(after, expected_after, atol=1e-5)


def test_the_record_holds_the_comparison(folder, text_folder):
    record = _record(folder)
    assert record["samples"] == 3
    assert record["samples_from"] == "given"
    assert record["max_logit_difference"] < 1e-5
    assert record["max_log_probability_difference"] < 1e-5
    assert record["top1_agreement"] == 1.0
    record = _record(text_folder)
    assert record["samples_from"] == "random tokens"
    assert record["max_log_probability_difference"] < 1e-5


def test_the_vocabulary_lies_beside_the_export(folder, file, vocabulary):
    assert (folder / "assets.extra" / "vocabulary.json").exists()
    assert file.with_suffix(".vocabulary.json").exists()
    for path in (folder, file):
        assert export.load(path).vocabulary == vocabulary


def test_a_file_that_is_replaced_takes_its_vocabulary_along(
    model, vocabulary, tmp_path
):
    path = tmp_path / "model.tflite"
    export.litert(model, path, vocabulary=vocabulary)
    export.litert(model, path)
    assert export.load(path).vocabulary is None


def test_raw_text_is_scored_as_its_tokens_by_hand(
    model, loaded_text, vocabulary
):
    scores = loaded_text.score(TEXTS)
    assert list(loaded_text.signatures["score"].inputs) == ["text"]
    assert scores["log_probabilities"].shape == (4, 8)
    for row, text in enumerate(TEXTS):
        ids = vocabulary.encode(text)
        result = scores["log_probabilities"][row]
        assert not result[max(len(ids) - 1, 0) :].any()
        if not len(ids):
            assert scores["perplexity"][row] == 1
            continue
        logits = model(ids[None], training=False)[0]
        expected = _log_probabilities(logits, ids)
        np.testing.assert_allclose(
            result[: len(expected)], expected, rtol=1e-5, atol=1e-5
        )
        perplexity = np.exp(-expected.mean())
        np.testing.assert_allclose(
            scores["perplexity"][row], perplexity, rtol=1e-4
        )


def test_only_empty_texts_are_scored_too(loaded_text):
    scores = loaded_text.score(["", ""])
    assert scores["log_probabilities"].shape == (2, 0)
    assert scores["perplexity"].tolist() == [1, 1]


def test_unknown_words_count_as_the_unknown_token(loaded_text):
    scores = loaded_text.score(["w1 what w2", "w1 <unk> w2"])
    first, second = scores["log_probabilities"]
    np.testing.assert_array_equal(first, second)


def test_without_an_unknown_token_unknown_characters_are_refused(
    model, tmp_path
):
    letters = Vocabulary("abcdefghijklmnopqrst", "character")
    path = export.saved_model(
        model, tmp_path, vocabulary=letters, tokenizer="characters"
    )
    exported = export.load(path)
    assert exported.score(["abba"])["perplexity"] > 0
    with pytest.raises(tf.errors.InvalidArgumentError, match="nor an unknown"):
        exported.score(["abbz"])


def test_a_text_encoder_brings_its_vocabulary(model, vocabulary, tmp_path):
    pytest.importorskip("tensorflow_text", reason=TEXT_REASON)
    encoder = TextEncoder(vocabulary, lowercase=True)
    exported = export.load(
        export.saved_model(model, tmp_path, tokenizer=encoder)
    )
    assert exported.vocabulary == vocabulary
    scores = exported.score(["W3 W4", "w3 w4"])["perplexity"]
    assert scores[0] == scores[1]


IDS_ALONE = """
import sys
sys.modules.update({"keras": None, "keras_darts": None})
import numpy as np
import tensorflow as tf

signatures = tf.saved_model.load(sys.argv[1]).signatures
score = signatures["score"](ids=tf.constant([[3, 4, 5], [6, 7, 8]]))
step = signatures["step"](token=tf.constant([3]), state=tf.zeros((1, 8)))
"""

# tensorflow-text itself imports Keras.
TEXT_ALONE = """
import sys
sys.modules.update({"keras_darts": None})
import numpy as np
import tensorflow as tf
import tensorflow_text

signatures = tf.saved_model.load(sys.argv[1]).signatures
score = signatures["score"](text=tf.constant(["w1 w2 w3\\n", "w4 w5 w6\\n"]))
step = signatures["step"](token=tf.constant([3]), state=tf.zeros((1, 8)))
"""

LOADED = """
import sys
import numpy as np
from keras_darts import export

exported = export.load(sys.argv[1])
score = exported.score(["w1 w2 w3", "w4 w5 w6"])
logits, _ = exported.step([3], exported.initial_state())
step = {"logits": logits}
"""

OUTPUTS = """
outputs = {**score, **step}
np.savez(sys.argv[2], **{k: np.asarray(v) for k, v in outputs.items()})
"""


@pytest.mark.parametrize(
    "script, text",
    [(IDS_ALONE, False), (TEXT_ALONE, True), (LOADED, True)],
    ids=["ids", "text", "loaded by keras_darts"],
)
def test_exports_run_in_a_fresh_process(
    model, loaded, loaded_text, tmp_path, script, text
):
    exported = loaded_text if text else loaded
    arguments = [exported.path, tmp_path / "outputs.npz"]
    root = str(pathlib.Path(export.__file__).parents[2])
    subprocess.run(
        [sys.executable, "-c", script + OUTPUTS, *map(str, arguments)],
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        timeout=120,
    )
    outputs = np.load(tmp_path / "outputs.npz")
    inputs = ["w1 w2 w3", "w4 w5 w6"] if text else [[3, 4, 5], [6, 7, 8]]
    scores = exported.score(inputs)
    np.testing.assert_allclose(
        outputs["perplexity"], scores["perplexity"], rtol=1e-5
    )
    logits = model(np.array([[3]]), training=False)[0]
    np.testing.assert_allclose(outputs["logits"], logits, atol=1e-5)


@pytest.mark.parametrize("batch", [1, 3])
def test_a_litert_file_equals_the_model_over_ten_steps(model, file, ids, batch):
    ids = ids[:batch]
    logits, state = export.load(file).steps(ids)
    state_before = model.initial_state(batch)
    expected, expected_state = model(ids, state_before, training=False)
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(state, expected_state, rtol=1e-5, atol=1e-5)


def test_a_litert_file_has_builtin_operations_and_the_steps_names(file):
    from ai_edge_litert import interpreter

    loaded = interpreter.Interpreter(
        str(file),
        experimental_op_resolver_type=(
            interpreter.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        ),
    )
    names = {details["op_name"] for details in loaded._get_ops_details()}
    assert "FULLY_CONNECTED" in names
    assert not any(
        part in name for name in names for part in ("VAR", "CUSTOM", "Flex")
    )
    assert loaded.get_signature_list() == {
        "step": {
            "inputs": ["state", "token"],
            "outputs": ["logits", "next_state"],
        }
    }
    signature = export.load(file).signatures["step"]
    assert signature.inputs == {"token": (None,), "state": (None, 8)}


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A model whose weights are most of a file, the file's size, a text."""
    pytest.importorskip("ai_edge_litert", reason=LITERT_REASON)
    model = RecurrentLanguageModel("rnn_darts_v2", 300, hidden_size=64)
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(0.15 * rng.standard_normal(weight.shape))
    path = tmp_path_factory.mktemp("large") / "plain.tflite"
    size = export.litert(model, path).stat().st_size
    return model, size, rng.integers(300, size=500)


@pytest.mark.parametrize(
    "quantization, tolerance",
    [("dynamic", 2e-2), ("float16", 2e-3), ("int8", 4e-2)],
)
def test_quantized_files_are_smaller_and_near(
    large, tmp_path, quantization, tolerance
):
    model, plain, text = large
    file = export.litert(
        model,
        tmp_path / "model.tflite",
        quantization=quantization,
        representative_data=text if quantization == "int8" else None,
        samples=text,
    )
    assert file.stat().st_size < 0.6 * plain
    record = export.model_card(file)["parity"]
    relative = record["max_logit_difference"] / record["max_logit"]
    assert relative < tolerance


def test_int8_needs_a_text(model, tmp_path):
    for data, error in ((None, ValueError), (np.zeros((2, 3)), TypeError)):
        with pytest.raises(error, match="`representative_data`"):
            export.litert(
                model,
                tmp_path / "model.tflite",
                quantization="int8",
                representative_data=data,
            )


def test_a_litert_file_says_that_it_goes_by_steps(file, ids):
    exported = export.load(file)
    assert exported.task == "language_modeling"
    with pytest.raises(ValueError, match="`steps` go token by token"):
        exported.score(ids)
    with pytest.raises(ValueError, match="network of images.*language"):
        _ = exported.image_shape


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"vocabulary": Vocabulary(["a"])}, ValueError, "`vocabulary`.*20 tok"),
        ({"vocabulary": ["a"] * 20}, TypeError, "`vocabulary`.*type list"),
        ({"tokenizer": "whitespace"}, ValueError, "`vocabulary` must be given"),
        ({"activation": "sigmoid"}, ValueError, "`activation`.*'softmax'"),
        ({"activation": None}, ValueError, "`activation`.*'softmax'"),
        ({"labels": ["a"]}, ValueError, "`labels` must be None"),
        ({"preprocessing": abs}, ValueError, "`preprocessing` must be None"),
        ({"input_shape": (3, 3, 1)}, ValueError, "`input_shape` must be None"),
        ({"samples": np.zeros((2, 3))}, TypeError, "`samples`.*token ids"),
        ({"samples": [[20]]}, ValueError, "`samples`.*from 0 to 19.*20"),
        ({"samples": [[[1]]]}, ValueError, r"`samples`.*\(N, T\)"),
    ],
)
def test_what_does_not_fit_a_language_model_is_refused(
    model, tmp_path, arguments, error, message
):
    with pytest.raises(error, match=message):
        export.saved_model(model, tmp_path / "model", **arguments)
    assert not (tmp_path / "model").exists()


def test_a_vocabulary_that_is_not_the_encoders_is_refused(
    model, vocabulary, tmp_path
):
    letters = Vocabulary("abcdefghijklmnopqrst", "character")
    with pytest.raises(ValueError, match="`vocabulary` must be that of `tok"):
        export.saved_model(
            model,
            tmp_path,
            vocabulary=vocabulary,
            tokenizer=TextEncoder(letters),
        )


def test_tensorflow_text_is_asked_for_by_name(
    model, vocabulary, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "tensorflow_text", None)
    with pytest.raises(ImportError, match=r"pip install keras_darts\[text\]"):
        export.saved_model(
            model, tmp_path, vocabulary=vocabulary, tokenizer="whitespace"
        )


def test_tensorflow_text_is_asked_for_where_a_load_needs_it(
    folder, monkeypatch
):
    def load(path):
        raise RuntimeError("Op type not registered 'TFText>Whitespace'")

    monkeypatch.setattr(tf.saved_model, "load", load)
    monkeypatch.setitem(sys.modules, "tensorflow_text", None)
    with pytest.raises(ImportError, match=r"pip install keras_darts\[text\]"):
        export.load(folder)


def test_a_text_in_one_piece_is_compared_in_rows(model):
    none = ("preprocessing", "labels", "input_shape", "vocabulary")
    none = dict.fromkeys((*none, "tokenizer"))
    text = np.arange(100) % 20
    samples, _ = describe(model, activation="auto", **none).samples(text)
    np.testing.assert_array_equal(samples, text[:70].reshape(2, 35))


def test_an_export_that_differs_is_not_kept(model, tmp_path, monkeypatch):
    def wrong(self, token, state):
        outputs = original(self, token, state)
        return {**outputs, "logits": outputs["logits"] + 1.0}

    from keras_darts.export import language_signatures

    original = language_signatures.LanguageServing.step
    monkeypatch.setattr(language_signatures.LanguageServing, "step", wrong)
    with pytest.raises(RuntimeError, match="logits differ.*by 1"):
        export.saved_model(model, tmp_path / "model")
    assert not list((tmp_path / "model").iterdir())
