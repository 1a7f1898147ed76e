"""Texts that language models make up."""

import numpy as np
import pytest

from keras_darts import export
from keras_darts.datasets import Vocabulary
from keras_darts.genotypes import RecurrentGenotype
from keras_darts.networks import RecurrentLanguageModel

WORDS = [f"w{number}" for number in range(17)]


def _vocabulary(**settings):
    return Vocabulary(["<pad>", "<unk>", "<eos>", *WORDS], **settings)


@pytest.fixture(scope="module")
def vocabulary():
    return _vocabulary(pad="<pad>", unknown="<unk>", eos="<eos>")


@pytest.fixture(scope="module")
def model():
    genotype = RecurrentGenotype([("tanh", 0), ("relu", 1)], (1, 2))
    model = RecurrentLanguageModel(genotype, 20, hidden_size=8)
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(0.8 * rng.standard_normal(weight.shape))
    return model


def _prefer(model, token):
    """The same model, but one token is by far the likeliest."""
    other = RecurrentLanguageModel.from_config(model.get_config())
    other.set_weights(model.get_weights())
    bias = np.zeros(20)
    bias[token] = 50
    other.body.embedding.bias.assign(bias)
    return other


def _greedy(model, ids, number):
    ids = list(ids)
    for _ in range(number):
        logits = model(np.array([ids]), training=False)[0, -1].numpy()
        logits[:2] = -np.inf
        ids.append(int(logits.argmax()))
    return ids


def test_one_seed_makes_one_text(model, vocabulary):
    def make(seed):
        return export.generate(
            model, vocabulary=vocabulary, num_tokens=30, seed=seed
        )

    assert make(0) == make(0)
    assert make(0) != make(1)


def test_temperature_zero_takes_the_likeliest_tokens(model, vocabulary):
    text = export.generate(
        model,
        vocabulary=vocabulary,
        prompt="w3 w5",
        num_tokens=12,
        temperature=0,
    )
    ids = _greedy(model, vocabulary.encode("w3 w5", end=False), 12)
    assert text == vocabulary.decode(ids)


@pytest.mark.parametrize("settings", [{"top_k": 1}, {"temperature": 1e-320}])
def test_what_comes_to_argmax_equals_it(model, vocabulary, settings):
    arguments = {"vocabulary": vocabulary, "prompt": "w3", "num_tokens": 12}
    text = export.generate(model, **arguments, **settings)
    assert text == export.generate(model, **arguments, temperature=0)


def test_every_form_of_a_model_makes_the_same_text(model, vocabulary, tmp_path):
    folder = export.saved_model(model, tmp_path / "m", vocabulary=vocabulary)
    file = export.litert(model, tmp_path / "m.tflite", vocabulary=vocabulary)
    expected = export.generate(
        model, vocabulary=vocabulary, prompt="w2", num_tokens=20, seed=4
    )
    for form in (folder, str(file), export.load(tmp_path / "m")):
        text = export.generate(form, prompt="w2", num_tokens=20, seed=4)
        assert text == expected


def test_tokens_are_drawn_as_often_as_the_model_says(model, vocabulary):
    # Without a matrix each token is drawn by the bias alone.
    model = _prefer(model, 3)
    embedding = model.body.embedding
    embedding.embeddings.assign(np.zeros((20, 8)))
    embedding.bias.assign(2 * np.log(np.arange(1.0, 21.0)))
    text = export.generate(
        model, vocabulary=vocabulary, num_tokens=2000, temperature=2.0
    )
    drawn = vocabulary.encode(text, end=False)
    expected = np.arange(1.0, 21.0)
    expected[:2] = 0
    np.testing.assert_allclose(
        np.bincount(drawn, minlength=20) / len(drawn),
        expected / expected.sum(),
        atol=0.02,
    )


def test_the_number_of_tokens_is_what_is_asked_for(model, vocabulary):
    arguments = {"vocabulary": vocabulary, "prompt": "w1 w2"}
    assert export.generate(model, **arguments, num_tokens=0) == "w1 w2"
    words = _vocabulary(pad="<pad>", unknown="<unk>")
    text = export.generate(model, vocabulary=words, num_tokens=9)
    assert len(text.split()) == 9
    assert export.generate(model, vocabulary=words, num_tokens=0) == ""


def test_the_unknown_token_is_drawn_only_if_allowed(model, vocabulary):
    model = _prefer(model, 1)
    arguments = {"vocabulary": vocabulary, "num_tokens": 5}
    assert "<unk>" not in export.generate(model, **arguments)
    text = export.generate(model, **arguments, allow_unknown=True)
    assert text.split() == ["<unk>"] * 5


def test_padding_is_never_drawn(model, vocabulary):
    text = export.generate(
        _prefer(model, 0), vocabulary=vocabulary, prompt="w1", num_tokens=5
    )
    assert len(vocabulary.encode(text, end=False)) == 6


def test_characters_begin_as_after_a_line_feed(model):
    letters = Vocabulary("\nabcdefghijklmnopqrs", "character")
    text = export.generate(
        model, vocabulary=letters, num_tokens=6, temperature=0
    )
    after = export.generate(
        model, vocabulary=letters, prompt="\n", num_tokens=6, temperature=0
    )
    assert len(text) == 6
    assert "\n" + text == after


def test_unknown_words_in_a_prompt(model, vocabulary):
    text = export.generate(
        model, vocabulary=vocabulary, prompt="w1 what", num_tokens=1
    )
    assert text.startswith("w1 <unk> ")
    strict = _vocabulary(eos="<eos>")
    with pytest.raises(ValueError, match="`prompt`.*'what'"):
        export.generate(model, vocabulary=strict, prompt="w1 what")


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"num_tokens": -1}, "`num_tokens` must be an integer of at least 0"),
        ({"temperature": -0.5}, "`temperature` must be a finite number >= 0"),
        ({"temperature": float("nan")}, "`temperature` must be a finite"),
        ({"top_k": 0}, "`top_k` must be a positive integer"),
        ({"vocabulary": None}, "`vocabulary` must be given"),
        ({"vocabulary": Vocabulary("ab")}, "`vocabulary`.*20 tokens"),
    ],
)
def test_arguments_without_a_meaning_are_refused(
    model, vocabulary, arguments, message
):
    with pytest.raises(ValueError, match=message):
        export.generate(model, **{"vocabulary": vocabulary, **arguments})


def test_only_language_models_make_texts(linear, vocabulary, tmp_path):
    with pytest.raises(TypeError, match="`model` must be a `Recurrent"):
        export.generate(linear(), vocabulary=vocabulary)
    folder = export.saved_model(linear(), tmp_path)
    with pytest.raises(ValueError, match="language model.*'image_"):
        export.generate(folder, vocabulary=vocabulary)


def test_a_model_that_diverged_is_named(model, vocabulary):
    model = _prefer(model, 3)
    model.body.embedding.bias.assign(np.full(20, np.nan))
    with pytest.raises(ValueError, match="`model` must give finite logits"):
        export.generate(model, vocabulary=vocabulary)
