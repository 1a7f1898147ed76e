"""From a data set to a served architecture, in a few minutes on two cores.

Searches a cell on scikit-learn's 1,797 real images of digits, trains the
found cell and randomly drawn ones under one recipe, draws the cells, exports
the best found network as SavedModel and LiteRT, and runs both files.

    python examples/demo.py [--output_dir=runs/demo] [--smoke]
"""

import argparse
import pathlib
import statistics
import textwrap
import time

import keras_darts as kd

kd.configure_cpu()

import keras  # noqa: E402  (after configure_cpu)
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from keras_darts.utils.messages import without_runtime_chatter  # noqa: E402


def main():
    options = parse_options()
    start = time.time()
    folder = fresh_folder(options.output_dir)
    data = kd.datasets.load("digits")

    say("1. Search: alphas and weights learn on one half of the data each")
    search = kd.DartsSearch(
        filters=options.filters, num_cells=options.num_cells, seed=2
    )
    search.fit(
        data.train.batch(64),
        epochs=options.search_epochs,
        output_dir=folder / "search",
        callbacks=[Epochs()],
        verbose=0,
    )
    result = search.genotype()
    show(result.to_text())
    show(f"How sure: {search.decisions()}.")

    say("2. Train the found cell and random ones under the same recipe")
    drawn = [
        search.search_space.random_genotype(seed)
        for seed in range(options.num_networks)
    ]
    networks, scores = [], []
    for seed in range(options.num_networks):
        network, score = trained(result, data, seed, options)
        networks.append(network)
        scores.append(score)
        print(f"   found cell,    training seed {seed}: {score:.4f}")
    random_scores = []
    for seed, genotype in enumerate(drawn):
        _, score = trained(genotype, data, seed, options)
        random_scores.append(score)
        print(f"   random cell {seed}, training seed {seed}: {score:.4f}")
    compare(scores, random_scores)

    say("3. Draw the cells")
    for cell in ("normal", "reduce"):
        print("  ", kd.plot_cell(result, cell, folder / f"{cell}.png"))

    say("4. Export and run")
    best = networks[int(np.argmax(scores))]
    with without_runtime_chatter():
        export(best, data, folder)

    say(f"Done in {time.time() - start:.0f} s. Everything lies in {folder}:")
    for path in sorted(folder.iterdir()):
        print("  ", path)
    print(f"Curves: tensorboard --logdir {folder / 'search' / 'tensorboard'}")


class Epochs(keras.callbacks.Callback):
    """A line an epoch."""

    def on_train_begin(self, logs=None):
        show("The first step builds the graph, which takes half a minute.")

    def on_epoch_end(self, epoch, logs=None):
        print(
            f"   epoch {epoch + 1:2d} of {self.params['epochs']}: loss "
            f"{logs['loss']:.3f}, accuracy {logs['val_accuracy']:.3f} on the "
            f"other half, entropy of the alphas {logs['alpha_entropy']:.4f}",
            flush=True,
        )


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output_dir", default="runs/demo")
    parser.add_argument("--filters", type=int, default=8)
    parser.add_argument("--num_cells", type=int, default=5)
    parser.add_argument("--search_epochs", type=int, default=15)
    parser.add_argument("--train_epochs", type=int, default=15)
    parser.add_argument("--num_networks", type=int, default=2)
    parser.add_argument("--smoke", action="store_true", help="tiny, for tests")
    options = parser.parse_args()
    if options.smoke:
        options.search_epochs = options.train_epochs = 1
        options.num_networks = 1
        options.filters, options.num_cells = 2, 1
    return options


def fresh_folder(wanted):
    """`wanted`, or the first free name after it: no run is written over."""
    folder, count = pathlib.Path(wanted), 1
    while folder.exists():
        count += 1
        folder = pathlib.Path(f"{wanted}-{count}")
    return folder


def trained(genotype, data, seed, options):
    """A network of the genotype, and its accuracy on the test images."""
    keras.utils.set_random_seed(seed)
    network = kd.networks.network_for(
        genotype,
        data.num_classes,
        data.image_shape,
        filters=options.filters,
        num_cells=options.num_cells,
    )
    recipe = kd.training.small_image_recipe(
        network, epochs=options.train_epochs, batch_size=64, seed=seed
    )
    recipe.fit(network, data.train, verbose=0)
    # Raw images, since the network scales them itself.
    figures = network.evaluate(
        data.test.batch(100), verbose=0, return_dict=True
    )
    return network, figures["accuracy"]


def compare(genotype, drawn):
    print("   test accuracy, mean (spread: smallest to largest)")
    for name, scores in (("found", genotype), ("random", drawn)):
        print(
            f"   {name:6s} {statistics.mean(scores):.4f} "
            f"({min(scores):.4f} to {max(scores):.4f}, n={len(scores)})"
        )
    ahead = statistics.mean(genotype) - statistics.mean(drawn)
    winner = "found" if ahead > 0 else "random"
    show(
        f"The {winner} cells are ahead by {abs(ahead):.4f}; with this few "
        "trainings that says little. Digits are easy for any cell."
    )


def export(network, data, folder):
    images = np.stack([x for x, _ in data.test.as_numpy_iterator()])
    labels = np.array([y for _, y in data.test.as_numpy_iterator()])
    images = images.astype("float32")
    served = {"labels": data.label_names}
    saved_model = kd.export.saved_model(
        network, folder / "digits", samples=images, **served
    )
    signature = tf.saved_model.load(saved_model).signatures["serving_default"]
    probabilities = signature(image=tf.constant(images))["probabilities"]
    report("SavedModel", saved_model, probabilities.numpy(), labels)
    for name, quantization in (("float32", None), ("int8", "int8")):
        path = kd.export.litert(
            network,
            folder / f"digits_{name}.tflite",
            quantization=quantization,
            representative_data=images[:200] if quantization else None,
            samples=images,
            **served,
        )
        report(f"LiteRT {name}", path, run_litert(path, images), labels)


def run_litert(path, images):
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(path)).get_signature_runner("serving_default")
    return np.concatenate(
        [runner(image=image[None])["probabilities"] for image in images]
    )


def report(name, path, probabilities, labels):
    accuracy = (probabilities.argmax(axis=-1) == labels).mean()
    print(f"   {name:14s} test accuracy {accuracy:.4f}  {path}")


def show(text):
    """A paragraph that any terminal shows whole."""
    indent = "   "
    print(
        textwrap.fill(
            text, 80, initial_indent=indent, subsequent_indent=indent
        ),
        flush=True,
    )


def say(text):
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    main()
