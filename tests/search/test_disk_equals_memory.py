"""After any `fit` the run on disk is the search in memory."""

import json

import keras
import numpy as np
import pytest

import keras_darts as kd
from keras_darts.runs import manifest
from keras_darts.testing.small import small_batch
from keras_darts.testing.small import small_search

SPACE = kd.search_spaces.darts_cnn(
    2, 1, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
)
EPOCHS = 3


def moved(search, seed):
    """Alphas that prefer other candidates."""
    for variable in search.arch_variables:
        numbers = np.random.default_rng(seed).normal(size=variable.shape)
        variable.assign(numbers)


class AtEnd(keras.callbacks.Callback):
    """Changes the search as it ends, or as its last epoch does."""

    def __init__(self, hook="on_train_end", weights=False):
        super().__init__()
        self.weights = weights
        setattr(self, hook, self._change)

    def _change(self, *args, **options):
        moved(self.model, seed=7)
        if self.weights:
            for variable in self.model.weight_variables:
                variable.assign(np.full(variable.shape, 0.5))


class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == 1


def best_of_first():
    return keras.callbacks.EarlyStopping(
        "val_loss", patience=1, min_delta=10.0, restore_best_weights=True
    )


def in_lambda():
    def change(logs):
        moved(callback.model, seed=3)

    callback = keras.callbacks.LambdaCallback(on_train_end=change)
    return callback


@keras.saving.register_keras_serializable("test_disk_equals_memory")
class Halt(kd.callbacks.ArchitectureEarlyStopping):
    """Stops with the second epoch, and gives back the architecture before."""

    def on_epoch_end(self, epoch, logs=None):
        self.remember(epoch)
        if epoch == 1:
            self.stop(epoch, 0, "halted")


def guard():
    return Halt()


CALLBACKS = {
    "best weights": lambda: [best_of_first()],
    "alphas and weights": lambda: [AtEnd(weights=True)],
    "alphas at an epoch's end": lambda: [AtEnd("on_epoch_end")],
    "alphas after a validation": lambda: [AtEnd("on_test_end")],
    "stopped and changed in a lambda": lambda: [Stop(), in_lambda()],
    "guard and changed": lambda: [guard(), AtEnd()],
}
STRATEGIES = {
    "one stage": lambda: kd.SearchStrategy(),
    "guarded": lambda: kd.SearchStrategy(callbacks=[guard()]),
    "stages": lambda: kd.SearchStrategy(
        stages=[kd.strategies.Stage(1), kd.strategies.Stage(1)]
    ),
}


def searched(strategy, callbacks=(), epochs=EPOCHS, **folders):
    search = small_search(SPACE, STRATEGIES[strategy]())
    search.compile(arch_optimizer=keras.optimizers.Adam(0.1), run_eagerly=True)
    search.history_of_fit = search.fit(
        *small_batch(SPACE, count=8),
        batch_size=4,
        epochs=epochs,
        steps_per_epoch=1,
        verbose=0,
        callbacks=list(callbacks),
        **folders,
    )
    return search


def assert_disk_is(search, folder):
    genotype = kd.genotypes.load(folder / "genotype.json")
    assert genotype == search.genotype()
    for cell_type in search.search_space.cells:
        kd.plot_cell(genotype, cell_type, folder / "again.svg")
        drawn = (folder / "cells" / f"{cell_type}.svg").read_text()
        assert drawn == (folder / "again.svg").read_text()
    with np.load(folder / "alphas.npz") as saved:
        for variable in search.arch_variables:
            np.testing.assert_array_equal(
                saved[variable.name][-1], variable.numpy()
            )
    with np.load(folder / "mixing_weights.npz") as saved:
        for cell_type, weights in search.mixing_weights().items():
            np.testing.assert_array_equal(saved[cell_type][-1], weights)
    config = json.loads((folder / "config.json").read_text())
    assert config["search"] == json.loads(json.dumps(search.get_config()))
    assert manifest.manifests(folder / "checkpoints")[0].finished


def assert_same(one, other):
    for name in ("", "optimizer", "arch_optimizer"):
        pair = [getattr(s, name) if name else s for s in (one, other)]
        for a, b in zip(*(p.variables for p in pair), strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)


def check(strategy, callbacks, folder, caplog):
    search = searched(strategy, CALLBACKS[callbacks](), output_dir=folder)
    assert_disk_is(search, folder)
    # The same call again gives the same search, without a step.
    caplog.set_level("INFO", logger="keras_darts")
    again = searched(strategy, CALLBACKS[callbacks](), output_dir=folder)
    assert_same(search, again)
    assert again.genotype() == search.genotype()
    assert again.stop_reason == search.stop_reason
    # With its history, and it is said.
    first, second = search.history_of_fit, again.history_of_fit
    assert second.epoch == first.epoch
    assert second.history == first.history
    assert f"finished: loaded from {folder}" in caplog.text
    return search


@pytest.mark.parametrize("callbacks", CALLBACKS)
def test_the_run_on_disk_is_the_search_in_memory(callbacks, tmp_path, caplog):
    search = check("one stage", callbacks, tmp_path, caplog)
    if callbacks not in ("best weights", "alphas and weights"):
        return
    # A longer one begins with what is there.
    began = []
    seen = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: began.append(
            [v.numpy() for v in seen.model.arch_variables]
        )
    )
    longer = searched(
        "one stage", [seen], epochs=EPOCHS + 1, resume_from=tmp_path
    )
    for a, b in zip(began[0], search.arch_variables, strict=True):
        np.testing.assert_array_equal(a, b.numpy())
    assert_disk_is(longer, tmp_path)


@pytest.mark.parametrize(
    ("strategy", "callbacks"),
    [("guarded", "best weights"), ("stages", "alphas and weights")],
)
def test_so_it_is_with_guards_and_in_stages(
    strategy, callbacks, tmp_path, caplog
):
    check(strategy, callbacks, tmp_path, caplog)


def test_a_fit_that_is_refused_leaves_no_folder(tmp_path):
    with pytest.raises(ValueError, match="callbacks"):
        searched(
            "one stage",
            [keras.callbacks.EarlyStopping],
            output_dir=tmp_path / "a",
        )
    with pytest.raises(ValueError, match="monitor='nothing'"):
        searched(
            "one stage",
            [keras.callbacks.EarlyStopping("nothing")],
            output_dir=tmp_path / "b" / "c",
        )
    assert not [*tmp_path.iterdir()]
