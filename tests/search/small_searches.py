"""Small searches, and callbacks that are called without any training."""

import keras
import numpy as np

import keras_darts as kd

# Cells without weights run fast: five edges, of which four are kept.
SPACE = kd.search_spaces.darts_cnn(
    2, 1, num_nodes=2, primitives=("skip_connect", "max_pool_3x3")
)
TINY = kd.search_spaces.darts_cnn(
    2, 1, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
)
EPOCHS = 50


def make_search(*callbacks, space=SPACE, eager=True, **choices):
    search = kd.DartsSearch(
        space,
        kd.SearchStrategy(callbacks=callbacks),
        num_classes=2,
        input_shape=(8, 8, 1),
    )
    search.compile(run_eagerly=eager, **choices)
    return search


def fitted(search, *, epochs, steps=1, **options):
    """One step an epoch, on noise."""
    images = np.random.default_rng(0).normal(size=(8, 8, 8, 1))
    return search.fit(
        images.astype("float32"),
        np.arange(8) % 2,
        batch_size=4,
        epochs=epochs,
        steps_per_epoch=steps,
        augmentation=None,
        verbose=0,
        **options,
    )


def driven(callback, script, epochs=EPOCHS, first=0, search=None):
    """Calls a callback as `fit` does, until it stops; the last epoch.

    Args:
        callback: `SearchCallback`.
        script: Function of a search and an epoch, which moves the alphas.
        epochs: Integer, the epochs of the run.
        first: Integer, the first one.
        search: The search; a fresh one if it is left out.
    """
    search = search or make_search()
    search.compile_for()
    search.valid_batch = lambda epoch: None
    search.stop_training = False
    callback.set_model(search)
    callback.set_params({"epochs": epochs})
    callback.on_train_begin()
    for epoch in range(first, epochs):
        callback.on_epoch_begin(epoch)
        script(search, epoch)
        logs = {"loss": 1.0, "arch_loss": 1.0}
        callback.on_epoch_end(epoch, logs)
        if search.stop_training:
            break
    callback.on_train_end()
    return epoch


def prefer(search, *names, cell_type="normal"):
    """Lets each edge of a cell prefer a candidate, the first edge the first.

    The others prefer the pool.
    """
    spec = search.search_space.cells[cell_type]
    alphas = np.zeros((len(spec.edges), spec.num_candidates), "float32")
    for edge, candidates in enumerate(spec.primitives):
        alphas[edge, candidates.index("max_pool_3x3")] = 0.5
    for edge, name in enumerate(names):
        alphas[edge, spec.primitives[edge].index(name)] = 1.0
    search.supernet.arch.alphas[cell_type].assign(alphas)


def alphas(search):
    return [v.numpy() for v in search.arch_variables]


class Script(keras.callbacks.Callback):
    """Moves the alphas at the end of each epoch, before other callbacks."""

    def __init__(self, script):
        super().__init__()
        self.script = script

    def on_epoch_end(self, epoch, logs=None):
        self.script(self.model, epoch)
