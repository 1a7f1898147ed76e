"""KerasTuner's own behaviours, of a `DartsTuner` in the place of its tuners."""

import json

import keras
import keras_tuner
import numpy as np
import pytest
from tiny_tuning import FIT
from tiny_tuning import X
from tiny_tuning import Y
from tiny_tuning import build
from tiny_tuning import hypermodel
from tiny_tuning import make
from tiny_tuning import tuned

import keras_darts as kd


# Keras' own, as it saves weights, and as it loads them without an optimizer.
def as_keras_saves(test):
    for message in ("__array__ implementation", "Skipping variable loading"):
        test = pytest.mark.filterwarnings(f"ignore:{message}")(test)
    return test


pytestmark = pytest.mark.usefixtures("quick")
INPUTS = np.arange(60, dtype="float32").reshape(20, 3) / 60
TARGETS = np.arange(20) % 2


def build_dense(hp):
    model = keras.Sequential()
    for index in range(hp.Int("layers", 1, 2)):
        model.add(keras.layers.Dense(hp.Choice(f"units{index}", [2, 4])))
    model.add(keras.layers.Dense(2))
    model.compile(
        hp.Choice("optimizer", ["adam", "sgd"]),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        run_eagerly=True,
    )
    return model


def plain(tuner_class, directory, **options):
    """A script that was written for KerasTuner."""
    keras.utils.set_random_seed(0)
    tuner = tuner_class(
        build_dense,
        objective="val_loss",
        max_trials=2,
        executions_per_trial=2,
        seed=3,
        directory=directory,
        project_name="plain",
        **options,
    )
    tuner.search(
        INPUTS,
        TARGETS,
        epochs=1,
        validation_data=(INPUTS, TARGETS),
        verbose=0,
    )
    return tuner


class Returns(kd.DartsTuner):
    """Judges hyper-parameters by what a test gives."""

    def run_trial(self, trial, result, *args, **kwargs):
        trial.hyperparameters.Int("a", 0, 9)
        return result


def returned(result, directory, **options):
    options = {"objective": "val_accuracy", "max_trials": 1, **options}
    tuner = Returns(directory=directory, **options)
    tuner.search(result, verbose=0)
    return tuner


def history():
    results = keras.callbacks.History()
    results.history = {"val_accuracy": [0.1, 0.5, 0.3]}
    return results


@pytest.fixture(scope="module")
def done(quick, tmp_path_factory):
    """A search that has been through its one trial."""
    return tuned(tmp_path_factory.mktemp("tuning"))


def test_attributes_are_those_of_keras_tuner(tmp_path):
    tuner = kd.DartsTuner(
        build_dense,
        "val_accuracy",
        2,
        executions_per_trial=3,
        directory=tmp_path,
    )
    assert isinstance(tuner, keras_tuner.Tuner)
    assert tuner.oracle.objective.name == "val_accuracy"
    assert tuner.oracle.max_trials == 2
    assert tuner.executions_per_trial == 3
    assert tuner.directory == tmp_path
    assert tuner.hypermodel.__class__.__name__ == "DefaultHyperModel"
    assert len(tuner.oracle.hyperparameters.space) == 3


@as_keras_saves
def test_a_plain_script_gives_what_keras_tuner_gives(tmp_path):
    ours = plain(kd.DartsTuner, tmp_path / "ours")
    theirs = plain(keras_tuner.RandomSearch, tmp_path / "theirs")
    scores = [
        [trial.score for trial in tuner.oracle.get_best_trials(2)]
        for tuner in (ours, theirs)
    ]
    assert scores[0] == scores[1]
    best = [t.get_best_hyperparameters()[0].values for t in (ours, theirs)]
    assert best[0] == best[1]
    outputs = [t.get_best_models()[0](INPUTS).numpy() for t in (ours, theirs)]
    np.testing.assert_array_equal(*outputs)
    files = [
        {path.name for path in (tmp_path / name / "plain").rglob("*.*")}
        for name in ("ours", "theirs")
    ]
    assert files[0] == files[1]
    assert ours.get_best_genotypes() == []


@pytest.mark.parametrize("name", ["train_epochs", "random_baseline"])
def test_what_searches_alone_know_is_refused_for_plain_models(name, tmp_path):
    with pytest.raises(ValueError, match=f"`{name}` must be left out"):
        kd.DartsTuner(build_dense, "val_loss", directory=tmp_path, **{name: 2})


@as_keras_saves
def test_a_plain_script_that_ran_is_reloaded(tmp_path, capsys):
    before = plain(kd.DartsTuner, tmp_path)
    again = plain(kd.DartsTuner, tmp_path)
    assert "Reloading Tuner from" in capsys.readouterr().out
    assert again.remaining_trials == 0
    models = [t.get_best_models()[0](INPUTS).numpy() for t in (before, again)]
    np.testing.assert_array_equal(*models)


@pytest.mark.parametrize(
    "result, score",
    [
        (0.5, 0.5),
        (1, 1.0),
        (np.float32(0.5), 0.5),
        ({"val_accuracy": 0.5, "other": 3.0}, 0.5),
        ([0.5, 0.25], 0.375),
        ([{"val_accuracy": 0.5}, {"val_accuracy": 0.25}], 0.375),
        (history(), 0.5),
        ([history(), history()], 0.5),
    ],
)
def test_a_run_trial_may_return_what_keras_tuner_takes(result, score, tmp_path):
    tuner = returned(result, tmp_path)
    assert tuner.oracle.get_best_trials(1)[0].score == score


def test_without_an_objective_a_number_is_minimized(tmp_path):
    tuner = returned(0.25, tmp_path, objective=None)
    assert tuner.oracle.objective.direction == "min"
    assert tuner.oracle.get_best_trials(1)[0].score == 0.25


@pytest.mark.parametrize(
    "result, error, message",
    [
        (None, TypeError, "Did you forget to return"),
        ({"loss": 1.0}, ValueError, "the specified objective, val_accuracy"),
        ("0.5", TypeError, "to be one of float, dict"),
    ],
)
def test_other_results_end_the_tuning(result, error, message, tmp_path):
    with pytest.raises(error, match=message):
        returned(result, tmp_path)


def test_the_oracle_may_be_updated_within_a_trial(tmp_path):
    class Updates(kd.DartsTuner):
        def run_trial(self, trial, *args, **kwargs):
            self.oracle.update_trial(trial.trial_id, {"val_loss": 2.0})

    tuner = Updates(objective="val_loss", max_trials=1, directory=tmp_path)
    with pytest.warns(DeprecationWarning, match="update_trial"):
        tuner.search(verbose=0)
    assert tuner.oracle.get_best_trials(1)[0].score == 2.0


def test_finished_trials_are_reloaded_and_not_run_again(done):
    before, again = done, tuned(done.directory)
    assert again.epochs == []
    assert again.remaining_trials == 0
    assert before.get_best_genotypes() == again.get_best_genotypes() != []
    best = [t.get_best_hyperparameters()[0].values for t in (before, again)]
    assert best[0] == best[1]
    outputs = [
        t.get_best_models()[0].predict(X, verbose=0) for t in (before, again)
    ]
    np.testing.assert_array_equal(*outputs)


def test_overwriting_begins_anew(tmp_path):
    folder = returned(0.5, tmp_path, project_name="a").project.folder
    assert (folder / "trial_0").exists()
    tuner = make(tmp_path, project_name="a", overwrite=True)
    assert tuner.remaining_trials == 1
    assert not (folder / "trial_0").exists()


def test_a_project_of_something_else_is_refused_with_the_remedy(tmp_path):
    returned(0.5, tmp_path, project_name="a")
    oracle = tmp_path / "a" / "oracle.json"
    state = json.loads(oracle.read_text())
    del state["start_order"]
    oracle.write_text(json.dumps(state))
    with pytest.raises(RuntimeError, match="pass `overwrite=True`"):
        returned(0.5, tmp_path, project_name="a")


def test_trials_that_fail_one_after_the_other_end_the_tuning(tmp_path):
    class Diverges(kd.DartsHyperModel):
        def fit(self, hp, search, *args, **kwargs):
            raise FloatingPointError("NaN")

    tuner = make(
        tmp_path,
        hypermodel=Diverges(hypermodel().arguments["search_space"]),
        max_trials=5,
        max_consecutive_failed_trials=2,
    )
    with pytest.raises(RuntimeError, match="exceeded the limit of 2"):
        tuner.search(X, Y, **FIT)
    assert len(tuner.oracle.trials) == 2


def test_the_number_of_a_trial_and_the_time_left_are_shown(tmp_path, capsys):
    tuner = Returns(
        objective="val_accuracy", max_trials=2, directory=tmp_path, seed=0
    )
    tuner.search(0.5)
    printed = capsys.readouterr().out
    assert "Search: Running Trial #1" in printed
    assert "Trial 2 Complete" in printed
    assert "1 trial left, 0 s each; about 0 s left" in printed


def test_summaries_name_space_and_results(done, capsys):
    done.search_space_summary()
    done.results_summary()
    printed = capsys.readouterr().out
    assert "seed (Int)" in printed
    assert "Trial 0 summary" in printed
    assert "Random baseline" not in printed


def test_given_hyperparameters_are_the_whole_space(tmp_path):
    hp = keras_tuner.HyperParameters()
    hp.Choice("units0", [7])
    tuner = kd.DartsTuner(
        build_dense,
        "val_loss",
        hyperparameters=hp,
        tune_new_entries=False,
        directory=tmp_path,
    )
    assert [p.name for p in tuner.oracle.get_space().space] == ["units0"]
    with pytest.raises(RuntimeError, match="`allow_new_entries` is `False`"):
        kd.DartsTuner(
            build_dense,
            "val_loss",
            hyperparameters=hp,
            allow_new_entries=False,
            directory=tmp_path,
            project_name="b",
        )


@pytest.mark.parametrize("oracle", ["random", "bayesian", "grid"])
def test_each_oracle_is_had_by_name_and_with_its_seed(oracle, tmp_path):
    tuner = make(
        tmp_path, hypermodel=build, objective="val_loss", oracle=oracle
    )
    assert oracle in type(tuner.oracle).__name__.lower()
    assert (tuner.oracle.seed, tuner.oracle.max_trials) == (1, 1)


def test_a_strategy_of_devices_holds_searches_and_networks(tmp_path):
    import tensorflow as tf

    class Notes(kd.DartsHyperModel):
        def build(self, hp):
            scopes.append(tf.distribute.get_strategy())
            return super().build(hp)

    scopes = []
    strategy = tf.distribute.OneDeviceStrategy("CPU:0")
    tuner = make(
        tmp_path,
        hypermodel=Notes(**hypermodel().arguments),
        distribution_strategy=strategy,
    )
    hp = tuner.oracle.get_space()
    search = tuner.trials.build(hp, execution=1)
    assert scopes[-1] is strategy
    assert search.distribute_strategy is strategy
