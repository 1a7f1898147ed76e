"""SavedModels run by TensorFlow's C library, and what they refuse."""

import shutil
import struct
import zlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from c_loader import RefusedError
from c_loader import answers
from c_loader import build

from keras_darts import export
from keras_darts.datasets import ResizeCenterCrop
from keras_darts.datasets import Vocabulary
from keras_darts.genotypes import Genotype
from keras_darts.genotypes import RecurrentGenotype
from keras_darts.networks import RecurrentLanguageModel
from keras_darts.networks import TextNetwork

LABELS = ["ant", "bee", "cat", "dog"]
CELL = (("conv_1d_3", 0), ("skip_connect", 1)) * 2

pytestmark = pytest.mark.skipif(
    shutil.which("gcc") is None, reason="gcc builds the loader"
)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return build(tmp_path_factory.mktemp("program"))


@pytest.fixture(scope="module")
def image_folder(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("image")
    return export.saved_model(network, folder, labels=LABELS)


@pytest.fixture(scope="module")
def sentences():
    return TextNetwork(
        Genotype(CELL, (2, 3), CELL, (2, 3)),
        2,
        vocabulary_size=9,
        embedding_size=4,
        filters=4,
        num_cells=1,
        sequence_length=8,
    )


@pytest.fixture(scope="module")
def sentence_folder(sentences, tmp_path_factory):
    return export.saved_model(sentences, tmp_path_factory.mktemp("sentence"))


@pytest.fixture(scope="module")
def language():
    genotype = RecurrentGenotype([("tanh", 0), ("relu", 1)], (1, 2))
    return RecurrentLanguageModel(genotype, 9, hidden_size=8)


@pytest.fixture(scope="module")
def language_folder(language, tmp_path_factory):
    folder = tmp_path_factory.mktemp("language")
    vocabulary = Vocabulary("abcdefghi", "character")
    return export.saved_model(
        language, folder, vocabulary=vocabulary, tokenizer="characters"
    )


def _png(pixels):
    return tf.io.encode_png(pixels).numpy()


def _jpeg(pixels):
    return tf.io.encode_jpeg(pixels, quality=95).numpy()


def _png_of_claimed_size(width, height):
    """A file of a few bytes that says it holds so many pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header
    return PNG + chunk + struct.pack(">I", zlib.crc32(header))


PNG = b"\x89PNG\r\n\x1a\n"
PIXELS = np.random.default_rng(0).integers(256, size=(16, 16, 3), dtype="uint8")
IMAGE = {"image": np.ones((2, 16, 16, 3), "float32")}
FILES = {"image_bytes": np.array([_png(PIXELS), _jpeg(PIXELS)], object)}
IDS = {"ids": np.array([[1, 2, 0, 0]], "int32")}
TEXT = {"text": np.array([b"abca", b"b"], object)}
STEP = {"token": np.array([3], "int32"), "state": np.zeros((1, 8), "float32")}


def _image(*shape, value=0.0, dtype="float32"):
    return {"image": np.full(shape, value, dtype)}


def _file(*contents):
    return {"image_bytes": np.array(contents, object)}


def _ids(rows, dtype="int32"):
    return {"ids": np.array(rows, dtype)}


def _text(*texts):
    return {"text": np.array(texts, object)}


# What is refused, by family and signature.
HOSTILE = {
    ("image", "serving_default"): {
        "no images": _image(0, 16, 16, 3),
        "too small": _image(1, 8, 8, 3),
        "too large": _image(1, 512, 512, 3),
        "one channel": _image(1, 16, 16, 1),
        "no batch": _image(16, 16, 3),
        "one dimension more": _image(1, 1, 16, 16, 3),
        "a number": _image(),
        "integers": _image(1, 16, 16, 3, dtype="int32"),
        "strings": {"image": np.array([b"image"], object)},
        "nothing": {},
        "not a number": _image(1, 16, 16, 3, value=np.nan),
        "infinite": _image(1, 16, 16, 3, value=np.inf),
        "no pixels": _image(1, 0, 16, 3),
    },
    ("image", "serving_bytes"): {
        "no files": _file(),
        "empty": _file(b""),
        "words": _file(b"no image at all, but words"),
        "half a JPEG": _file(_jpeg(PIXELS)[:300]),
        "half a PNG": _file(_png(PIXELS)[:300]),
        "a PNG's begin": _file(PNG),
        "a JPEG's begin": _file(b"\xff\xd8\xff"),
        "a BMP": _file(b"BM" + bytes(60)),
        "gigabytes": _file(_png_of_claimed_size(100_000, 100_000)),
        "overflowing": _file(_png_of_claimed_size(2**31 - 1, 2**31 - 1)),
        "no pixels": _file(_png_of_claimed_size(0, 4)),
        "one bad of two": _file(_png(PIXELS), _png(PIXELS)[:300]),
        "two dimensions": {"image_bytes": FILES["image_bytes"][None]},
        "numbers": {"image_bytes": np.zeros(2, "float32")},
        "nothing": {},
    },
    ("sentence", "serving_default"): {
        "no rows": {"ids": np.zeros((0, 4), "int32")},
        "an unknown id": _ids([[9]]),
        "a large id": _ids([[2**31 - 1]]),
        "a negative id": _ids([[1, -1]]),
        "floats": _ids([[1, 2]], "float32"),
        "long integers": _ids([[1, 2]], "int64"),
        "strings": {"ids": np.array([[b"a"]], object)},
        "one dimension": _ids([1, 2]),
        "three dimensions": _ids([[[1, 2]]]),
        "a number": _ids(1),
        "nothing": {},
    },
    ("language", "serving_default"): {
        "no texts": _text(),
        "an unknown character": _text(b"xyz"),
        "one unknown of two": _text(b"abc", b"abz"),
        "no UTF-8": _text(b"ab\xff"),
        "a zero byte": _text(b"a\x00b"),
        "another alphabet": _text("あ".encode()),
        "two dimensions": {"text": np.array([[b"abc"]], object)},
        "a string": {"text": np.array(b"abc", object)},
        "integers": {"text": np.array([1, 2], "int32")},
        "floats": {"text": np.array([[1.0]], "float32")},
        "nothing": {},
    },
    ("language", "step"): {
        "no rows": {key: value[:0] for key, value in STEP.items()},
        "an unknown token": {**STEP, "token": np.array([9], "int32")},
        "a negative token": {**STEP, "token": np.array([-1], "int32")},
        "floats": {**STEP, "token": np.array([1.0], "float32")},
        "rows of tokens": {**STEP, "token": np.array([[1]], "int32")},
        "more states": {**STEP, "state": np.zeros((2, 8), "float32")},
        "a small state": {**STEP, "state": np.zeros((1, 7), "float32")},
        "a flat state": {**STEP, "state": np.zeros(8, "float32")},
        "no number": {**STEP, "state": np.full((1, 8), np.nan, "float32")},
        "no state": {"token": STEP["token"]},
        "nothing": {},
    },
}
GOOD = {
    ("image", "serving_default"): IMAGE,
    ("image", "serving_bytes"): FILES,
    ("sentence", "serving_default"): IDS,
    ("language", "serving_default"): TEXT,
    ("language", "step"): STEP,
}


@pytest.mark.parametrize("family", ["image", "sentence", "language"])
def test_hostile_requests_are_refused_and_the_next_is_served(
    program, family, request
):
    folder = request.getfixturevalue(f"{family}_folder")
    requests, names = [], []
    for (of, signature), cases in HOSTILE.items():
        if of == family:
            assert len(cases) >= 10
            for name, case in cases.items():
                names.append(f"{signature}: {name}")
                good = GOOD[family, signature]
                requests += [(signature, case), (signature, good)]
    responses = answers(program, folder, requests)
    refused = dict(zip(names, responses[::2], strict=True))
    wrong = [n for n, a in refused.items() if not isinstance(a, RefusedError)]
    assert not wrong
    served = {}
    for (signature, _), answer in zip(
        requests[1::2], responses[1::2], strict=True
    ):
        first = served.setdefault(signature, answer)
        assert not isinstance(answer, RefusedError), answer
        for name, values in first.items():
            np.testing.assert_array_equal(answer[name], values)


def test_messages_say_what_is_wrong(program, image_folder):
    cases = {
        "`image` must not be empty": _image(0, 16, 16, 3),
        "`image` must be finite": _image(1, 16, 16, 3, value=np.nan),
        "must be JPEG or PNG files": _file(b"no image at all, but words"),
        "must be images of 1 to": _file(_png_of_claimed_size(10**5, 10**5)),
    }
    requests = [
        ("serving_default" if "image" in case else "serving_bytes", case)
        for case in cases.values()
    ]
    responses = answers(program, image_folder, requests)
    for message, answer in zip(cases, responses, strict=True):
        assert message in str(answer)


def test_images_and_files_are_answered_as_by_keras(
    program, image_folder, network, images
):
    large = np.repeat(np.repeat(PIXELS, 3, 0), 2, 1)
    files = [_png(PIXELS), _jpeg(PIXELS), _png(large)]
    responses, of_files = answers(
        program,
        image_folder,
        [
            ("serving_default", {"image": images}),
            ("serving_bytes", _file(*files)),
        ],
    )
    _assert_as_keras(responses, network(images, training=False))
    decoded = [
        PIXELS,
        tf.io.decode_jpeg(files[1]),
        ResizeCenterCrop(16, 18)(large[None])[0],
    ]
    decoded = np.stack(decoded).astype("float32")
    _assert_as_keras(of_files, network(decoded, training=False))


def test_sentences_are_answered_as_by_keras(
    program, sentence_folder, sentences
):
    ids = np.array([[1, 5, 8, 0, 0, 0, 0, 0], [3, 3, 2, 1, 4, 6, 7, 8]])
    ids = ids.astype("int32")
    requests = [("serving_default", {"ids": ids})]
    (responses,) = answers(program, sentence_folder, requests)
    logits = sentences(ids, training=False)
    np.testing.assert_allclose(
        responses["logits"], logits, rtol=1e-5, atol=1e-6
    )


def test_texts_and_steps_are_answered_as_by_keras(
    program, language_folder, language
):
    score = {"text": np.array([b"abca", b"b"], object)}
    names = ("serving_default", "score", "step", "step")
    requests = [STEP, {**STEP, "token": np.array([8], "int32")}]
    default, scored, first, second = answers(
        program,
        language_folder,
        list(zip(names, [score, score, *requests], strict=True)),
    )
    log = keras.ops.log_softmax(language(np.array([[0, 1, 2, 0]])))
    expected = [log[0, place, token] for place, token in enumerate((1, 2, 0))]
    for answer in (default, scored):
        np.testing.assert_allclose(
            answer["log_probabilities"], [expected, [0, 0, 0]], atol=1e-5
        )
        assert answer["perplexity"][1] == 1
    for answer, token in ((first, 3), (second, 8)):
        logits = language(np.array([[token]]))[0]
        np.testing.assert_allclose(answer["logits"], logits, atol=1e-5)


def _assert_as_keras(answer, logits):
    np.testing.assert_allclose(answer["logits"], logits, rtol=1e-5, atol=1e-5)
    order = np.argsort(-np.asarray(logits), axis=-1)
    names = np.array([label.encode() for label in LABELS], object)
    np.testing.assert_array_equal(answer["classes"], names[order])
