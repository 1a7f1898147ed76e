"""A search that is saved and loaded answers, and goes on, as it did."""

import dataclasses

import h5py
import keras
import numpy as np
import pytest

import keras_darts as kd
from keras_darts.strategies import RECIPES
from keras_darts.testing.small import small_batch
from keras_darts.testing.small import small_search

# Keras' way to NumPy arrays, which is not for users to mend.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

CELLS = {"num_nodes": 1, "primitives": ("skip_connect", "max_pool_3x3")}
WITH_WEIGHTS = {"num_nodes": 1, "primitives": ("skip_connect", "sep_conv_3x3")}
WARM = kd.callbacks.WeightWarmUp(1)


def stages(*counts):
    return [kd.strategies.Stage(1, num_candidates=count) for count in counts]


def short_segments():
    recipe = dataclasses.replace(RECIPES["language_modeling"], segment_length=4)
    return kd.SearchStrategy(recipe=recipe)


SEARCHES = {
    "image": (lambda: kd.search_spaces.darts_cnn(2, 1, **CELLS), "darts"),
    "conv": (
        lambda: kd.search_spaces.darts_cnn(2, 1, **WITH_WEIGHTS),
        kd.SearchStrategy(callbacks=[WARM]),
    ),
    "pc_darts": (
        lambda: kd.search_spaces.darts_cnn(4, 1, **CELLS),
        "pc_darts",
    ),
    "staged": (
        lambda: kd.search_spaces.darts_cnn(
            2, 1, num_nodes=1, primitives=(*CELLS["primitives"], "none")
        ),
        kd.SearchStrategy(stages=stages(None, 2)),
    ),
    "nas_bench_201": (
        lambda: kd.search_spaces.nas_bench_201(2, 1, num_nodes=2),
        "darts",
    ),
    "sampled": (
        lambda: kd.search_spaces.darts_cnn(2, 1, **CELLS),
        kd.strategies.methods.random_sharing(num_samples=2),
    ),
    "text": (
        lambda: kd.search_spaces.text_cnn(2, 1, embedding_size=3, num_nodes=1),
        "darts",
    ),
    "recurrent": (
        lambda: kd.search_spaces.darts_rnn(1, hidden_size=4),
        short_segments(),
    ),
}


def data(space):
    x, y = small_batch(space, count=8)
    return (x.ravel(),) if space.task == "language_modeling" else (x, y)


def searched(space, strategy, *, dtype=None, eager=True, **options):
    search = small_search(space, strategy, dtype=dtype)
    search.compile(arch_optimizer=keras.optimizers.Adam(0.1), run_eagerly=eager)
    fit(search, epochs=2 if search.stages else 1, **options)
    return search


def fit(search, **options):
    return search.fit(
        *data(search.whole_space),
        **{
            "batch_size": 4,
            "steps_per_epoch": 1,
            "warn_on_collapse": False,
            "verbose": 0,
            **options,
        },
    )


def assert_same_search(loaded, search):
    x, y = small_batch(search.search_space, count=4)
    for name in ("", "optimizer", "arch_optimizer"):
        one, other = (getattr(s, name) if name else s for s in (search, loaded))
        for a, b in zip(one.variables, other.variables, strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)
    search.reset_metrics()
    loaded.reset_metrics()
    np.testing.assert_array_equal(loaded(x), search(x))
    assert loaded.genotype() == search.genotype()
    assert loaded.task == search.task
    assert loaded.get_config() == search.get_config()
    data = {"x": x, "y": y, "batch_size": 2, "verbose": 0}
    assert loaded.evaluate(**data) == search.evaluate(**data)


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_comes_back_from_a_file_as_it_was(name, tmp_path):
    space, strategy = SEARCHES[name]
    search = searched(space(), strategy)
    search.save(tmp_path / "search.keras")
    loaded = keras.saving.load_model(tmp_path / "search.keras")
    assert_same_search(loaded, search)
    if not search.stages:
        # The next steps are the same ones.
        again = [fit(s, epochs=1).history for s in (search, loaded)]
        assert again[0] == again[1]
        assert_same_search(loaded, search)


def test_each_number_of_the_supernet_is_saved_once(tmp_path):
    space, strategy = SEARCHES["conv"]
    search = small_search(space(), strategy)
    search.save_weights(tmp_path / "all.weights.h5")
    sizes = []

    def add(name, entry):
        if isinstance(entry, h5py.Dataset) and "cells" in name:
            sizes.append(entry.size)

    with h5py.File(tmp_path / "all.weights.h5") as file:
        file.visititems(add)
    cells = search.supernet.cells
    assert sum(sizes) == sum(
        v.value.shape.num_elements() for c in cells for v in c.variables
    )


def test_a_loaded_search_gives_a_network_that_scales(tmp_path):
    search = searched(SEARCHES["image"][0](), "darts")
    search.save(tmp_path / "search.keras")
    loaded = keras.saving.load_model(tmp_path / "search.keras")
    networks = [
        s.derived_network(filters=2, num_cells=2) for s in (search, loaded)
    ]
    assert networks[0].mean == networks[1].mean
    assert networks[0].variance == networks[1].variance
    assert networks[1].mean is not None


def test_weights_alone_have_the_scaling_too(tmp_path):
    space = SEARCHES["image"][0]()
    search = searched(space, "darts")
    search.save_weights(tmp_path / "search.weights.h5")
    other = small_search(space)
    x, _ = small_batch(space, count=4)
    assert not np.allclose(other(x), search(x))
    other.load_weights(tmp_path / "search.weights.h5")
    np.testing.assert_array_equal(other(x), search(x))


def test_the_scale_of_the_loss_is_saved(tmp_path):
    space = SEARCHES["image"][0]()
    search = searched(space, "darts", dtype="mixed_float16")
    scaling = search.loss_scaling
    scaling.optimizer.dynamic_scale.assign(8.0)
    scaling.arch_optimizer.step_counter.assign(5)
    search.save(tmp_path / "search.keras")
    loaded = keras.saving.load_model(tmp_path / "search.keras")
    assert_same_search(loaded, search)
    assert float(loaded.loss_scaling.optimizer.dynamic_scale) == 8.0
    assert int(loaded.loss_scaling.arch_optimizer.step_counter) == 5


def test_a_checkpoint_of_keras_in_the_midst_of_a_search_is_whole(tmp_path):
    path = str(tmp_path / "{epoch}.keras")
    keep = keras.callbacks.ModelCheckpoint(path)
    search = searched(SEARCHES["image"][0](), "darts", callbacks=[keep])
    assert_same_search(keras.saving.load_model(path.format(epoch=1)), search)


@pytest.mark.parametrize(
    "loss, metrics",
    [
        (None, ["accuracy"]),
        ("sparse_categorical_crossentropy", None),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), None),
    ],
)
def test_what_compile_was_given_is_saved(loss, metrics, tmp_path):
    space = SEARCHES["image"][0]()
    search = small_search(space)
    search.compile(
        keras.optimizers.SGD(0.5), loss=loss, metrics=metrics, run_eagerly=True
    )
    fit(search, epochs=1)
    search.save(tmp_path / "search.keras")
    loaded = keras.saving.load_model(tmp_path / "search.keras")
    assert_same_search(loaded, search)
    assert float(loaded.optimizer.learning_rate) == 0.5


def test_a_search_that_has_seen_no_data_is_saved_too(tmp_path):
    space = SEARCHES["image"][0]()
    small_search(space).save(tmp_path / "search.keras")
    loaded = keras.saving.load_model(tmp_path / "search.keras")
    assert loaded.task is None
    assert fit(loaded, epochs=1).epoch == [0]
