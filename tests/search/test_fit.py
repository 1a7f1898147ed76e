"""`fit` on all that users have, and the runs it leaves."""

import csv
import json

import keras
import numpy as np
import tensorflow as tf

import keras_darts as kd

KEYS = {
    "loss",
    "val_loss",
    "accuracy",
    "val_accuracy",
    "arch_loss",
    "alpha_entropy",
    "num_skip_connects",
}


def fitted(space, x, y=None, *, strategy="darts", eager=True, **kwargs):
    search = kd.DartsSearch(space, strategy)
    search.compile(run_eagerly=eager, loss=kwargs.pop("loss", None))
    options = {"epochs": 1, "steps_per_epoch": 2, "verbose": 0}
    if not isinstance(x, tf.data.Dataset | tuple):
        options["batch_size"] = 8
    history = search.fit(x, y, **{**options, **kwargs})
    return search, history.history


def alphas(search):
    return np.concatenate([v.numpy().ravel() for v in search.arch_variables])


def test_arrays_a_data_set_and_a_pair_are_taken(space, images, labels):
    dataset = tf.data.Dataset.from_tensor_slices((images, labels)).batch(8)
    _, from_arrays = fitted(space, images, labels)
    _, from_dataset = fitted(space, dataset)
    _, from_pair = fitted(space, dataset, validation_data=dataset)
    for history in (from_arrays, from_dataset, from_pair):
        assert set(history) == KEYS
    # The same elements in the same order: the same search.
    assert from_arrays == from_dataset


def test_shapes_and_classes_are_read_from_the_data(space, images, labels):
    search, _ = fitted(space, images, labels)
    assert search.image_shape == (8, 8, 1)
    assert search.num_classes == 4
    assert search.supernet(np.zeros((2, 8, 8, 1))).shape == (2, 4)


def test_one_hot_labels_give_the_same_search(space, images, labels):
    sparse, _ = fitted(space, images, labels)
    one_hot, _ = fitted(space, images, np.eye(4, dtype="float32")[labels])
    np.testing.assert_allclose(alphas(one_hot), alphas(sparse), atol=1e-6)


def test_multi_label_and_regression_have_heads_of_their_own(space, images):
    generator = np.random.default_rng(0)
    several = generator.integers(0, 2, (80, 3))
    search, history = fitted(space, images, several, loss="binary_crossentropy")
    assert search.task.label_type == "multi_label"
    assert search.num_classes == 3
    assert np.isfinite(history["loss"]).all()
    targets = generator.normal(size=80).astype("float32")
    search, history = fitted(space, images, targets)
    assert search.task.label_type == "regression"
    assert set(history) >= {"mae", "val_mae"}


def test_scaling_of_the_images_does_not_matter(space, images, labels):
    as_bytes, _ = fitted(space, images, labels)
    floats = images.astype("float32") / 255
    as_floats, _ = fitted(space, floats, labels)
    np.testing.assert_allclose(alphas(as_floats), alphas(as_bytes), atol=1e-5)


def test_normalization_is_part_of_the_model(space, images, labels):
    search, _ = fitted(space, images, labels, augmentation=None)
    inputs = images[:5].astype("float32")
    mean = np.ravel(search.preprocessing.mean)
    deviation = np.sqrt(np.ravel(search.preprocessing.variance))
    np.testing.assert_allclose(
        search(images[:5]),
        search.supernet((inputs - mean) / deviation),
        atol=1e-5,
    )
    assert abs(mean - 127) < 10


def test_users_callbacks_see_the_architectures_numbers(space, images, labels):
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(dict(logs))
    )
    fitted(space, images, labels, callbacks=[watch])
    assert set(seen[0]) == KEYS
    assert 0 < seen[0]["alpha_entropy"] <= np.log(4) + 1e-6


def test_excluded_primitives_are_never_found(space, images, labels):
    strategy = kd.SearchStrategy(exclude=("none", "skip_connect"))
    search, _ = fitted(space, images, labels, strategy=strategy)
    assert search.arch_variables[0].shape == (2, 2)
    assert not {"none", "skip_connect"} & set(search.genotype().primitives())


def test_citation_names_the_paper(space):
    assert "DARTS" in kd.DartsSearch(space).citation()


def test_ten_steps_repeat_bit_for_bit(space, images, labels):
    runs = [
        fitted(
            space,
            images,
            labels,
            strategy="darts_second_order",
            eager=False,
            steps_per_epoch=5,
            epochs=2,
        )
        for _ in range(2)
    ]
    np.testing.assert_array_equal(alphas(runs[0][0]), alphas(runs[1][0]))
    assert runs[0][1] == runs[1][1]


def test_a_run_extended_equals_one_that_was_never_cut(
    space, images, labels, tmp_path
):
    def search_for(epochs, **kwargs):
        search = kd.DartsSearch(space)
        search.compile(
            optimizer=kd.training.CoupledSGD(
                0.025, momentum=0.9, weight_decay=3e-4, global_clipnorm=5.0
            ),
            run_eagerly=True,
        )
        history = search.fit(
            images,
            labels,
            batch_size=8,
            epochs=epochs,
            steps_per_epoch=3,
            verbose=0,
            **kwargs,
        )
        return search, history

    whole, _ = search_for(2, output_dir=tmp_path / "whole")
    search_for(1, output_dir=tmp_path / "cut")
    extended, history = search_for(2, resume_from=tmp_path / "cut")
    assert history.epoch == [1]
    for a, b in zip(whole.variables, extended.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)
    tables = [
        (tmp_path / name / "history.csv").read_text()
        for name in ("whole", "cut")
    ]
    assert tables[0] == tables[1]
    with np.load(tmp_path / "cut" / "alphas.npz") as saved:
        assert saved["alphas_normal"].shape == (2, 2, 4)


def test_a_run_leaves_what_the_contract_names(space, images, labels, tmp_path):
    search, history = fitted(
        space, images, labels, epochs=2, output_dir=tmp_path / "run"
    )
    run = tmp_path / "run"
    config = json.loads((run / "config.json").read_text())
    assert config["search"]["seed"] == 0
    again = kd.DartsSearch.from_config(config["search"])
    assert again.get_config() == search.get_config()
    assert kd.genotypes.load(run / "genotype.json") == search.genotype()
    with (run / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in rows] == history["loss"]
    with np.load(run / "alphas.npz") as saved:
        for variable in search.arch_variables:
            np.testing.assert_array_equal(
                saved[variable.name][-1], variable.numpy()
            )
            assert saved[variable.name].shape == (2, 2, 4)
    assert {p.name for p in (run / "cells").iterdir()} == {
        "normal.svg",
        "reduce.svg",
    }
    assert list((run / "tensorboard").iterdir())
    assert list((run / "checkpoints").glob("ckpt-2*"))
    assert not list(run.rglob(".writing-*"))


def test_a_checkpoint_holds_every_variable(space, images, labels, tmp_path):
    search, _ = fitted(space, images, labels, output_dir=tmp_path)
    other = kd.DartsSearch(space, seed=0)
    other.compile(run_eagerly=True)
    other.fit(
        images,
        labels,
        batch_size=8,
        epochs=1,
        steps_per_epoch=2,
        verbose=0,
        resume_from=tmp_path,
    )
    for a, b in zip(search.variables, other.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)
    for name in ("optimizer", "arch_optimizer"):
        pairs = zip(
            getattr(search, name).variables,
            getattr(other, name).variables,
            strict=True,
        )
        for a, b in pairs:
            np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_the_graph_optimizer_is_off_during_a_search_alone(
    space, images, labels
):
    switch = "disable_meta_optimizer"
    read = tf.config.optimizer.get_experimental_options
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(read()[switch])
    )
    before = read()[switch]
    tf.config.optimizer.set_experimental_options({switch: False})
    try:
        fitted(space, images, labels, callbacks=[watch])
        assert seen == [True]
        assert read()[switch] is False
    finally:
        tf.config.optimizer.set_experimental_options({switch: before})
