"""Memory of a process that searches, trains or exports again and again.

Each time a new model is made, used and forgotten; nothing else is done to give
its memory back, as in a loop over seeds. Linux alone (/proc).

python benchmarks/memory_loops.py --count=20 --output=memory_loops.json
python benchmarks/memory_loops.py --loops=search,fit
"""

import json
import pathlib
import platform
import tempfile

import keras
import numpy as np
import tensorflow as tf
from absl import app
from absl import flags

import keras_darts as kd

_LOOPS = {}
_MEGABYTE = 2**20
_PAGE = 4096
# The first times load libraries and fill caches.
_FIRST = 3

_COUNT = flags.DEFINE_integer("count", 20, "How often each thing is done.", 4)
_WHAT = flags.DEFINE_list("loops", None, "What is done; all if not given.")
_OUTPUT = flags.DEFINE_string("output", None, "JSON file of the figures.")

_SPACE = kd.search_spaces.darts_cnn(
    2, 3, num_nodes=1, primitives=("max_pool_3x3", "sep_conv_5x5")
)
_LABELS = np.arange(64) % 2
_IMAGES = np.random.default_rng(0).random((64, 8, 8, 1), "float32")
_EXAMPLES = tf.data.Dataset.from_tensor_slices((_IMAGES, _LABELS))


def _loop(function):
    _LOOPS[function.__name__] = function
    return function


@_loop
def search(seed):
    """A search."""
    made = kd.DartsSearch(_SPACE, seed=seed)
    made.fit(_IMAGES, _LABELS, batch_size=8, epochs=1, verbose=0)


@_loop
def gradients(seed):
    """The gradients of a search by the second order."""
    made = kd.DartsSearch(
        _SPACE,
        "darts_second_order",
        seed=seed,
        num_classes=2,
        input_shape=(8, 8, 1),
    )
    batch = _IMAGES[:8], _LABELS[:8]
    made.architecture_gradients(batch, batch)


@_loop
def evaluate(seed):
    """The figures of a supernet."""
    made = kd.DartsSearch(
        _SPACE, seed=seed, num_classes=2, input_shape=(8, 8, 1)
    )
    made.compile()
    made.evaluate(_IMAGES, _LABELS, batch_size=8, verbose=0)


@_loop
def recipe(seed):
    """A training by a recipe."""
    network = _network(seed)
    made = kd.training.small_image_recipe(network, num_train=64, batch_size=8)
    made.fit(network, _EXAMPLES, epochs=1, verbose=0)


@_loop
def fit(seed):
    """A training by Keras alone."""
    network = _network(seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile("sgd", loss)
    network.fit(_IMAGES, _LABELS, batch_size=8, verbose=0)


@_loop
def export(seed):
    """A SavedModel and a LiteRT file."""
    network = _network(seed)
    with tempfile.TemporaryDirectory() as folder:
        kd.export.saved_model(network, f"{folder}/served", warm_up=False)
        kd.export.litert(network, f"{folder}/network.tflite")


def _network(seed):
    return kd.networks.CifarNetwork(
        _SPACE.random_genotype(seed),
        num_classes=2,
        filters=2,
        num_cells=2,
        auxiliary=False,
        input_shape=(8, 8, 1),
    )


def resident():
    """Megabytes that this process holds."""
    pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * _PAGE / _MEGABYTE


def measured(function, count):
    """Megabytes after each time, and how much they grow."""
    held = []
    for seed in range(count):
        function(seed)
        held.append(round(resident(), 1))
    settled = held[_FIRST:]
    half = len(settled) // 2
    # The highest of each half: garbage is collected now and then.
    growth = max(settled[half:]) / max(settled[:half] or settled) - 1
    return {"megabytes": held, "growth_of_the_peak": round(growth, 4)}


def main(arguments):
    del arguments
    results = {}
    for name in _WHAT.value or _LOOPS:
        results[name] = measured(_LOOPS[name], _COUNT.value)
        print(name, json.dumps(results[name]), flush=True)
    if _OUTPUT.value:
        versions = {
            "keras": keras.__version__,
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
        }
        report = {"count": _COUNT.value, "versions": versions, "loops": results}
        pathlib.Path(_OUTPUT.value).write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    kd.configure_cpu()
    app.run(main)
