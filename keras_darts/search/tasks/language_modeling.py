"""Searches on running text, whose next token is predicted."""

import dataclasses

import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts import datasets
from keras_darts.connections import FullConnection
from keras_darts.datasets import Task
from keras_darts.datasets import TokenStreams
from keras_darts.datasets import token_streams
from keras_darts.networks import RecurrentLanguageModel
from keras_darts.networks import RecurrentState
from keras_darts.schedules import scaled_learning_rate
from keras_darts.search.tasks.base import Modality
from keras_darts.supernet import LanguageSupernet


@dataclasses.dataclass(frozen=True, eq=False)
class TextHalves:
    """What a language search runs on.

    Args:
        train: `TokenStreams`, for the weights.
        search: `TokenStreams`, for the architecture.
        description: String, a sentence for the log.
        vocabulary: `Vocabulary`, or `None` where only ids are known.
        vocabulary_size: Integer, or `None` where it is not known yet.
    """

    train: TokenStreams
    valid: TokenStreams
    description: str
    vocabulary: object = None
    vocabulary_size: int = None

    @property
    def batch_size(self):
        return self.train.batch_size

    @property
    def largest_id(self):
        """The largest token id in both texts."""
        return max(
            int(ids.max())
            for streams in (self.train, self.valid)
            for ids in (streams.inputs, streams.targets)
        )


def text_halves(
    text, search_text, share, *, batch_size, default_batch_size, **options
):
    """The halves of one text, or of two.

    Args:
        text: Array of token ids, a data set of consecutive segments, a pair
            of arrays (ids, next ids), or a tuple of two of these, the second
            being `search_text`.
        search_text: The same, or `None`: the last part of `text`.
        share: Float in (0, 1), how much of a single text is searched on.
        batch_size: Integer, the rows of the text, or `None`.
        default_batch_size: Integer, where neither `batch_size` nor a data set
            says it.
        **options: `vocabulary_size` and `steps` of `token_streams`.

    Raises:
        ValueError: if a text is too short, or `share` no share.
    """
    if search_text is None and _is_pair_of_texts(text):
        text, search_text = text
    given = search_text is not None
    if not given:
        text, search_text = _cut(text, share, batch_size, options)
    if _is_line(text):
        batch_size = batch_size or default_batch_size
    train = token_streams(text, batch_size, name="x", **options)
    valid = token_streams(
        search_text,
        batch_size or train.batch_size,
        name="validation_data" if given else "x",
        **options,
    )
    return TextHalves(
        train=train,
        valid=valid,
        description=(
            f"{train.num_tokens} tokens for the weights, {valid.num_tokens} "
            f"for the architecture, in {train.batch_size} rows"
        ),
    )


def _is_line(text):
    """Whether a text is one array of ids, yet to be cut into rows."""
    return not isinstance(text, tf.data.Dataset | TokenStreams) and (
        not isinstance(text, tuple) and np.ndim(text) == 1
    )


def _is_pair_of_texts(text):
    return (
        isinstance(text, tuple | list)
        and len(text) == 2
        and all(
            isinstance(part, tf.data.Dataset) or np.ndim(part) == 1
            for part in text
        )
    )


def _cut(text, share, batch_size, options):
    """The first part of a text, and the rest."""
    if not 0 < share < 1:
        raise ValueError(
            "`validation_split` must be a number between 0 and 1. "
            f"Received: validation_split={share!r}"
        )
    if _is_line(text):
        ids = np.asarray(text)
        place = round(len(ids) * (1 - share))
        return ids[:place], ids[place:]
    rows = token_streams(text, batch_size, name="x", **options)
    place = round(rows.length * (1 - share))
    return [
        (rows.inputs[:, part], rows.targets[:, part])
        for part in (slice(place), slice(place, None))
    ]


_STREAMS = ("train", "search", "evaluation")


class LanguageModality(Modality):
    """Rows of text, cut in segments that hand on their hidden state."""

    needs = ("vocabulary_size",)
    # The cell always normalises by the batch.
    judged_in_training = False

    def __init__(self, search, **sizes):
        super().__init__(search, **sizes)
        self._states = None
        self._vocabulary = None

    @property
    def num_outputs(self):
        return self.sizes["vocabulary_size"]

    # The supernet

    def make_supernet(self):
        search, strategy = self._search, self._search.strategy
        if strategy.connection != FullConnection():
            raise ValueError(
                "`connection` must be 'full', without dropout of skips, in a "
                "recurrent search space. "
                f"Received: connection={strategy.connection!r}"
            )
        if search.rematerialize:
            raise ValueError(
                "`rematerialize` must be left out in a recurrent search "
                "space, whose cell already keeps little of each word. "
                "Received: rematerialize=True"
            )
        units = search.search_space.hidden_size
        self._states = {
            stream: RecurrentState(units, search.compute_dtype)
            for stream in _STREAMS
        }
        return LanguageSupernet(
            search.search_space,
            self.sizes["vocabulary_size"],
            **self.pieces,
        )

    def forward(self, inputs, training=None, wrt="both"):
        ids, state = inputs if isinstance(inputs, tuple) else (inputs, None)
        # The cell's one set of running statistics serves states that differ
        # from node to node: with it no epoch could be judged.
        return self._search.supernet.segment(
            ids, state, training, wrt=wrt, by_batch=True
        )

    def derived_network(self, genotype, **sizes):
        known = {"vocabulary_size": self.sizes["vocabulary_size"]}
        return RecurrentLanguageModel(genotype, **{**known, **sizes})

    def task_for(self, loss):
        return Task("next_token", self.num_outputs)

    def task_of(self, batch, loss):
        return Task("next_token", self.sizes["vocabulary_size"])

    # A step

    def logits(self, outputs):
        return outputs.logits

    def penalty(self, outputs):
        return self._search.supernet.body.penalty(outputs)

    def step(self, train_batch, optimizer):
        share = ops.shape(train_batch[0])[1] / self._segment_length
        return scaled_learning_rate(optimizer, share)

    def begun(self, batch):
        ids, *others = batch
        state = self._search.supernet.initial_state(ops.shape(ids)[0])
        return ((ids, state), *others)

    def resumed(self, batch, stream):
        ids, *others = batch
        state = self._states[stream].read(ops.shape(ids)[0])
        return ((ids, state), *others)

    def keep(self, outputs, stream):
        self._states[stream].assign(outputs.state)

    def reset(self):
        for state in (self._states or {}).values():
            state.reset()

    @property
    def carried(self):
        return [state.variable for state in self._states.values()]

    def figures(self, logs):
        return {"perplexity": tf.exp(logs["loss"])}

    # The data of `fit`

    def read(
        self,
        x,
        y,
        batch_size,
        *,
        sample_weight,
        class_weight=None,
        validation_data,
        validation_split,
        steps_per_epoch,
    ):
        left_out = {
            "y": y,
            "sample_weight": sample_weight,
            "class_weight": class_weight,
        }
        for name, given in left_out.items():
            if given is not None:
                raise ValueError(
                    f"`{name}` must be left out for language, where each "
                    "token is the label of those before it. Received: "
                    f"{name} of type {type(given).__name__}"
                )
        vocabulary, size = None, self.sizes["vocabulary_size"]
        if isinstance(x, datasets.Corpus):
            vocabulary = x.vocabulary
            if size is not None:
                vocabulary.check_matches(size, "x")
            x, validation_data = x.train, _search_text(x, validation_data)
        texts = text_halves(
            x,
            validation_data,
            validation_split,
            batch_size=batch_size,
            default_batch_size=self._search.recipe.batch_size,
            vocabulary_size=size,
            steps=steps_per_epoch,
        )
        if vocabulary is not None:
            size = len(vocabulary)
        return dataclasses.replace(
            texts,
            vocabulary=vocabulary,
            vocabulary_size=size or texts.largest_id + 1,
        )

    def check(self, data):
        size = data.vocabulary_size
        return Task("next_token", size), {"vocabulary_size": size}

    def settle(self, data):
        self._vocabulary = data.vocabulary

    def augmentation(self, choice, data):
        if choice not in ("auto", None):
            raise ValueError(
                "`augmentation` must be left out for language. Received: "
                f"augmentation={choice!r}"
            )
        return None

    def steps_per_epoch(self, data):
        return datasets.bptt_batches_per_epoch(
            data.train, segment_length=self._segment_length
        )

    def batches(self, data, *, augment, **options):
        return datasets.bilevel_bptt_batches(
            data.train,
            data.valid,
            seed=self._search.seed,
            segment_length=self._segment_length,
            **options,
        )

    def evaluation(self, data):
        return datasets.eval_bptt_batches(data.valid, self._segment_length)

    def files(self):
        if self._vocabulary is None:
            return {}
        return {"vocabulary.json": self._vocabulary.to_json()}

    @property
    def _segment_length(self):
        return self._search.recipe.segment_length


def _search_text(corpus, validation_data):
    """The text for the architecture: the corpus' own, or what was given."""
    if isinstance(validation_data, datasets.Corpus):
        if validation_data.vocabulary != corpus.vocabulary:
            raise ValueError(
                "`validation_data` must have the vocabulary of `x`: load it "
                "with vocabulary=x.vocabulary. Received: another one, of "
                f"{len(validation_data.vocabulary)} tokens"
            )
        return validation_data.valid
    return corpus.valid if validation_data is None else validation_data
