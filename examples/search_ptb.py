"""A recurrent cell for a language model, found on text and trained on it.

Searches a cell on the first part of Penn Treebank, or of any text in a folder
with a file each for train, valid and test; trains the found cell, DARTS' own
and a randomly drawn one under one short recipe; draws the found cell, exports
its language model, and lets it write.

    python examples/search_ptb.py --data_dir=FOLDER [--output_dir=runs/ptb]
    python examples/search_ptb.py --smoke

With --smoke it makes a tiny text itself, and takes seconds. Without, it keeps
two cores busy for some hours; --search_tokens, --search_epochs, --train_tokens
and --train_epochs make that less.
"""

import argparse
import dataclasses
import os
import pathlib
import random
import time

import keras_darts as kd

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
kd.configure_cpu(threads=None)

import keras  # noqa: E402  (after configure_cpu)


def main():
    options = parse_options()
    start = time.time()
    folder = fresh_folder(options.output_dir)

    say("1. Read the text")
    text = options.data_dir or tiny_text(folder / "text")
    corpus = kd.datasets.load_corpus(text)
    size = len(corpus.vocabulary)
    print(f"   {corpus.description}")

    say("2. Search: weights learn on the text, alphas on that for validation")
    result = searched(corpus, options, folder / "search").genotype()
    print(result.to_text())

    say("3. Train cells under the same recipe")
    space = kd.search_spaces.darts_rnn(options.num_nodes)
    cells = {
        "found": result,
        "rnn_darts_v2": kd.genotypes.get("rnn_darts_v2"),
        "random": space.random_genotype(seed=0),
    }
    models = {}
    for name, genotype in cells.items():
        models[name], figures = trained(genotype, corpus, options)
        print(f"   {name:12s} test perplexity {figures['perplexity']:.1f}")
    unigram = kd.datasets.unigram_perplexity(corpus.train, corpus.test, size)
    print(
        f"   {'unigrams':12s} test perplexity {unigram:.1f}, without a model\n"
        "   One short training of each says little of which is best."
    )

    say("4. Draw the found cell, export its model, and let it write")
    print("  ", kd.plot_cell(result, "recurrent", folder / "cell.png"))
    path = kd.export.saved_model(
        models["found"],
        folder / "saved_model",
        samples=corpus.test,
        vocabulary=corpus.vocabulary,
    )
    print("  ", path)
    print(kd.export.generate(path, num_tokens=60, temperature=0.8))

    say(f"Done in {time.time() - start:.0f} s. Everything lies in {folder}.")
    print(f"Curves: tensorboard --logdir {folder / 'search' / 'tensorboard'}")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data_dir", help="folder of the text")
    parser.add_argument("--output_dir", default="runs/ptb")
    parser.add_argument("--strategy", default="darts_second_order")
    parser.add_argument("--num_nodes", type=int, default=8)
    parser.add_argument("--search_tokens", type=int, default=200_000)
    parser.add_argument("--search_units", type=int, default=64)
    parser.add_argument("--search_epochs", type=int, default=10)
    parser.add_argument("--train_tokens", type=int, default=None)
    parser.add_argument("--train_units", type=int, default=128)
    parser.add_argument("--train_epochs", type=int, default=20)
    parser.add_argument("--batch_size", type=int, default=20)
    parser.add_argument("--learning_rate", type=float, default=10.0)
    parser.add_argument("--smoke", action="store_true", help="tiny, for tests")
    options = parser.parse_args()
    if options.smoke:
        options.num_nodes = 2
        options.search_tokens = 2000
        options.search_units = options.train_units = options.batch_size = 8
        options.search_epochs = options.train_epochs = 1
    elif options.data_dir is None:
        parser.error("--data_dir or --smoke must be given")
    return options


def tiny_text(folder):
    """Writes a text of a few words, each of which tells what may follow."""
    draw = random.Random(0)
    folder.mkdir(parents=True)
    for part, count in (("train", 400), ("valid", 100), ("test", 50)):
        lines = [
            f"the {draw.choice(('cat', 'dog', 'old company'))} "
            f"{draw.choice(('saw', 'sold', 'bought'))} a "
            f"{draw.choice(('fish', 'share', 'house'))}\n"
            for _ in range(count)
        ]
        (folder / f"{part}.txt").write_text("".join(lines))
    return folder


def searched(corpus, options, folder):
    strategy = kd.strategies.get(options.strategy)
    recipe = kd.strategies.RECIPES["language_modeling"].with_learning_rate(
        options.learning_rate
    )
    search = kd.DartsSearch(
        kd.search_spaces.darts_rnn_small(options.num_nodes),
        dataclasses.replace(strategy, recipe=recipe),
        hidden_size=options.search_units,
    )
    part = dataclasses.replace(
        corpus,
        train=corpus.train[: options.search_tokens],
        valid=corpus.valid[: options.search_tokens],
    )
    search.fit(
        part,
        batch_size=options.batch_size,
        epochs=options.search_epochs,
        output_dir=folder,
        verbose=2,
    )
    return search


def trained(genotype, corpus, options, seed=0):
    """A language model with a cell, and its figures on the test text."""
    keras.utils.set_random_seed(seed)
    settings = dict(kd.training.MODEL_SETTINGS["small_text"])
    settings["hidden_size"] = options.train_units
    model = kd.networks.RecurrentLanguageModel(
        genotype, len(corpus.vocabulary), **settings
    )
    recipe = kd.training.small_language_model_recipe(
        model,
        epochs=options.train_epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        seed=seed,
    )
    text = corpus.train[: options.train_tokens]
    recipe.fit(model, text, corpus.valid, verbose=0)
    return model, kd.training.evaluate_language_model(model, corpus.test)


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
