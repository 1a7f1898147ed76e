"""Searches for cells that classify sentences."""

import numpy as np
import pytest

import keras_darts as kd

PRIMITIVES = ("none", "skip_connect", "conv_1d_3", "self_attention")


@pytest.fixture
def space():
    return kd.search_spaces.text_cnn(
        filters=4,
        num_cells=2,
        num_nodes=1,
        primitives=PRIMITIVES,
        embedding_size=6,
        dropout=0.0,
    )


def sentences(count=24, length=8, words=9):
    """Ids of which the first tells the class, with padding at the end."""
    ids = np.random.default_rng(0).integers(1, words, (count, length))
    ids[:, 0] = 1 + np.arange(count) % 2
    ids[:, 6:] = 0
    return ids.astype("int32"), np.arange(count) % 2


@pytest.mark.parametrize("strategy", ["darts", "darts_second_order"])
def test_a_search_moves_alphas_and_weights(space, strategy):
    search = kd.DartsSearch(space, strategy)
    search.compile(run_eagerly=True)
    history = search.fit(*sentences(), batch_size=6, epochs=1, verbose=0)
    assert search.vocabulary_size == 9
    assert search.image_shape == (8,)
    assert search.num_classes == 2
    assert {"accuracy", "val_accuracy", "arch_loss"} <= set(history.history)
    fresh = kd.DartsSearch(
        space, num_classes=2, input_shape=(8,), vocabulary_size=9
    )
    for mine, first in zip(
        search.arch_variables, fresh.arch_variables, strict=True
    ):
        assert np.any(mine.numpy() != first.numpy())


def test_the_derived_network_has_the_sizes_of_the_data(space):
    search = kd.DartsSearch(
        space, num_classes=2, input_shape=(8,), vocabulary_size=9
    )
    network = search.derived_network(filters=4, num_cells=2)
    assert network.genotype == search.genotype()
    assert network.embedding_size == 6
    assert network(sentences()[0]).shape == (24, 2)


def test_the_run_is_what_every_search_leaves(space, tmp_path):
    search = kd.DartsSearch(space)
    search.compile(run_eagerly=True)
    search.fit(
        *sentences(), batch_size=6, epochs=1, verbose=0, output_dir=tmp_path
    )
    names = {path.name for path in tmp_path.rglob("*")}
    assert {"config.json", "genotype.json", "alphas.npz"} <= names
    assert {"normal.svg", "reduce.svg", "history.csv"} <= names


def negative():
    ids, labels = sentences()
    return ids - 1, labels


def strings():
    ids, labels = sentences()
    return np.array([str(row) for row in ids]), labels


@pytest.mark.parametrize(
    ("data", "sizes", "message"),
    [
        (strings, {}, "`x` must be token ids"),
        (lambda: sentences(length=10), {}, "divided by 4"),
        (sentences, {"vocabulary_size": 5}, "below `vocabulary_size`"),
        (negative, {}, "ids from -1"),
        (sentences, {"input_shape": (12,)}, "`x` must .* the `input_shape`"),
        (lambda: (np.ones((8, 8, 8, 1)), [0, 1] * 4), {}, "token ids"),
    ],
)
def test_data_that_do_not_fit_are_refused(space, data, sizes, message):
    search = kd.DartsSearch(space, **sizes)
    with pytest.raises(ValueError, match=message):
        search.fit(*data(), batch_size=4, epochs=1)


def test_augmentation_is_refused(space):
    with pytest.raises(ValueError, match="`augmentation` must be left out"):
        kd.DartsSearch(space).fit(*sentences(), augmentation="cutout")
