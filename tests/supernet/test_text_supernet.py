"""The supernet of sentences: what it learns, and that padding is nothing."""

import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts import discretizers
from keras_darts.primitives import make_primitive
from keras_darts.supernet import TextSupernet
from keras_darts.utils.private_api import seeded

NAMES = ("none", "skip_connect", "avg_pool_1d_3", "conv_1d_3", "self_attention")


def make_space(names=NAMES, **settings):
    settings = {"filters": 4, "num_nodes": 1, "embedding_size": 5, **settings}
    return kd.search_spaces.text_cnn(primitives=names, **settings)


def make_supernet(space=None, length=8, strategy=None, seed=0):
    strategy = (strategy or kd.SearchStrategy()).clone()
    with seeded(seed):
        return TextSupernet(
            space or make_space(dropout=0.0),
            3,
            (length,),
            20,
            relaxation=strategy.relaxation,
            connection=strategy.connection,
            initializer=strategy.initializer,
            edge_normalization=strategy.edge_normalization,
        )


def sentences(count=4, words=7, length=8, seed=0):
    generator = np.random.default_rng(seed)
    ids = generator.integers(1, 20, (count, words))
    return np.pad(ids, [(0, 0), (0, length - words)])


@pytest.mark.parametrize("num_cells", [1, 4])
def test_logits_and_alphas_have_their_shapes(num_cells):
    supernet = make_supernet(make_space(num_cells=num_cells, num_nodes=2))
    assert supernet(sentences()).shape == (4, 3)
    assert [v.shape for v in supernet.arch_variables] == [(5, 5)] * 2


def test_the_space_has_every_primitive_for_sequences():
    space = kd.search_spaces.get("text_cnn")
    # Other tests register their own.
    ours = [
        name
        for name in kd.primitives.names(rank=3)
        if type(make_primitive(name, 4)).__module__.startswith("keras_darts.")
    ]
    assert sorted(space.normal.primitives[0]) == ours
    kd.testing.run_search_space_test(make_space())


def test_the_gradient_reaches_alphas_and_weights():
    supernet = make_supernet(
        make_space(), strategy=kd.SearchStrategy(edge_normalization=True)
    )
    with tf.GradientTape() as tape:
        logits = supernet(sentences(), training=True)
        loss = tf.reduce_sum(tf.sin(logits))
    variables = supernet.trainable_variables
    for variable, gradient in zip(
        variables, tape.gradient(loss, variables), strict=True
    ):
        assert isinstance(gradient, tf.Tensor), variable.path
        assert np.any(gradient), variable.path


@pytest.mark.parametrize("normalization", ["batch", None])
def test_padding_after_a_sentence_moves_no_logit(normalization):
    names = kd.search_spaces.get("text_cnn").normal.primitives[0]
    space = kd.SearchSpace(
        normal=kd.CellSpec.uniform(names, 1),
        reduce=kd.CellSpec.uniform(names, 1, reduction=True),
        filters=4,
        num_cells=3,
        normalization=normalization,
        task="text_classification",
        embedding_size=5,
        dropout=0.5,
    )
    supernet = make_supernet(space)
    supernet(sentences(), training=True)
    for words in (1, 7):
        expected = supernet(sentences(words=words)).numpy()
        for length in (12, 32):
            np.testing.assert_allclose(
                supernet(sentences(words=words, length=length)),
                expected,
                rtol=1e-5,
                atol=1e-5,
            )


def test_a_traced_call_equals_an_eager_one():
    eager, traced = make_supernet(), make_supernet()
    call = tf.function(lambda ids: traced(ids, training=True))
    for seed in range(2):
        np.testing.assert_allclose(
            call(sentences(seed=seed)),
            eager(sentences(seed=seed), training=True),
            rtol=1e-4,
            atol=1e-5,
        )
    for one, other in zip(traced.variables, eager.variables, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_the_spaces_dropout_acts_in_training_only():
    supernet, ids = make_supernet(make_space(dropout=0.5)), sentences()
    np.testing.assert_array_equal(supernet(ids), supernet(ids))
    assert np.any(supernet(ids, training=True) != supernet(ids, training=True))


def test_what_is_derived_from_it_is_a_text_network():
    space = make_space()
    mixing = make_supernet(space).arch()
    weights = {
        cell_type: result.weights for cell_type, result in mixing.items()
    }
    genotype = discretizers.TopK()(space, weights, {})
    network = kd.networks.TextNetwork(
        genotype, 3, vocabulary_size=20, filters=4, sequence_length=8
    )
    assert network(sentences()).shape == (4, 3)


def test_primitives_for_images_are_refused():
    with pytest.raises(ValueError, match="`rank=3`. Received: dil_conv_3x3$"):
        make_supernet(make_space(("skip_connect", "dil_conv_3x3")))


@pytest.mark.parametrize("length", [10, 2, 0])
def test_lengths_that_can_not_be_halved_twice_are_refused(length):
    with pytest.raises(ValueError, match="`input_shape` must be .*by 4"):
        make_supernet(length=length)
