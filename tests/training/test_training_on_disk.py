"""After any `fit` of a recipe the run on disk is the network in memory."""

import keras
import numpy as np
import pytest

import keras_darts as kd

GENOTYPE = kd.Genotype(
    normal=[("skip_connect", 0), ("max_pool_3x3", 1)],
    normal_concat=[2],
    reduce=[("skip_connect", 0), ("skip_connect", 1)],
    reduce_concat=[2],
)
CELL = (("skip_connect", 0), ("skip_connect", 1))
GENOTYPE_OF_TEXTS = kd.Genotype(CELL, (2,), CELL, (2,))
EPOCHS = 2


class ChangeAtEnd(keras.callbacks.Callback):
    def on_train_end(self, logs=None):
        for variable in self.model.trainable_variables:
            variable.assign(np.full(variable.shape, 0.25))


class Set(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self.model.optimizer.learning_rate = 0.5


CALLBACKS = {
    "none": lambda: [],
    "best weights": lambda: [
        keras.callbacks.EarlyStopping(
            patience=1, min_delta=10.0, restore_best_weights=True
        )
    ],
    "changed": lambda: [ChangeAtEnd()],
}


def images():
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (6, 8, 8, 1)).astype("uint8")


def trained(*callbacks, epochs=EPOCHS, **options):
    keras.utils.set_random_seed(0)
    network = kd.networks.CifarNetwork(
        GENOTYPE, 2, 2, 1, auxiliary=False, input_shape=(8, 8, 1)
    )
    recipe = kd.training.small_image_recipe(
        network, 6, mean=(127.0,), variance=(5000.0,), epochs=5, batch_size=6
    )
    network.run_eagerly = True
    x, y = images(), np.arange(6) % 2
    network.history_of_fit = recipe.fit(
        network,
        x,
        y,
        (x[:4], y[:4]),
        epochs=epochs,
        callbacks=list(callbacks),
        **{"verbose": 0, **options},
    )
    return network


def sentences_trained(*callbacks, **options):
    keras.utils.set_random_seed(0)
    network = kd.networks.TextNetwork(
        GENOTYPE_OF_TEXTS,
        vocabulary_size=9,
        embedding_size=2,
        filters=2,
        num_cells=1,
        sequence_length=4,
    )
    recipe = kd.training.text_classification_recipe(
        network, 8, epochs=2, batch_size=8
    )
    network.run_eagerly = True
    ids = np.random.default_rng(0).integers(0, 9, (8, 4))
    y = np.arange(8) % 2
    network.history_of_fit = recipe.fit(
        network,
        ids,
        y,
        (ids, y),
        callbacks=list(callbacks),
        **{"verbose": 0, **options},
    )
    return network


def assert_same(one, other):
    for pair in ((one, other), (one.optimizer, other.optimizer)):
        for a, b in zip(*(p.variables for p in pair), strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)


@pytest.mark.parametrize("callbacks", CALLBACKS)
def test_what_is_kept_is_the_network_in_memory(callbacks, tmp_path):
    network = trained(*CALLBACKS[callbacks](), output_dir=tmp_path)
    kept = kd.training.load_network(tmp_path)
    for a, b in zip(kept.weights, network.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)
    again = trained(*CALLBACKS[callbacks](), output_dir=tmp_path)
    assert_same(network, again)
    assert again.history_of_fit.history == network.history_of_fit.history


@pytest.mark.parametrize("change", [False, True])
def test_so_it_is_where_the_best_epoch_is_kept(change, tmp_path, caplog):
    caplog.set_level("INFO", logger="keras_darts")
    callbacks = [ChangeAtEnd()] if change else []
    network = sentences_trained(*callbacks, output_dir=tmp_path)
    assert "the weights are those of epoch" in caplog.text
    kept = kd.training.load_network(tmp_path)
    for a, b in zip(kept.weights, network.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)
    assert_same(network, sentences_trained(*callbacks, output_dir=tmp_path))
    assert f"finished: loaded from {tmp_path}" in caplog.text


def test_a_longer_training_begins_with_what_was_changed(tmp_path):
    trained(ChangeAtEnd(), epochs=1, output_dir=tmp_path)
    began = []
    seen = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: began.extend(
            v.numpy() for v in seen.model.trainable_variables
        )
    )
    trained(seen, epochs=2, resume_from=tmp_path)
    assert began and all((values == 0.25).all() for values in began)


def test_a_training_is_written_over_only_if_asked(tmp_path):
    trained(output_dir=tmp_path, epochs=1)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="overwrite=True starts over"):
        trained(output_dir=tmp_path, epochs=2)
    network = trained(output_dir=tmp_path, epochs=2, overwrite=True)
    assert network.history_of_fit.epoch == [0, 1]
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_rates_that_are_set_are_resumed(tmp_path):
    class Cut(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise InterruptedError

    whole = trained(Set(), epochs=3)
    with pytest.raises(InterruptedError):
        trained(Set(), Cut(), epochs=3, output_dir=tmp_path)
    resumed = trained(Set(), epochs=3, output_dir=tmp_path)
    assert float(resumed.optimizer.learning_rate) == 0.5
    assert_same(whole, resumed)


def test_a_monitor_without_validation_is_refused(tmp_path):
    network = kd.networks.CifarNetwork(
        GENOTYPE, 2, 2, 1, auxiliary=False, input_shape=(8, 8, 1)
    )
    recipe = kd.training.small_image_recipe(
        network, 6, mean=(127.0,), variance=(5000.0,), batch_size=6
    )
    with pytest.raises(ValueError, match="`validation_data` gives those"):
        recipe.fit(
            network,
            images(),
            np.arange(6) % 2,
            callbacks=[keras.callbacks.EarlyStopping()],
            output_dir=tmp_path / "run",
        )
    assert not [*tmp_path.iterdir()]


def test_the_time_left_is_said_once(capsys):
    for callbacks in ([], [kd.training.ETALogger()]):
        trained(*callbacks, epochs=2, verbose=2)
        lines = capsys.readouterr().out.splitlines()
        assert len([line for line in lines if line.endswith(" left")]) == 1
