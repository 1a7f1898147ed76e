"""Recipes of language models: the published ones and a short one."""

from __future__ import annotations

import dataclasses
import types
from typing import TYPE_CHECKING

import keras

from keras_darts.datasets import bptt_batches
from keras_darts.datasets import bptt_batches_per_epoch
from keras_darts.datasets import eval_bptt_batches
from keras_darts.datasets import token_streams
from keras_darts.training import fit_loop
from keras_darts.training.averaging import AveragedSGD
from keras_darts.training.averaging import NonMonotonicTrigger
from keras_darts.training.metrics import Perplexity
from keras_darts.training.recipe import BaseRecipe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.utils.typing import ArrayLike
    from keras_darts.utils.typing import Dataset


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class LanguageRecipe(BaseRecipe):
    """Optimizer, lengths of segments and averaging that belong together.

    `ptb_recipe`, `wikitext2_recipe` and `small_language_model_recipe` make
    them. Texts go in as arrays of token ids. One recipe can train any number of
    models.

    Args:
        epochs: Integer.
        optimizer: `AveragedSGD`, of which each model gets a copy.
        batch_size: Integer, the rows that the training text is cut into.
            Defaults to `64`.
        segment_length: Integer, that of the model too. Defaults to `35`.
        length_distribution: String, how the lengths of segments vary, as in
            `keras_darts.datasets.bptt`. Defaults to `"normal"`.
        eval_batch_size: Integer, the rows that the validation text is cut
            into. Defaults to `10`.
        patience: Integer, as in `NonMonotonicTrigger`. Defaults to `5`.
        seed: Integer, of the lengths of segments; the first weights and
            dropout follow `keras.utils.set_random_seed`. Defaults to `0`.

    Example:

    >>> model = kd.networks.RecurrentLanguageModel(
    ...     "rnn_darts_v2", 20, hidden_size=8
    ... )
    >>> recipe = kd.training.small_language_model_recipe(model, batch_size=4)
    >>> ids = np.arange(900) % 20
    >>> history = recipe.fit(model, ids, ids[:300], epochs=1, verbose=0)
    >>> sorted(history.history)
    ['averaging', 'loss', 'perplexity', 'val_loss', 'val_perplexity']
    """

    epochs: int
    optimizer: keras.optimizers.Optimizer
    batch_size: int = 64
    segment_length: int = 35
    length_distribution: str = "normal"
    eval_batch_size: int = 10
    patience: int = 5
    seed: int = 0

    def check(self, model: keras.Model) -> None:
        """As in `Recipe`; it must have the `segment_length` of the recipe."""
        super().check(model)
        length = getattr(model, "segment_length", self.segment_length)
        if length != self.segment_length:
            raise ValueError(
                "`segment_length` must be that of the model, by which it "
                f"scales the learning rate. Received: {self.segment_length}, "
                f"a model with {length}"
            )

    def compile(self, model: keras.Model) -> None:
        """Compiles a model with a fresh optimizer, loss and metrics."""
        self._compile(
            model,
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=[Perplexity()],
        )

    def steps_per_epoch(self, ids: ArrayLike) -> int:
        """The number of segments that a training text is cut into."""
        return bptt_batches_per_epoch(
            token_streams(ids, self.batch_size, name="ids"),
            segment_length=self.segment_length,
            length_distribution=self.length_distribution,
        )

    def pipeline(
        self,
        ids: ArrayLike,
        training: bool = True,
        *,
        start_epoch: int = 0,
        start_step: int = 0,
        epochs: int | None = None,
    ) -> Dataset:
        """Segments for `fit`, or for `evaluate`.

        Args:
            ids: Array of token ids (tokens,).
            training: Boolean, whether lengths vary, all epochs one after the
                other, `steps_per_epoch` each. Otherwise the text comes once.
                Defaults to `True`.
            start_epoch: Integer, the epoch to begin with. Defaults to `0`.
            start_step: Integer, the step within that epoch. Defaults to `0`.
            epochs: Integer, the epoch to end at. Defaults to `None`, that of
                the recipe.

        Returns:
            A `tf.data.Dataset` of (ids, next ids).
        """
        if not training:
            streams = token_streams(ids, self.eval_batch_size, name="ids")
            return eval_bptt_batches(streams, self.segment_length)
        return bptt_batches(
            token_streams(ids, self.batch_size, name="ids"),
            epochs=self.epochs if epochs is None else epochs,
            start_epoch=start_epoch,
            start_step=start_step,
            seed=self.seed,
            segment_length=self.segment_length,
            length_distribution=self.length_distribution,
        )

    def fit(
        self,
        model: keras.Model,
        train_ids: ArrayLike,
        validation_ids: ArrayLike,
        **options: Any,
    ) -> keras.callbacks.History:
        """Trains a model; it ends with the weights of the best check.

        It does so too after a `KeyboardInterrupt`, which is passed on.

        Args:
            model: `RecurrentLanguageModel`, which is compiled as by `compile`,
                unless you have compiled it, or this recipe has.
            train_ids: Array of token ids (tokens,).
            validation_ids: The same, of another text.
            **options: `output_dir`, `resume_from`, `checkpoint_minutes` and
                `config` as in `Recipe.fit`; `vocabulary`, for the folder of
                the run; further arguments of `keras.Model.fit`.

        Returns:
            The `keras.callbacks.History`.
        """
        options = {"epochs": self.epochs, **options}
        size = getattr(model, "vocabulary_size", None)
        texts = {"train_ids": train_ids, "validation_ids": validation_ids}
        for name, ids in texts.items():
            token_streams(ids, 1, vocabulary_size=size, name=name)
        if not self._keeps(model):
            self.compile(model)
        averaging = NonMonotonicTrigger(self.patience)

        def batches(epoch, step=0):
            return self.pipeline(
                train_ids,
                start_epoch=epoch,
                start_step=step,
                epochs=options["epochs"],
            )

        try:
            return fit_loop.run(
                self,
                model,
                batches,
                own=[averaging],
                validation_data=self.pipeline(validation_ids, training=False),
                steps_per_epoch=self.steps_per_epoch(train_ids),
                # Averaging goes back by itself.
                guarded=False,
                **options,
            )
        except KeyboardInterrupt:
            averaging.restore_best()
            raise


# The arguments of `RecurrentLanguageModel` that go with each recipe; those
# that are not here have the defaults of that class.
MODEL_SETTINGS: Mapping[str, Mapping[str, Any]] = types.MappingProxyType(
    {
        "ptb": {"hidden_size": 850, "hidden_dropout": 0.25},
        "wikitext2": {"hidden_size": 700, "hidden_dropout": 0.15},
        "small_text": {
            "hidden_size": 128,
            "output_dropout": 0.2,
            "hidden_dropout": 0.05,
            "cell_input_dropout": 0.2,
            "input_dropout": 0.1,
            "embedding_dropout": 0.0,
        },
    }
)


def ptb_recipe(
    model: keras.Model,
    *,
    epochs: int = 8000,
    batch_size: int = 64,
    learning_rate: float = 20.0,
    weight_decay: float = 8e-7,
    clip_norm: float = 0.25,
    segment_length: int = 35,
    eval_batch_size: int = 10,
    patience: int = 5,
    seed: int = 0,
) -> LanguageRecipe:
    """The training of a model for Penn Treebank as in DARTS.

    SGD with L2 in the gradient and clipping, on segments of random length;
    once validation stalls, the mean of all iterates since then.
    `MODEL_SETTINGS["ptb"]` has what is not the default in the model.

    Args:
        model: `RecurrentLanguageModel`.
        epochs: Integer; the published training ran for at most `8000`, the
            default.
        batch_size: Integer. Defaults to `64`.
        learning_rate: Float, of a segment of `segment_length` tokens. Defaults
            to `20.0`.
        weight_decay: Float. Defaults to `8e-7`.
        clip_norm: Float, of the gradient as a whole. Defaults to `0.25`.
        segment_length: Integer, that of the model. Defaults to `35`.
        eval_batch_size: Integer, the rows that the validation text is cut
            into. Defaults to `10`.
        patience: Integer, as in `NonMonotonicTrigger`. Defaults to `5`.
        seed: Integer, of the lengths of segments; the first weights and
            dropout follow `keras.utils.set_random_seed`. Defaults to `0`.

    Returns:
        The `LanguageRecipe`, whose `fit` compiles and trains the model.

    Example:

    >>> model = kd.networks.RecurrentLanguageModel(
    ...     "rnn_darts_v2", 20, hidden_size=8
    ... )
    >>> recipe = ptb_recipe(model)
    >>> recipe.compile(model)
    >>> recipe.epochs, model.optimizer.weight_decay
    (8000, 8e-07)

    Reference: Liu et al., 2019, DARTS, section 3.3 and appendix A.2.2.
    """
    recipe = LanguageRecipe(
        epochs=epochs,
        batch_size=batch_size,
        optimizer=AveragedSGD(
            float(learning_rate),
            weight_decay=weight_decay,
            global_clipnorm=clip_norm,
        ),
        segment_length=segment_length,
        eval_batch_size=eval_batch_size,
        patience=patience,
        seed=seed,
    )
    recipe.check(model)
    return recipe


def wikitext2_recipe(model: keras.Model, **options: Any) -> LanguageRecipe:
    """`ptb_recipe` for WikiText-2, which differs in its weight decay.

    `MODEL_SETTINGS["wikitext2"]` has what is not the default in the model.

    Args:
        model: `RecurrentLanguageModel`.
        **options: Further arguments of `ptb_recipe`. Here they default to
            `weight_decay=5e-7`.

    Returns:
        The `LanguageRecipe`, whose `fit` compiles and trains the model.

    Reference: Liu et al., 2019, DARTS, section 3.4 and appendix A.2.4.
    """
    return ptb_recipe(model, **{"weight_decay": 5e-7, **options})


def small_language_model_recipe(
    model: keras.Model, **options: Any
) -> LanguageRecipe:
    """`ptb_recipe` for a training of a few minutes on a CPU.

    `MODEL_SETTINGS["small_text"]` has a model for it, of 128 units and with
    little dropout.

    Args:
        model: `RecurrentLanguageModel`.
        **options: Further arguments of `ptb_recipe`. Here they default to
            `epochs=20` and `batch_size=32`.

    Returns:
        The `LanguageRecipe`, whose `fit` compiles and trains the model.
    """
    return ptb_recipe(model, **{"epochs": 20, "batch_size": 32, **options})
