"""Recipes of language models, from ids to what a run leaves on disk."""

import csv
import json

import keras
import numpy as np
import pytest

from keras_darts import genotypes
from keras_darts import networks
from keras_darts import training
from keras_darts.datasets import Vocabulary

WORDS = 20
TEXT = np.random.default_rng(0).permutation(WORDS)
GENOTYPE = genotypes.RecurrentGenotype([("tanh", 0), ("relu", 1)], (1, 2))
TRAIN, VALID = np.tile(TEXT, 60), np.tile(TEXT, 15)

# Keras' way to NumPy arrays.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


def new_model(**options):
    keras.utils.set_random_seed(0)
    return networks.RecurrentLanguageModel(
        GENOTYPE,
        WORDS,
        hidden_size=8,
        **{
            "output_dropout": 0.0,
            "cell_input_dropout": 0.0,
            "segment_length": 10,
            **options,
        },
    )


def new_recipe(model, **options):
    defaults = {"batch_size": 4, "segment_length": 10, "eval_batch_size": 2}
    return training.small_language_model_recipe(
        model, **{**defaults, **options}
    )


@pytest.fixture
def model():
    return new_model()


@pytest.fixture
def vocabulary():
    return Vocabulary(tuple(f"word{i}" for i in range(WORDS)))


class Interrupt(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def fit(recipe, model, *callbacks, **options):
    return recipe.fit(
        model, TRAIN, VALID, callbacks=callbacks, verbose=0, **options
    )


def test_a_model_learns_a_text_that_repeats_itself(model):
    recipe = new_recipe(model, epochs=6)
    history = fit(recipe, model).history
    assert len(history["loss"]) == 6
    assert history["val_perplexity"][-1] < WORDS / 2
    np.testing.assert_allclose(
        history["val_perplexity"], np.exp(history["val_loss"]), rtol=1e-5
    )
    figures = training.evaluate_language_model(model, VALID, batch_size=2)
    assert figures["loss"] == pytest.approx(min(history["val_loss"]), rel=1e-5)


def test_every_epoch_has_its_own_segments_of_the_whole_text(model):
    recipe = new_recipe(model, epochs=2)
    steps = recipe.steps_per_epoch(TRAIN)
    lengths = [x.shape[1] for x, _ in recipe.pipeline(TRAIN)]
    first, second = lengths[:steps], lengths[steps:]
    assert sum(first) == sum(second) == len(TRAIN) // 4 - 1
    assert first != second
    assert len(set(first)) > 1
    late = recipe.pipeline(TRAIN, start_epoch=1)
    assert [x.shape[1] for x, _ in late] == second


def test_evaluation_takes_segments_of_one_length(model):
    batches = new_recipe(model).pipeline(VALID, training=False)
    assert [x.shape for x, _ in batches][0] == (2, 10)
    assert sum(x.shape[1] for x, _ in batches) == len(VALID) // 2 - 1


def test_more_epochs_than_those_of_the_recipe_are_possible(model):
    history = fit(new_recipe(model, epochs=1), model, epochs=2)
    assert len(history.history["loss"]) == 2


def test_one_recipe_trains_any_number_of_models(model):
    recipe = new_recipe(model, epochs=1)
    other = new_model()
    recipe.compile(other)
    first = fit(recipe, model).history
    assert fit(recipe, other).history == first
    assert other.optimizer is not model.optimizer


def test_an_interrupted_training_keeps_the_best_state(model):
    recipe = new_recipe(model, epochs=9)
    with pytest.raises(KeyboardInterrupt):
        fit(recipe, model, Interrupt(2))
    again = new_model()
    recipe.compile(again)
    fit(recipe, again, epochs=2)
    for ours, theirs in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


class Worsen(keras.callbacks.Callback):
    """Makes the first word more and more likely."""

    def on_epoch_begin(self, epoch, logs=None):
        bias = self.model.body.embedding.bias
        bias.assign([2.0 * epoch] + [0.0] * (WORDS - 1))


def test_averaging_is_part_of_the_recipe(model):
    recipe = new_recipe(model, patience=1, epochs=4, learning_rate=1e-6)
    history = fit(recipe, model, Worsen()).history
    assert np.all(np.diff(history["val_loss"][:3]) > 0)
    assert history["averaging"] == [0, 0, 0, 1]


def test_the_published_recipes():
    model = new_model(segment_length=35)
    recipe = training.ptb_recipe(model)
    optimizer = recipe.optimizer.get_config()
    assert optimizer["learning_rate"] == 20.0
    assert optimizer["weight_decay"] == 8e-7
    assert optimizer["global_clipnorm"] == 0.25
    assert (recipe.epochs, recipe.batch_size) == (8000, 64)
    assert (recipe.segment_length, recipe.length_distribution) == (35, "normal")
    assert (recipe.eval_batch_size, recipe.patience) == (10, 5)
    other = training.wikitext2_recipe(model)
    other.compile(model)
    assert model.optimizer.weight_decay == 5e-7
    assert other.get_config().keys() == recipe.get_config().keys()
    assert other.epochs == 8000


@pytest.mark.parametrize("name, settings", training.MODEL_SETTINGS.items())
def test_the_settings_are_arguments_of_the_model(name, settings):
    model = networks.RecurrentLanguageModel("rnn_darts_v2", WORDS, **settings)
    assert settings.items() <= model.get_config().items()


def test_the_config_says_everything_as_plain_values(model):
    config = json.loads(json.dumps(new_recipe(model).get_config()))
    assert config["optimizer"]["class_name"] == "AveragedSGD"
    assert config["batch_size"] == 4
    assert config["segment_length"] == 10


def test_a_segment_length_other_than_the_models_is_refused(model):
    with pytest.raises(ValueError, match="`segment_length` must be that of"):
        training.ptb_recipe(model)


def test_words_that_the_model_does_not_know_are_refused(model):
    recipe = new_recipe(model)
    with pytest.raises(ValueError, match="below `vocabulary_size`"):
        recipe.fit(model, TRAIN, VALID + 1)


def test_a_run_leaves_its_files(model, vocabulary, tmp_path):
    recipe = new_recipe(model, epochs=2)
    run = training.TrainingRun(
        tmp_path, config={"seed": 0}, vocabulary=vocabulary
    )
    fit(recipe, model, run)
    assert {file.name for file in tmp_path.iterdir()} == {
        *["config.json", "genotype.json", "history.csv", "model.keras"],
        "vocabulary.json",
    }
    genotype = genotypes.load(tmp_path / "genotype.json")
    assert genotype == model.genotype
    assert Vocabulary.load(tmp_path / "vocabulary.json") == vocabulary
    with (tmp_path / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["averaging"] for row in rows] == ["0", "0"]
    assert float(rows[0]["perplexity"]) > 1


def test_the_model_comes_back_with_the_weights_of_the_best_check(
    model, tmp_path
):
    recipe = new_recipe(model, epochs=3)
    recipe.compile(model)
    model.optimizer.start_averaging()
    fit(recipe, model, training.TrainingRun(tmp_path, config={}))
    loaded = training.load_network(tmp_path)
    assert type(loaded) is type(model)
    state = np.full((2, 8), 0.5, "float32")
    ids = VALID[:20].reshape(2, 10)
    for ours, theirs in zip(
        model((ids, state)), loaded((ids, state)), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    np.testing.assert_allclose(model(ids), loaded(ids), rtol=1e-6)


def test_a_vocabulary_of_another_size_is_refused(model, tmp_path):
    recipe = new_recipe(model)
    run = training.TrainingRun(
        tmp_path, config={}, vocabulary=Vocabulary(("a", "b"))
    )
    with pytest.raises(ValueError, match="`vocabulary` must have the 20"):
        fit(recipe, model, run)


@pytest.mark.parametrize(
    "name", ["epochs", "batch_size", "segment_length", "eval_batch_size"]
)
def test_counts_below_one_are_refused(model, name):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive"):
        new_recipe(model, **{name: 0})


def test_an_error_names_the_text(model):
    recipe = new_recipe(model)
    with pytest.raises(ValueError, match="`validation_ids` must hold"):
        recipe.fit(model, np.arange(400) % 5, np.full(400, 10**6))
