"""What a trial of `DartsTuner` does: search, training, figures."""

import json

import keras_tuner
import numpy as np
import pytest
from tiny_tuning import FIT
from tiny_tuning import SPACE
from tiny_tuning import X
from tiny_tuning import Y
from tiny_tuning import build
from tiny_tuning import hypermodel
from tiny_tuning import make
from tiny_tuning import tuned

import keras_darts as kd
from keras_darts.tuner import objectives
from keras_darts.tuner.project import GenotypeCache
from keras_darts.tuner.project import Project
from keras_darts.tuner.proxy_training import baseline_size
from keras_darts.tuner.results import read
from keras_darts.tuner.results_page import renew
from keras_darts.utils.files import write_json

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(scope="module")
def done(quick, tmp_path_factory):
    """Two trials of two searches each, three figures, and a baseline."""
    return tuned(
        tmp_path_factory.mktemp("tuning"),
        max_trials=2,
        executions_per_trial=2,
        objective=["val_loss", "parameters"],
        random_baseline=1,
    )


def test_a_trial_leaves_the_files_of_keras_tuner_and_ours(done):
    names = {path.name for path in done.project.folder.iterdir()}
    assert {"oracle.json", "tuner0.json", "trial_0", "trial_1"} < names
    assert {"results.html", "objectives.json"} < names
    names = {p.name for p in done.project.trial_folder("0").iterdir()}
    ours = {"search", "execution_1", "genotype.json", "results.json"}
    assert names == {"trial.json", *ours}


def test_the_executions_of_a_trial_have_other_seeds_and_are_averaged(done):
    folder = done.project.folder
    result = json.loads((folder / "trial_0" / "results.json").read_text())
    losses = [e["figures"]["val_loss"] for e in result["executions"]]
    (trial,) = done.oracle.get_best_trials(1)
    metrics = done.oracle.get_trial("0").metrics
    assert metrics.get_best_value("val_loss") == pytest.approx(np.mean(losses))
    seeds = {
        json.loads(path.read_text())["search"]["seed"]
        for path in folder.glob("trial_*/**/search/config.json")
    }
    assert len(seeds) == 4


def test_several_objectives_are_added_as_keras_tuner_does(done):
    (trial,) = done.oracle.get_best_trials(1)
    row = done.project.row(trial)
    assert trial.score == pytest.approx(row["val_loss"] + row["parameters"])


def test_the_best_models_are_the_trained_networks_on_raw_images(done):
    model, _ = done.get_best_models(2)
    loss = done.project.results(done.oracle.get_best_trials(1)[0].trial_id)
    logits = model.predict(X, verbose=0)
    assert logits.shape == (40, 2)
    assert loss["figures"]["parameters"] == sum(
        np.prod(v.shape) for v in model.trainable_variables
    )


def test_the_best_genotypes_are_different_ones_of_the_space(done):
    genotype = done.get_best_genotypes(9)
    assert 1 <= len(genotype) <= 2
    assert len({g.to_text() for g in genotype}) == len(genotype)
    assert {*genotype[0].primitives()} <= {"skip_connect", "max_pool_3x3"}


def test_what_nothing_beats_is_listed_with_its_genotype(done):
    rows = done.get_pareto("val_loss", "parameters")
    best = min(done.project.row(t)["val_loss"] for t in done.completed_trials())
    assert rows[0]["val_loss"] == best
    assert rows[0]["genotype"].startswith("Genotype(normal=[(")


def test_random_genotypes_stand_beside_the_trials(done, capsys):
    rows = done.project.baseline()
    drawn = SPACE.random_genotype(0).to_text()
    assert [row["genotype"] for row in rows] == [drawn]
    assert all(row["figures"]["val_loss"] > 0 for row in rows)
    done.results_summary()
    printed = capsys.readouterr().out
    for name in ("val_loss", "parameters"):
        assert f"Searched, 4 networks: {name} " in printed
        assert f"Random baseline, 1 network: {name} " in printed
    assert "Beaten by no other trial in val_loss, parameters" in printed


def test_the_results_on_disk_are_those_that_the_tuner_gives(done):
    results = read(done.project.folder)
    best = [trial.trial_id for trial in done.completed_trials()]
    assert [trial.name for trial in results.ranked] == best
    assert [trial.name for trial in results.pareto_front] == [
        row["trial"] for row in done.get_pareto()
    ]
    first = results.ranked[0]
    assert first.genotype == done.get_best_genotypes()[0]
    row = done.project.row(done.oracle.get_trial(first.name))
    assert first.figures == {name: row[name] for name in first.figures}
    result = done.project.results(first.name)
    assert first.networks[first.chosen] == result["figures"]
    for trial in results.searched:
        assert len(trial.networks) == 2
        assert len(trial.search["loss"]) == len(trial.training["val_loss"]) == 1
    assert [len(trial.networks) for trial in results.drawn] == [1]


def test_the_page_is_drawn_again_by_its_folder(done):
    page = done.project.folder / "results.html"
    content = page.read_text("utf-8")
    assert "Against random genotypes" in content
    page.unlink()
    assert kd.tuner.write_results_page(done.project_dir) == page
    assert page.read_text("utf-8") == content


def test_a_folder_of_no_tuning_has_no_page(tmp_path):
    with pytest.raises(ValueError, match="`project_dir` must be the folder"):
        kd.tuner.write_results_page(tmp_path)
    assert not [*tmp_path.iterdir()]


def test_workers_leave_the_page_to_the_chief(done, monkeypatch):
    page = done.project.folder / "results.html"
    page.unlink()
    with monkeypatch.context() as patched:
        patched.setattr(done, "_is_worker", lambda: True)
        renew(done)
        assert not page.exists()
    renew(done)
    assert page.exists()


def test_a_page_that_cannot_be_written_ends_no_search(done):
    page = done.project.folder / "results.html"
    page.unlink()
    page.mkdir()
    with pytest.warns(UserWarning, match="results was not written"):
        done.on_trial_end(done.oracle.get_trial("0"))
    page.rmdir()


def test_a_baseline_of_the_same_time_counts_searches_as_trainings(tmp_path):
    done = {"seconds": {"search": 6.0, "training": 2.0}}
    results = tmp_path / "trial_0" / "results.json"
    write_json(results, {"best": 0, "executions": [done, done]})
    assert baseline_size(True, Project(tmp_path)) == 8


def test_what_was_trained_and_not_measured_is_not_trained_again(
    tmp_path, monkeypatch
):
    def cut(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(objectives, "check_known", lambda *names: None)
        patched.setattr(objectives, "_measured", cut)
        with pytest.raises(KeyboardInterrupt):
            tuned(tmp_path, objective="val_loss", train_epochs=2)
    tuner = tuned(tmp_path, objective="val_loss", train_epochs=2)
    assert tuner.epochs == []
    history = tuner.project.network_of("0") / "history.csv"
    assert len(history.read_text().splitlines()) == 1 + 2
    assert not (history.parent / "checkpoints").exists()


def test_equal_genotypes_are_trained_once(tmp_path):
    # Two seeds that find the same in so small a space.
    tuner = tuned(
        tmp_path,
        hypermodel=hypermodel(
            seed=[0, 1],
            strategy=lambda hp: kd.SearchStrategy(
                initializer="zeros", exclude=("skip_connect",)
            ),
        ),
        oracle="grid",
        max_trials=2,
    )
    results = [tuner.project.results(name)["network"] for name in "01"]
    assert len({*results}) == len([*tuner.project.networks.iterdir()]) == 1


def test_a_training_of_another_process_is_waited_for(tmp_path):
    cache = GenotypeCache(tmp_path)
    settings = {"genotype": "a"}
    free = []

    def train(folder):
        other = GenotypeCache(tmp_path)
        free.append(other.is_free(settings))
        return {"val_loss": 1.0}

    cache.trained(settings, train)
    assert free == [False]
    assert cache.is_free(settings)


@pytest.mark.parametrize("builder", ["function", "object", "name"])
def test_whatever_builds_a_search_is_taken(builder, tmp_path):
    class Own(keras_tuner.HyperModel):
        def build(self, hp):
            return kd.DartsSearch(SPACE, hp.Choice("s", ["darts", "pc_darts"]))

    chosen = {"function": build, "object": Own(), "name": "darts_cnn"}[builder]
    tuner = make(tmp_path, hypermodel=chosen, objective="val_accuracy")
    expected = {"function": "search_seed", "object": "s", "name": "seed"}
    assert [*tuner.oracle.get_space().values] == [expected[builder]]


def test_a_function_that_asks_for_nothing_searches_with_other_seeds(tmp_path):
    tuner = make(tmp_path, hypermodel=build, objective="val_loss", max_trials=2)
    trials = [tuner.oracle.create_trial(name) for name in "ab"]
    seeds = {tuner.trials.build(trial.hyperparameters).seed for trial in trials}
    assert len(seeds) == 2


def test_a_search_that_diverges_fails_its_trial_alone(tmp_path):
    class Diverges(kd.DartsHyperModel):
        def fit(self, hp, search, *args, **kwargs):
            if hp["seed"] == 0:
                raise FloatingPointError("NaN in epoch 1")
            return super().fit(hp, search, *args, **kwargs)

    tuner = tuned(
        tmp_path,
        hypermodel=Diverges(
            SPACE, seed=[0, 1], compile={"run_eagerly": True, "metrics": []}
        ),
        oracle="grid",
        max_trials=2,
    )
    states = [tuner.oracle.get_trial(name).status for name in "01"]
    assert states == ["FAILED", "COMPLETED"]
    assert "NaN in epoch 1" in tuner.oracle.get_trial("0").message
    content = (tuner.project.folder / "results.html").read_text("utf-8")
    assert "<summary>0: " in content and "NaN in epoch 1</summary>" in content


@pytest.mark.parametrize("error", [TypeError, KeyError, ZeroDivisionError])
def test_an_error_of_the_users_code_ends_the_tuning_as_it_is(error, tmp_path):
    broken = []

    def breaks(hp):
        if broken:
            raise error("mine")
        return build(hp)

    tuner = make(tmp_path, hypermodel=breaks, objective="val_loss")
    broken.append(True)
    with pytest.raises(error, match="mine"):
        tuner.search(X, Y, **FIT)


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"epochs": 0}, "`epochs` must be a positive integer"),
        ({"output_dir": "a"}, "`output_dir` must be left out"),
        ({"x": None}, "`x` must be the data"),
        ({"verbos": 0}, "unexpected keyword argument 'verbos'"),
        ({"batch_size": 99}, "`batch_size` must be at most"),
    ],
)
def test_a_wrong_argument_ends_the_tuning(wrong, message, tmp_path):
    tuner = make(tmp_path)
    with pytest.raises((TypeError, ValueError), match=message):
        tuner.search(**{"x": X, "y": Y, **FIT, **wrong})


@pytest.mark.parametrize(
    "options, message",
    [
        ({"oracle": "bayes"}, "Did you mean bayesian"),
        ({"oracle": "hyperband"}, "`max_trials` must be left out"),
        ({"train_epochs": 0}, "`train_epochs` must be a positive integer"),
        ({"objective": "val_acuracy"}, "Did you mean val_accuracy"),
        ({"hypermodel": build}, "`objective` must be given"),
        ({"random_baseline": -1}, "`random_baseline` must be a positive"),
        (
            {"oracle": keras_tuner.oracles.RandomSearchOracle("val_loss")},
            "`max_trials` must be left out with an oracle",
        ),
        (
            {"hypermodel": keras_tuner.oracles.RandomSearchOracle("val_loss")},
            "Received: an oracle",
        ),
    ],
)
def test_wrong_settings_are_refused_with_the_remedy(options, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        make(tmp_path, **options)


def test_a_figure_that_no_validation_gives_is_refused_before_a_search(tmp_path):
    tuner = make(tmp_path, objective=keras_tuner.Objective("val_f1", "max"))
    with pytest.raises(ValueError, match="Received: objective='val_f1'"):
        tuner.search(X, Y, **FIT)
    assert tuner.epochs == []


def test_without_a_hypermodel_a_run_trial_is_needed(tmp_path):
    with pytest.raises(ValueError, match="`hypermodel` must be given"):
        kd.DartsTuner(directory=tmp_path)


def test_a_network_that_is_too_large_fails_its_trial(tmp_path):
    tuner = tuned(tmp_path, max_model_size=10)
    trial = tuner.oracle.get_trial("0")
    assert trial.status == "FAILED"
    assert "`max_model_size` must not be exceeded" in trial.message


def test_hyperband_prolongs_the_searches_of_the_best_trials(tmp_path):
    tuner = make(
        tmp_path, oracle="hyperband", max_trials=None, max_epochs=2, factor=2
    )
    # The last of a bracket goes on from the better one of the first two.
    *_, last = [_run_one(tuner) for _ in range(3)]
    assert tuner.oracle.get_trial(last).status == "COMPLETED"
    assert [epoch for name, epoch in tuner.epochs if name == last] == [1]
    history = tuner.project.search_folder(last, 0) / "history.csv"
    assert len(history.read_text().splitlines()) == 1 + 2


def _run_one(tuner):
    trial = tuner.oracle.create_trial("tuner0")
    tuner.on_trial_begin(trial)
    tuner._try_run_and_update_trial(trial, X, Y, **FIT)
    tuner.on_trial_end(trial)
    return trial.trial_id


def test_data_sets_are_tuned_on_as_arrays_are(tmp_path):
    import tensorflow as tf

    batches = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)
    tuner = make(tmp_path)
    fit = {k: v for k, v in FIT.items() if k != "batch_size"}
    tuner.search(
        batches.take(4),
        validation_data=batches.skip(4),
        class_weight={0: 2.0},
        **fit,
    )
    config = json.loads(
        (tuner.project.search_folder("0", 0) / "config.json").read_text()
    )
    assert config["fit"]["batch_size"] == 8
    assert "32 elements split" in config["fit"]["data"]


def test_class_weights_are_trained_with_and_not_judged_by():
    search = build(None)
    data = search.task_adapter.read_for_training(X, Y, class_weight={1: 3.0})
    for _, label, weight in data.train.as_numpy_iterator():
        assert weight == (3.0 if label else 1.0)
    assert len(data.validation.element_spec) == 2
