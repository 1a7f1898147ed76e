"""Running text, for language models."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from keras_darts.cli.options import require
from keras_darts.cli.tasks.base import Exports
from keras_darts.cli.tasks.base import TaskCommands
from keras_darts.cli.tasks.base import Training
from keras_darts.cli.tasks.base import encoder_for
from keras_darts.cli.tasks.base import given_values
from keras_darts.cli.tasks.base import named_dataset

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Mapping
    from typing import Any

    import keras
    from absl.flags import FlagValues

    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.export.exported_model import ExportedModel
    from keras_darts.genotypes.base_genotype import BaseGenotype


class LanguageCommands(TaskCommands):
    """A corpus, whose next token is predicted from those before."""

    name: str | None = "language_modeling"
    noun: str | None = "running text"
    things: str | None = "rows of text"
    flags: tuple[str, ...] = (
        *("level", "max_vocabulary", "max_tokens", "hidden_size"),
        "raw_text",
    )
    sources: tuple[str, ...] = (
        "dataset",
        "data_dir",
        "level",
        "max_vocabulary",
    )
    recipes: tuple[str, ...] = ("small_text", "ptb", "wikitext2")
    judged_by: tuple[str, ...] = ("val_loss", "val_perplexity")

    def check_source(self, path: pathlib.Path) -> None:
        """A folder has three files, and a file is all of the text."""

    def load(
        self, options: FlagValues, vocabulary: Vocabulary | None = None
    ) -> Any:
        require(options, "dataset")
        from keras_darts import datasets

        chosen = {"vocabulary": vocabulary}
        if vocabulary is None:
            chosen = given_values(options, "level", "max_vocabulary")
        with named_dataset():
            corpus = datasets.load_corpus(
                options.dataset, data_dir=options.data_dir, **chosen
            )
        limit = "max_tokens" in options and options.max_tokens
        return _shortened(corpus, limit) if limit else corpus

    def describe(self, data: Any) -> str:
        return f"data: {data.description}"

    def vocabulary(self, data: Any) -> Vocabulary:
        return data.vocabulary

    # Search

    def search_sizes(self, options: FlagValues, data: Any) -> dict[str, Any]:
        return {
            "vocabulary_size": len(data.vocabulary),
            "hidden_size": options.hidden_size,
        }

    def search_input(
        self, options: FlagValues, data: Any, recipe: Any
    ) -> dict[str, Any]:
        return {"x": data, "batch_size": options.batch_size}

    def supernet_in_words(self, space: Any) -> str:
        return (
            f"a recurrent cell of {len(space.cell.nodes)} nodes with "
            f"{space.hidden_size} units"
        )

    # Training

    def training(
        self, options: FlagValues, genotype: BaseGenotype
    ) -> tuple[Any, Training]:
        name = options.recipe or self.recipes[0]
        corpus = self.load(options)
        from keras_darts import networks
        from keras_darts import training
        from keras_darts.utils.private_api import seeded

        sizes = {
            **training.MODEL_SETTINGS[name],
            **given_values(options, "hidden_size"),
        }
        with seeded(options.seed):
            model = networks.RecurrentLanguageModel(
                genotype, len(corpus.vocabulary), **sizes
            )
        make = {
            "small_text": training.small_language_model_recipe,
            "ptb": training.ptb_recipe,
            "wikitext2": training.wikitext2_recipe,
        }[name]
        recipe = make(
            model,
            seed=options.seed,
            **given_values(options, "epochs", "batch_size"),
        )
        return corpus, Training(name, recipe, model, corpus.train, corpus.valid)

    def network_in_words(self, network: keras.Model) -> str:
        return f"a recurrent cell of {network.hidden_size} units"

    def data_config(
        self, options: FlagValues, data: Any, training: Training
    ) -> dict[str, Any]:
        return {
            **{name: options[name].value for name in self.sources},
            "num_train": len(data.train),
            "description": data.description,
        }

    def trained_figures(
        self, training: Training, data: Any
    ) -> dict[str, float]:
        from keras_darts.training import evaluate_language_model

        return evaluate_language_model(training.network, data.test)

    def evaluated(
        self,
        model: keras.Model | ExportedModel,
        options: FlagValues,
        *,
        saved: Mapping[str, Any],
        vocabulary: Vocabulary | None,
    ) -> tuple[str, dict[str, float]]:
        from keras_darts.training import evaluate_language_model

        corpus = self._corpus(model, options, vocabulary)
        figures = evaluate_language_model(
            # An export goes from token to token.
            getattr(model, "steps", model),
            corpus.test,
            batch_size=options.batch_size or 1,
        )
        return corpus.name, figures

    def exports(
        self,
        network: keras.Model,
        options: FlagValues,
        *,
        saved: Mapping[str, Any],
        vocabulary: Vocabulary | None,
    ) -> tuple[str, Exports]:
        corpus = self._corpus(network, options, vocabulary)
        return corpus.name, Exports(
            common={"vocabulary": corpus.vocabulary, "samples": corpus.test},
            saved_model=encoder_for(options, corpus.vocabulary),
            calibration=corpus.train,
        )

    def _corpus(self, model, options, vocabulary):
        """The text as the model reads it."""
        corpus = self.load(options, vocabulary)
        corpus.vocabulary.check_matches(model.vocabulary_size, "dataset")
        return corpus

    def in_words(self, figures: Mapping[str, float]) -> str:
        return (
            f"perplexity {figures['perplexity']:.2f}, loss "
            f"{figures['loss']:.4f} on {figures['num_tokens']} test tokens, "
            "one after the other"
        )


def _shortened(corpus, count):
    """The corpus with no more than so many tokens to learn and choose from."""
    train, valid = corpus.train[:count], corpus.valid[:count]
    return dataclasses.replace(
        corpus,
        train=train,
        valid=valid,
        description=(
            f"{corpus.description}\n      of these {len(train):,} are used "
            f"for training and {len(valid):,} for validation"
        ),
    )
