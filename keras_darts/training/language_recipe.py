"""A way to train a language model: everything but the model and the text."""

import dataclasses

import keras

from keras_darts.datasets import evaluation_segments
from keras_darts.datasets import segments
from keras_darts.datasets import segments_per_epoch
from keras_darts.datasets import token_streams
from keras_darts.training import course
from keras_darts.training.averaging import NonMonotonicAveraging
from keras_darts.training.base_recipe import BaseRecipe
from keras_darts.training.perplexity import Perplexity


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class LanguageRecipe(BaseRecipe):
    """Optimizer, lengths of segments and averaging that belong together.

    `ptb_recipe`, `wikitext2_recipe` and `small_text_recipe` make them. Texts
    go in as arrays of token ids. One recipe can train any number of models.

    Args:
        epochs: Integer.
        optimizer: `AveragedSGD`, of which each model gets a copy.
        batch_size: Integer, the rows that the training text is cut into.
            Defaults to `64`.
        segment_length: Integer, that of the model too. Defaults to `35`.
        kind: String, how the lengths of segments vary, as in
            `keras_darts.datasets.segment_lengths`. Defaults to `"normal"`.
        eval_batch_size: Integer, the rows that the validation text is cut
            into. Defaults to `10`.
        patience: Integer, as in `NonMonotonicAveraging`. Defaults to `5`.
        seed: Integer, of the lengths of segments; the first weights and
            dropout follow `keras.utils.set_random_seed`. Defaults to `0`.

    Example:

    >>> model = kd.networks.RecurrentLanguageModel(
    ...     "rnn_darts_v2", 20, hidden_size=8
    ... )
    >>> recipe = kd.training.small_text_recipe(model, batch_size=4)
    >>> ids = np.arange(900) % 20
    >>> history = recipe.fit(model, ids, ids[:300], epochs=1, verbose=0)
    >>> sorted(history.history)
    ['averaging', 'loss', 'perplexity', 'val_loss', 'val_perplexity']
    """

    epochs: int
    optimizer: keras.optimizers.Optimizer
    batch_size: int = 64
    segment_length: int = 35
    kind: str = "normal"
    eval_batch_size: int = 10
    patience: int = 5
    seed: int = 0

    def compile(self, model):
        """Compiles a model with a fresh optimizer, loss and metrics."""
        length = getattr(model, "segment_length", self.segment_length)
        if length != self.segment_length:
            raise ValueError(
                "`segment_length` must be that of the model, by which it "
                f"scales the learning rate. Received: {self.segment_length}, "
                f"a model with {length}"
            )
        self._compile(
            model,
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=[Perplexity()],
        )

    def steps_per_epoch(self, ids):
        """The number of segments that a training text is cut into."""
        return segments_per_epoch(
            token_streams(ids, self.batch_size, name="ids"),
            segment_length=self.segment_length,
            kind=self.kind,
        )

    def pipeline(
        self, ids, training=True, *, start_epoch=0, start_step=0, epochs=None
    ):
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
            return evaluation_segments(streams, self.segment_length)
        return segments(
            token_streams(ids, self.batch_size, name="ids"),
            epochs=self.epochs if epochs is None else epochs,
            start_epoch=start_epoch,
            start_step=start_step,
            seed=self.seed,
            segment_length=self.segment_length,
            kind=self.kind,
        )

    def fit(self, model, train_ids, validation_ids, **options):
        """Trains a compiled model; it ends with the weights of the best check.

        It does so too after a `KeyboardInterrupt`, which is passed on.

        Args:
            model: Model that `compile` compiled.
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
        averaging = NonMonotonicAveraging(self.patience)

        def batches(epoch, step=0):
            return self.pipeline(
                train_ids,
                start_epoch=epoch,
                start_step=step,
                epochs=options["epochs"],
            )

        try:
            return course.run(
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
