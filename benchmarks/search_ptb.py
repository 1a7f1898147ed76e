"""Small searches on Penn Treebank, next to published and drawn cells.

Searches with each seed on a slice of the text, then trains the found cell,
that of DARTS, randomly drawn ones and an LSTM of as many weights under one
short recipe, and writes each figure as it comes.

    python benchmarks/search_ptb.py --data_dir=PTB --output=figures.json
"""

import time

import keras_darts as kd

kd.configure_cpu(threads=None)

import comparison  # noqa: E402  (after configure_cpu)
import keras  # noqa: E402
from lstm_language_model import LstmLanguageModel  # noqa: E402
from lstm_language_model import units_for  # noqa: E402

DROPOUT = 0.1
RATES = {
    "output_dropout": DROPOUT,
    "hidden_dropout": 0.0,
    "cell_input_dropout": DROPOUT,
    "input_dropout": 0.0,
    "embedding_dropout": 0.0,
}
CELLS = ("found", "rnn_darts_v2", "random", "LSTM")
SIZES = {
    "max_vocabulary": (2000, "words that are told apart"),
    "train_tokens": (200_000, "words of the training text, from its begin"),
    "valid_tokens": (30_000, "words of the validation and of the test text"),
    "hidden_size": (64, "units"),
    "batch_size": (20, "rows of text in a step"),
    "search_epochs": (6, "epochs of a search"),
    "train_epochs": (8, "epochs of a training"),
    "learning_rate": (10.0, "of SGD, in searches and trainings"),
}


def main():
    options = comparison.parse_options(
        __doc__,
        SIZES,
        data_help="folder with the three text files",
        seeds=[0, 1],
        choices=[("strategy", "darts")],
    )
    corpus = kd.datasets.load_corpus(
        options.data_dir, max_vocabulary=options.max_vocabulary
    )
    texts = {
        "train": corpus.train[: options.train_tokens],
        "valid": corpus.valid[: options.valid_tokens],
        "test": corpus.test[: options.valid_tokens],
    }
    size = len(corpus.vocabulary)
    report = comparison.measured(
        options,
        (
            run
            for seed in options.seeds
            for run in runs_of(seed, texts, size, options)
        ),
        score="test_perplexity",
        unigrams={
            part: kd.datasets.unigram_perplexity(
                texts["train"], texts[part], size
            )
            for part in ("valid", "test")
        },
    )
    print(text_of(report))


def runs_of(seed, texts, vocabulary_size, options):
    """The figures of each cell type, one after the other."""
    genotype, searched = run_search(seed, texts, vocabulary_size, options)
    space = kd.search_spaces.get("darts_rnn")
    weights = None
    for cell, choice in (
        ("found", genotype),
        ("rnn_darts_v2", kd.genotypes.get("rnn_darts_v2")),
        ("random", space.random_genotype(seed)),
        ("LSTM", None),
    ):
        keras.utils.set_random_seed(seed)
        if choice is None:
            model = LstmLanguageModel(
                vocabulary_size,
                units_for(weights, vocabulary_size),
                input_dropout=DROPOUT,
                output_dropout=DROPOUT,
            )
        else:
            model = kd.networks.RecurrentLanguageModel(
                choice,
                vocabulary_size,
                hidden_size=options.hidden_size,
                **RATES,
            )
        weights = kd.analysis.count_parameters(model)
        run = {"cell": cell, "seed": seed, "num_weights": weights}
        if choice is not None:
            run["genotype"] = choice.to_text()
        run |= searched if cell == "found" else {}
        yield run | trained(model, texts, seed, options)


def run_search(seed, texts, vocabulary_size, options):
    """The genotype that a search finds, and the search's figures."""
    search = kd.DartsSearch(
        kd.search_spaces.darts_rnn(hidden_size=options.hidden_size, **RATES),
        options.strategy,
        vocabulary_size=vocabulary_size,
        seed=seed,
    )
    search.compile(
        optimizer=kd.training.CoupledSGD(
            options.learning_rate, weight_decay=5e-7, global_clipnorm=0.25
        )
    )
    start = time.perf_counter()
    history = search.fit(
        texts["train"],
        validation_data=texts["valid"],
        batch_size=options.batch_size,
        epochs=options.search_epochs,
        verbose=0,
    )
    seconds = time.perf_counter() - start
    comparison.note(
        f"search {seed}: {history.history['val_perplexity'][-1]:.1f}"
    )
    return search.genotype(), {
        "search_seconds": seconds,
        "search_history": comparison.plain(history.history),
    }


def trained(model, texts, seed, options):
    """The figures of a training, the test text read in ten rows."""
    recipe = kd.training.small_language_model_recipe(
        model,
        epochs=options.train_epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        seed=seed,
    )
    start = time.perf_counter()
    history = recipe.fit(model, texts["train"], texts["valid"], verbose=0)
    seconds = time.perf_counter() - start
    figures = kd.training.evaluate_language_model(
        model, texts["test"], batch_size=10
    )
    return {
        "train_seconds": seconds,
        "train_history": comparison.plain(history.history),
        "valid_perplexity": min(history.history["val_perplexity"]),
        "test_perplexity": figures["perplexity"],
    }


def text_of(report):
    unigrams = report["unigrams"]
    return comparison.text_of(
        report,
        SIZES,
        introduction=(
            f"{report['settings']['strategy']}; unigram perplexity "
            f"{unigrams['valid']:.1f} (validation), {unigrams['test']:.1f} "
            "(test)"
        ),
        rows=comparison.rows_of(
            report["runs"], CELLS, score="test_perplexity", form="{:.1f}".format
        ),
        remarks=[
            f"seed {run['seed']}: validation perplexity of the search by epoch "
            f"{', '.join(f'{p:.0f}' for p in course(run))}; "
            f"{run['search_seconds']:.0f} s; `{run['genotype']}`"
            for run in report["runs"]
            if run["cell"] == "found"
        ],
    )


def course(run):
    return run["search_history"]["val_perplexity"]


if __name__ == "__main__":
    main()
