"""The recipe for labelled sentences: what it trains on and ends with."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import networks
from keras_darts import search_spaces
from keras_darts.training import TrainingRun
from keras_darts.training import load_network
from keras_darts.training import text_classification_recipe

SPACE = search_spaces.text_cnn(
    num_nodes=1, primitives=("none", "skip_connect", "conv_1d_3")
)


def network():
    keras.utils.set_random_seed(0)
    return networks.TextNetwork(
        SPACE.random_genotype(0),
        vocabulary_size=6,
        embedding_size=4,
        filters=2,
        num_cells=1,
        sequence_length=4,
        dropout=0.0,
        embedding_dropout=0.0,
    )


def sentences(count):
    """The class is the first word's, of which there are two."""
    rng = np.random.default_rng(count)
    labels = rng.integers(0, 2, count)
    words = rng.integers(4, 6, (count, 3))
    ids = np.concatenate([2 + labels[:, None], words], axis=1)
    return tf.data.Dataset.from_tensor_slices((ids.astype("int32"), labels))


def test_it_learns_and_repeats_itself():
    histories = []
    for _ in range(2):
        model = network()
        recipe = text_classification_recipe(
            model, 64, epochs=4, batch_size=16, learning_rate=0.05
        )
        history = recipe.fit(model, sentences(64), verbose=0).history
        histories.append(history)
    assert histories[0]["loss"] == histories[1]["loss"]
    assert histories[0]["accuracy"][-1] > 0.95
    assert list(histories[0]) == ["accuracy", "loss"]


def test_the_rate_falls_to_nothing_and_decay_is_the_recipes():
    model = network()
    recipe = text_classification_recipe(
        model, 100, epochs=10, weight_decay=0.25
    )
    recipe.compile(model)
    optimizer = model.optimizer
    assert optimizer is not recipe.optimizer
    assert optimizer.weight_decay == 0.25
    assert float(optimizer.learning_rate) == pytest.approx(1e-3)
    optimizer.iterations.assign(2 * 9)
    assert float(optimizer.learning_rate) < 3e-5


def test_each_pass_has_an_order_of_its_own_and_resumes():
    recipe = text_classification_recipe(
        network(), 12, epochs=2, batch_size=4, seed=3
    )
    numbered = tf.data.Dataset.from_tensor_slices((np.eye(12), np.arange(12)))
    order = [
        y.tolist() for _, y in recipe.pipeline(numbered).as_numpy_iterator()
    ]
    first, second = sum(order[:3], []), sum(order[3:], [])
    assert sorted(first) == sorted(second) == list(range(12))
    assert first != second
    late = recipe.pipeline(numbered, start_epoch=1).as_numpy_iterator()
    assert [y.tolist() for _, y in late] == order[3:]
    plain = recipe.pipeline(numbered, training=False).as_numpy_iterator()
    assert sum([y.tolist() for _, y in plain], []) == list(range(12))


def test_it_ends_with_the_best_epoch_which_is_what_a_run_keeps(tmp_path):
    model = network()
    recipe = text_classification_recipe(
        model, 32, epochs=4, batch_size=8, learning_rate=0.5
    )
    run = TrainingRun(tmp_path, config={})
    valid = sentences(33)
    history = recipe.fit(
        model, sentences(32), valid, verbose=0, callbacks=[run]
    ).history
    best = max(history["val_accuracy"])
    assert min(history["val_accuracy"]) < best
    for trained in (model, load_network(tmp_path)):
        ids, labels = next(iter(valid.batch(33)))
        right = trained(ids).numpy().argmax(-1) == labels.numpy()
        assert right.mean() == pytest.approx(best)


def test_a_batch_of_more_than_there_is_is_refused():
    with pytest.raises(ValueError, match="`batch_size` must be at most"):
        text_classification_recipe(network(), 49)


def test_the_config_is_plain():
    recipe = text_classification_recipe(network(), 64)
    config = recipe.get_config()
    assert config["num_train"] == 64
    assert config["optimizer"]["class_name"] == "AdamW"


IDS, CLASSES = np.ones((6, 8), "int32"), np.arange(6) % 2


@pytest.mark.parametrize(
    "x, y, words",
    [
        (IDS, np.array(["good"] * 6), "`y` .* must be numbers, not names"),
        (IDS, CLASSES + 1, "`y` .* must be class numbers from 0 below"),
        (IDS.astype("float32"), CLASSES, "`x` must be token ids"),
        (IDS[:, :7], CLASSES, "`x` must be sentences padded to one length"),
        (IDS, None, "labels are missing"),
    ],
    ids=["names of classes", "from 1", "no ids", "length", "no labels"],
)
@pytest.mark.parametrize("batched", [False, True])
def test_what_are_no_labelled_sentences_is_refused(x, y, words, batched):
    recipe = text_classification_recipe(network(), 6, batch_size=3)
    data = tf.data.Dataset.from_tensor_slices(x if y is None else (x, y))
    with pytest.raises(ValueError, match=words):
        recipe.fit(network(), data.batch(2) if batched else data, verbose=0)


@pytest.mark.parametrize("form", ["arrays", "a pair", "batches"])
def test_all_forms_of_sentences_train(form):
    data = {
        "arrays": (IDS, CLASSES, (IDS, CLASSES)),
        "a pair": ((IDS, CLASSES), (IDS, CLASSES)),
        "batches": [tf.data.Dataset.from_tensor_slices((IDS, CLASSES)).batch(4)]
        * 2,
    }[form]
    model = network()
    recipe = text_classification_recipe(model, 6, batch_size=3, epochs=1)
    model.run_eagerly = True
    history = recipe.fit(model, *data, verbose=0).history
    assert {"accuracy", "loss", "val_accuracy", "val_loss"} == set(history)


@pytest.mark.parametrize("options", [{"epochs": 0}, {"batch_size": 0}])
def test_counts_below_one_are_refused(options):
    with pytest.raises(ValueError, match=f"`{next(iter(options))}` must be"):
        text_classification_recipe(network(), 24, **options)
