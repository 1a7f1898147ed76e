"""A kind of data of a user's own, from the search to the SavedModel."""

import keras
import numpy as np
import pages
import pytest

import keras_darts as kd
from keras_darts.cli.tasks import of_space


@pytest.fixture(scope="module")
def names():
    """What the page on extending makes of signals."""
    names = {"__name__": "signals"}
    code = pages.python_blocks("docs/extending.md")["add-task"]
    exec(compile(code, "docs/extending.md", "exec"), names)
    return names


def signals(count=48):
    """Waves along time in two channels, slow ones and fast ones."""
    draw = np.random.default_rng(0)
    labels = np.arange(count) % 2
    turns = np.where(labels, 3.0, 1.0)[:, None, None]
    time = np.linspace(0, 2 * np.pi, 16, endpoint=False)[:, None]
    waves = np.sin(turns * time + draw.uniform(0, 6, (count, 1, 2)))
    return waves.astype("float32"), labels


def test_the_code_of_a_kind_of_data_is_short():
    code = pages.python_blocks("docs/extending.md")["add-task"]
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) < 80


def test_a_search_learns_and_derives(names, tmp_path):
    search = kd.DartsSearch(names["signal_space"]())
    x, y = signals()
    options = {"batch_size": 8, "verbose": 0, "output_dir": tmp_path / "run"}
    history = search.fit(x, y, epochs=2, **options)
    assert len(history.history["val_accuracy"]) == 2
    assert search.num_classes == 2 and search.image_shape == (16, 2)
    assert kd.genotypes.load(tmp_path / "run" / "genotype.json") == (
        search.genotype()
    )
    network = search.derived_network()
    assert network(x[:3]).shape == (3, 2)
    with pytest.raises(ValueError, match=r"`x` must be signals .*\(15, 2\)"):
        kd.DartsSearch(names["signal_space"]()).fit(x[:, 1:], y, batch_size=8)


def test_its_network_is_trained_and_exported(names, tmp_path):
    x, y = signals()
    genotype = names["signal_space"]().random_genotype(1)
    network = names["SignalNetwork"](genotype, 2, (16, 2), filters=8)
    adapter = kd.tasks.get("signal_classification")
    task = kd.datasets.Task("sparse", 2)
    recipe = adapter.recipe(network, 48, task, epochs=12, batch_size=8)
    recipe.fit(network, x, y, output_dir=tmp_path / "run", verbose=0)
    accuracy = network.evaluate(x, y, verbose=0, return_dict=True)["accuracy"]
    assert accuracy > 0.9
    loaded = kd.training.load_network(tmp_path / "run")
    np.testing.assert_allclose(loaded(x), network(x), atol=1e-6)
    folder = kd.export.saved_model(
        network, tmp_path / "model", labels=["slow", "fast"]
    )
    exported = kd.export.load(folder)
    assert exported.signatures["serving_default"].inputs == {
        "signal": (None, 16, 2)
    }
    np.testing.assert_allclose(
        exported(x)["logits"], network(x), rtol=1e-4, atol=1e-4
    )


def test_a_tuner_searches_and_trains(names, tmp_path):
    tuner = kd.DartsTuner(
        names["signal_space"](),
        max_trials=1,
        train_epochs=1,
        directory=tmp_path,
        project_name="signals",
    )
    x, y = signals(80)
    tuner.search(x, y, batch_size=8, epochs=1, verbose=0)
    (genotype,) = tuner.get_best_genotypes()
    assert isinstance(genotype, kd.Genotype)
    (model,) = tuner.get_best_models()
    assert isinstance(model, keras.Model)
    assert model(x[:2]).shape == (2, 2)


def test_the_command_line_says_which_tasks_it_knows(names):
    with pytest.raises(ValueError, match="`search_space` must be for image_cl"):
        of_space(names["signal_space"]())


def test_a_strategy_has_a_recipe_for_it(names):
    space = names["signal_space"]()
    recipe = kd.strategies.SearchRecipe(epochs=7)
    chosen = kd.SearchStrategy(recipe={space.task: recipe})
    assert kd.DartsSearch(space, chosen).recipe.epochs == 7
    assert kd.SearchStrategy.from_config(chosen.get_config()) == chosen
    adapter = kd.tasks.get(space.task)
    assert kd.DartsSearch(space).recipe == adapter.search_recipe
    with pytest.raises(ValueError, match="`recipe` must be one of .*'image'"):
        kd.SearchStrategy(recipe={"image": recipe})
