"""An architecture that classifies sentences, found on them and trained.

Searches cells of convolutions along time, pools and attention on SST-2, TREC
or any folder whose files for train, valid and test have a line `LABEL text` a
sentence; trains the found cells and randomly drawn ones under one recipe;
draws the found cells, exports their network, and classifies with it.

    python examples/classify_text.py --data_dir=FOLDER
    python examples/classify_text.py --smoke

With --smoke it makes a few sentences itself, and takes seconds.
"""

import argparse
import importlib.util
import os
import pathlib
import random
import time

import keras_darts as kd

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
kd.configure_cpu()

import keras  # noqa: E402  (after configure_cpu)


def main():
    options = parse_options()
    start = time.time()
    folder = fresh_folder(options.output_dir)

    say("1. Read the sentences")
    source = options.data_dir or tiny_sentences(folder / "sentences")
    data = kd.datasets.load_text_classification(source)
    print(f"   {data.description}")

    say("2. Search: alphas and weights learn on one half of the data each")
    search = kd.DartsSearch(
        "text_cnn",
        vocabulary_size=len(data.vocabulary),
        filters=options.search_filters,
        num_cells=options.num_cells,
    )
    search.fit(
        data.train.batch(options.batch_size),
        epochs=options.search_epochs,
        output_dir=folder / "search",
        verbose=2,
    )
    genotype = search.genotype()
    print(genotype.to_text())

    say("3. Train the found cells and random ones under the same recipe")
    networks = []
    for seed in range(options.num_networks):
        network, accuracy = trained(genotype, data, options, seed)
        networks.append(network)
        print(f"   found cells,    training seed {seed}: {accuracy:.4f}")
    for seed in range(options.num_networks):
        drawn = search.search_space.random_genotype(seed)
        _, accuracy = trained(drawn, data, options, seed)
        print(f"   random cells {seed}, training seed {seed}: {accuracy:.4f}")
    print(
        "   These are accuracies on the test sentences; with this few "
        "trainings they say little."
    )

    say("4. Draw the found cells, export their network, and classify")
    for cell in ("normal", "reduce"):
        print("  ", kd.plot_cell(genotype, cell, folder / f"{cell}.png"))
    classify(export(networks[0], data, folder), data)

    say(f"Done in {time.time() - start:.0f} s. Everything lies in {folder}.")
    print(f"Curves: tensorboard --logdir {folder / 'search' / 'tensorboard'}")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data_dir", help="folder of the sentences")
    parser.add_argument("--output_dir", default="runs/sentences")
    parser.add_argument("--search_filters", type=int, default=16)
    parser.add_argument("--search_epochs", type=int, default=10)
    parser.add_argument("--train_filters", type=int, default=32)
    parser.add_argument("--train_epochs", type=int, default=10)
    parser.add_argument("--num_cells", type=int, default=3)
    parser.add_argument("--num_networks", type=int, default=3)
    parser.add_argument("--batch_size", type=int, default=50)
    parser.add_argument("--smoke", action="store_true", help="tiny, for tests")
    options = parser.parse_args()
    if options.smoke:
        options.search_filters = options.train_filters = 2
        options.search_epochs = options.train_epochs = 1
        options.num_cells, options.num_networks = 1, 1
        options.batch_size = 32
    elif options.data_dir is None:
        parser.error("--data_dir or --smoke must be given")
    return options


def tiny_sentences(folder):
    """Writes sentences whose class one of their words tells."""
    draw = random.Random(0)
    words = {"good": ("fine", "witty"), "bad": ("dull", "hollow")}
    folder.mkdir(parents=True)
    for part, count in (("train", 128), ("valid", 16), ("test", 16)):
        lines = []
        for label in draw.choices([*words], k=count):
            word = draw.choice(words[label])
            thing = draw.choice(("film", "play", "book"))
            lines.append(f"{label} this {thing} is {word} from the begin\n")
        (folder / f"{part}.txt").write_text("".join(lines))
    return folder


def trained(genotype, data, options, seed):
    """A network of the genotype, and its accuracy on the test sentences."""
    keras.utils.set_random_seed(seed)
    network = kd.networks.TextNetwork(
        genotype,
        data.num_classes,
        len(data.vocabulary),
        filters=options.train_filters,
        num_cells=options.num_cells,
        sequence_length=data.sequence_length,
    )
    recipe = kd.training.text_classification_recipe(
        network,
        data.num_train,
        epochs=options.train_epochs,
        batch_size=options.batch_size,
        seed=seed,
    )
    recipe.fit(network, data.train, data.valid, verbose=0)
    batches = recipe.pipeline(data.test, training=False)
    figures = network.evaluate(batches, verbose=0, return_dict=True)
    return network, figures["accuracy"]


def export(network, data, folder):
    """A SavedModel; with tensorflow-text installed it takes raw strings."""
    raw = importlib.util.find_spec("tensorflow_text") is not None
    return kd.export.saved_model(
        network,
        folder / "saved_model",
        samples=data.test_part.ids,
        labels=data.label_names,
        vocabulary=data.vocabulary,
        tokenizer="whitespace" if raw else None,
    )


def classify(path, data, count=4):
    print("  ", path)
    exported = kd.export.load(path)
    texts = list(data.test_part.texts[:count])
    (name,) = exported.signatures["serving_default"].inputs
    inputs = texts if name == "text" else data.test_part.ids[:count]
    probabilities = exported(inputs)["probabilities"]
    for text, row in zip(texts, probabilities, strict=True):
        label = data.label_names[row.argmax()]
        print(f"   {label:5s} {row.max():.2f}  {text[:60]}")


def fresh_folder(wanted):
    """`wanted`, or the first free name after it: no run is written over."""
    folder, count = pathlib.Path(wanted), 1
    while folder.exists():
        count += 1
        folder = pathlib.Path(f"{wanted}-{count}")
    return folder


def say(text):
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    main()
