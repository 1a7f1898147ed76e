"""The network that classifies sentences, on a few small ones."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts import genotypes
from keras_darts.networks import TextNetwork

# Keras reads its scalar variables in a way that NumPy is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

SPACE = kd.search_spaces.text_cnn()
OTHERS = [name for name in SPACE.normal.primitives[0] if name != "none"]


def with_all_primitives():
    """Every primitive once at stride 1 and once at stride 2, and `none`."""
    names = [*OTHERS, "none"]
    normal = [(name, i % 2) for i, name in enumerate(names)]
    return kd.Genotype(normal, range(2, 7), normal, range(2, 7))


def fast():
    """Without attention, in the smallest cells that there are."""
    pairs = [("conv_1d_3", 0), ("max_pool_1d_3", 1)]
    return kd.Genotype(pairs, [2], pairs, [2])


def tiny(genotype=None, **options):
    settings = {"vocabulary_size": 20, "embedding_size": 5, "filters": 4}
    settings = {**settings, "sequence_length": 12, **options}
    return TextNetwork(genotype or with_all_primitives(), 3, **settings)


def sentences(count=4, words=7, length=12, seed=0):
    generator = np.random.default_rng(seed)
    ids = generator.integers(1, 20, (count, words))
    return np.pad(ids, [(0, 0), (0, length - words)])


def moved(network):
    """With offsets and means that are not zero, scales that are not one."""
    generator = np.random.default_rng(1)
    for variable in network.variables:
        if variable.dtype == "float32" and variable.shape:
            change = generator.normal(scale=0.1, size=variable.shape)
            variable.assign(variable.numpy() + change)
    return network


@pytest.fixture(scope="module")
def network():
    return moved(tiny())


def test_padding_after_a_sentence_moves_no_logit(network):
    def padded(length):
        rows = [sentences(4, words, length) for words in (1, 7, 8)]
        return network(np.concatenate(rows)).numpy()

    expected = padded(8)
    assert np.ptp(expected.reshape(3, 4, 3), axis=1).min() > 1e-3
    for length in (12, 16, 40):
        np.testing.assert_allclose(
            padded(length), expected, rtol=1e-5, atol=1e-5
        )


def test_sentences_do_not_depend_on_their_neighbours(network):
    ids = sentences(count=3)
    alone = np.concatenate([network(ids[i : i + 1]) for i in range(len(ids))])
    np.testing.assert_allclose(network(ids), alone, rtol=1e-5, atol=1e-5)


def test_order_and_every_word_count(network):
    ids = sentences(count=1, words=8, length=8)
    others = np.repeat(ids, 8, axis=0)
    for place in range(8):
        others[place, place] = ids[0, place] % 19 + 1
    logits = network(np.concatenate([ids, ids[:, ::-1], others])).numpy()
    changes = np.abs(logits[1:] - logits[0]).max(axis=1)
    assert changes[0] > 1e-4
    assert (changes[1:] > 1e-6).all(), changes


def test_a_sentence_without_words_has_finite_logits():
    assert np.isfinite(tiny()(np.zeros((2, 12), "int64"), training=True)).all()


@pytest.mark.parametrize("seed", range(3))
def test_random_genotypes_make_networks(seed):
    network = tiny(SPACE.random_genotype(seed))
    assert network(sentences()).shape == (4, 3)
    assert network.input_shape == (None, 12)


@pytest.mark.parametrize("num_cells", [1, 2, 3, 5])
def test_any_number_of_cells(num_cells):
    network = tiny(fast(), num_cells=num_cells)
    assert network(sentences()).shape == (4, 3)
    at = [i for i, cell in enumerate(network.cells) if cell.reduction]
    assert at == sorted({num_cells // 3, 2 * num_cells // 3})


def test_gradient_reaches_every_weight():
    names = [name for name in OTHERS for _ in range(2)]
    pairs = [(name, i % 2) for i, name in enumerate(names)]
    network = tiny(kd.Genotype(pairs, range(2, 11), pairs, range(2, 11)))
    with tf.GradientTape() as tape:
        logits = network(sentences(words=12), training=True)
        loss = tf.reduce_sum(tf.sin(logits))
    gradients = tape.gradient(loss, network.trainable_weights)
    unreached = [
        weight.path
        for weight, gradient in zip(
            network.trainable_weights, gradients, strict=True
        )
        if gradient is None or not np.any(gradient)
    ]
    assert unreached == []


def test_all_variables_exist_before_the_first_call():
    network = tiny()
    paths = [variable.path for variable in network.variables]
    network(sentences(), training=True)
    assert [variable.path for variable in network.variables] == paths


def test_dropout_acts_in_training_only():
    ids = sentences()
    for rates in ({"embedding_dropout": 0.0}, {"dropout": 0.0}):
        network = tiny(fast(), num_cells=1, **rates)
        np.testing.assert_array_equal(network(ids), network(ids))
        first, second = (network(ids, training=True) for _ in range(2))
        assert np.any(first != second), rates
    network = tiny(fast(), num_cells=1, dropout=0.0, embedding_dropout=0.0)
    first, second = (network(ids, training=True) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_fit_learns_which_sentences_hold_a_word():
    keras.utils.set_random_seed(0)
    network = tiny(fast(), embedding_dropout=0.0, dropout=0.0, num_cells=1)
    ids = sentences(count=64)
    labels = np.any(ids == 7, axis=1).astype("int64")
    network.compile(
        keras.optimizers.Adam(0.02),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    network.run_eagerly = True
    losses = network.fit(ids, labels, batch_size=16, epochs=4, verbose=0)
    assert losses.history["loss"][-1] < losses.history["loss"][0] / 2


def test_every_argument_comes_back_and_the_file_holds_all(tmp_path):
    network = moved(
        tiny(
            num_cells=4,
            dropout=0.25,
            embedding_dropout=0.125,
            drop_path_rate=0.5,
            name="sentences",
        )
    )
    kd.testing.run_config_test(network)
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(loaded(sentences()), network(sentences()))
    assert loaded.get_config() == network.get_config()


def test_half_precision_gives_logits_in_full(policy):
    policy("mixed_float16")
    logits = tiny()(sentences(), training=True)
    assert logits.dtype == "float32"
    assert np.isfinite(logits).all()


def test_lengths_that_can_not_be_halved_are_refused():
    with pytest.raises(ValueError, match="`sequence_length` must .* by 4"):
        tiny(sequence_length=10)
    with pytest.raises(ValueError, match=r"`ids.shape\[1\]` must .* by 4"):
        tiny()(sentences(length=10))


def test_genotypes_of_other_modalities_are_refused():
    with pytest.raises(ValueError, match="`primitives` must be for sequences"):
        tiny(genotypes.get("darts_v2"))
