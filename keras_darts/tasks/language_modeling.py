"""Running text, whose next token is predicted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts import datasets
from keras_darts import training
from keras_darts.connections import FullConnection
from keras_darts.datasets import Task
from keras_darts.datasets import TokenStreams
from keras_darts.datasets import token_streams
from keras_darts.networks import RecurrentLanguageModel
from keras_darts.networks import RecurrentState
from keras_darts.schedules import scaled_learning_rate
from keras_darts.strategies import RECIPES
from keras_darts.supernet import LanguageSupernet
from keras_darts.tasks.base import BatchStreams
from keras_darts.tasks.base import TaskAdapter
from keras_darts.tasks.training_data import TrainingData
from keras_darts.tasks.training_data import digest
from keras_darts.utils.typing import ArrayLike
from keras_darts.utils.typing import Dataset
from keras_darts.utils.typing import Logs

if TYPE_CHECKING:
    import keras

    from keras_darts.search_spaces.search_space import BaseSpace
    from keras_darts.strategies.recipe import SearchRecipe
    from keras_darts.strategies.strategy import SearchStrategy
    from keras_darts.tasks.base import DataSizes
    from keras_darts.training.recipe import BaseRecipe


_EXAMPLE_LENGTH = 8
_EXAMPLE_WORDS = 20


class RecurrentStreams(BatchStreams):
    """Segments that hand the hidden state to the next one of their stream.

    Args:
        units: Integer, of the hidden state.
        dtype: String.

    Example:

    >>> streams = RecurrentStreams(3, "float32")
    >>> (ids, state), _ = streams.resume((np.ones((2, 5)), None), "train")
    >>> tuple(state.shape)
    (2, 3)
    """

    def __init__(self, units: int, dtype: str) -> None:
        self._units, self._dtype = units, dtype
        self._states = {
            stream: RecurrentState(units, dtype)
            for stream in ("train", "search", "evaluation")
        }

    @property
    def variables(self) -> list[Any]:
        return [state.variable for state in self._states.values()]

    def begin(self, batch: Any) -> Any:
        ids, *others = batch
        rows = ops.shape(ids)[0]
        return ((ids, tf.zeros((rows, self._units), self._dtype)), *others)

    def resume(self, batch: Any, stream: str) -> Any:
        ids, *others = batch
        state = self._states[stream].read(ops.shape(ids)[0])
        return ((ids, state), *others)

    def keep(self, outputs: Any, stream: str) -> None:
        self._states[stream].assign(outputs.state)

    def reset(self) -> None:
        for state in self._states.values():
            state.reset()


class LanguageModeling(TaskAdapter):
    """Rows of text, cut in segments that hand on their hidden state.

    Example:

    >>> LanguageModeling().sizes
    ('vocabulary_size',)
    """

    sizes: tuple[str, ...] = ("vocabulary_size",)
    data = (
        "a datasets.Corpus, an array of token ids, or a tf.data.Dataset of "
        "consecutive segments"
    )
    search_recipe: SearchRecipe = RECIPES["language_modeling"]
    network_types: tuple[type, ...] = (RecurrentLanguageModel,)
    penalizes = True
    gradients_together = False
    # The cell always normalizes by the batch.
    judged_in_training = False
    # The loss has a penalty on all rows together.
    accumulates = False

    def num_outputs(self, sizes: DataSizes) -> int | None:
        return sizes["vocabulary_size"]

    def make_supernet(
        self,
        space: Any,
        sizes: DataSizes,
        strategy: SearchStrategy,
        rematerialize: bool = False,
    ) -> Any:
        if strategy.connection != FullConnection():
            raise ValueError(
                "`connection` must be 'full', without dropout of skips, in a "
                "recurrent search space. "
                f"Received: connection={strategy.connection!r}"
            )
        if rematerialize:
            raise ValueError(
                "`rematerialize` must be left out in a recurrent search "
                "space, whose cell already keeps little of each word. "
                "Received: rematerialize=True"
            )
        return LanguageSupernet(
            space,
            sizes["vocabulary_size"],
            relaxation=strategy.relaxation,
            initializer=strategy.initializer,
            edge_normalization=strategy.edge_normalization,
        )

    def make_streams(self, space: BaseSpace, dtype: str) -> RecurrentStreams:
        return RecurrentStreams(space.hidden_size, dtype)

    def forward(
        self,
        supernet: Any,
        inputs: tf.Tensor,
        training: bool | None = None,
        wrt: str = "both",
    ) -> Any:
        ids, state = inputs if isinstance(inputs, tuple) else (inputs, None)
        # The cell's one set of running statistics serves states that differ
        # from node to node: with it no epoch could be judged.
        return supernet.segment(ids, state, training, wrt=wrt, by_batch=True)

    def logits(self, outputs: Any) -> tf.Tensor:
        return outputs.logits

    def penalty(self, supernet: Any, outputs: Any) -> Any:
        return supernet.body.penalty(outputs)

    def step_scope(
        self,
        train_batch: Any,
        optimizer: keras.optimizers.Optimizer,
        recipe: SearchRecipe,
    ) -> Iterator[None]:
        share = ops.shape(train_batch[0])[1] / recipe.segment_length
        return scaled_learning_rate(optimizer, share)

    def log_metrics(self, logs: Logs) -> dict[str, Any]:
        return {"perplexity": tf.exp(logs["loss"])}

    def check_source(self, x: Any) -> None:
        labelled = (datasets.TextClassificationData, datasets.ImageData)
        if isinstance(x, labelled):
            raise TypeError(
                f"`x` must be {self.data}; labelled data are for other search "
                f"spaces. Received: {type(x).__name__}"
            )

    def task_for(self, loss: Any, num_outputs: int | None) -> Task:
        return Task("next_token", num_outputs)

    def task_of(self, batch: Any, loss: Any, num_outputs: int | None) -> Task:
        return Task("next_token", num_outputs)

    def read(
        self,
        x: Any,
        y: Any,
        batch_size: int | None,
        *,
        sizes: DataSizes,
        default_batch_size: int,
        validation_data: Any,
        validation_split: float,
        steps_per_epoch: int | None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        **others: Any,
    ) -> TextSplit:
        _check_left_out(
            y=y, sample_weight=sample_weight, class_weight=class_weight
        )
        vocabulary, size = None, sizes["vocabulary_size"]
        if isinstance(x, datasets.Corpus):
            vocabulary = x.vocabulary
            if size is not None:
                vocabulary.check_matches(size, "x")
            x, validation_data = x.train, _valid_text(x, validation_data)
        texts = split_text(
            x,
            validation_data,
            validation_split,
            batch_size=batch_size,
            default_batch_size=default_batch_size,
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

    def check(
        self, data: Any, sizes: Any, loss: Any
    ) -> tuple[Task, dict[str, Any]]:
        size = data.vocabulary_size
        return Task("next_token", size), {"vocabulary_size": size}

    def steps_per_epoch(self, data: Any, recipe: SearchRecipe) -> int:
        return datasets.bptt_batches_per_epoch(
            data.train, segment_length=recipe.segment_length
        )

    def batches(
        self,
        data: Any,
        recipe: SearchRecipe,
        seed: int,
        *,
        augment: Callable[..., Any] | None = None,
        **options: Any,
    ) -> Dataset:
        return datasets.bilevel_bptt_batches(
            data.train,
            data.valid,
            seed=seed,
            segment_length=recipe.segment_length,
            **options,
        )

    def evaluation(self, data: Any, recipe: SearchRecipe) -> Dataset:
        return datasets.eval_bptt_batches(data.valid, recipe.segment_length)

    def run_files(self, data: Any) -> dict[str, str]:
        if data.vocabulary is None:
            return {}
        return {"vocabulary.json": data.vocabulary.to_json()}

    def network(
        self,
        genotype: Any,
        space: Any,
        sizes: Any,
        statistics: Mapping[str, Any],
        **options: Any,
    ) -> keras.Model:
        known = {"vocabulary_size": sizes["vocabulary_size"]}
        return RecurrentLanguageModel(genotype, **{**known, **options})

    def recipe(
        self, network: keras.Model, num_train: int, task: Task, **options: Any
    ) -> BaseRecipe:
        return training.small_language_model_recipe(network, **options)

    def read_for_training(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        **options: Any,
    ) -> LanguageTrainingData:
        return LanguageTrainingData(x, y, batch_size, **options)

    def example_sizes(self) -> dict[str, Any]:
        return {"vocabulary_size": _EXAMPLE_WORDS}

    def example_batch(
        self, count: int, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        draw = np.random.default_rng(seed)
        words = draw.integers(1, _EXAMPLE_WORDS, (count, _EXAMPLE_LENGTH + 1))
        return words[:, :-1], words[:, 1:]

    def example_data(self, count: int = 24) -> tuple[Any, ...]:
        return (self.example_batch(count)[0].ravel(),)


@dataclasses.dataclass(frozen=True, eq=False)
class TextSplit:
    """What a search of a language model runs on.

    Args:
        train: `TokenStreams`, for the weights.
        valid: `TokenStreams`, for the architecture.
        description: String, a sentence for the log.
        vocabulary: `Vocabulary`, or `None` where only ids are known.
        vocabulary_size: Integer, or `None` where it is not known yet.
    """

    train: TokenStreams
    valid: TokenStreams
    description: str
    vocabulary: object = None
    vocabulary_size: int | None = None

    @property
    def batch_size(self) -> int:
        return self.train.batch_size

    @property
    def largest_id(self) -> int:
        """The largest token id in both texts."""
        return max(
            int(ids.max())
            for streams in (self.train, self.valid)
            for ids in (streams.inputs, streams.targets)
        )


def split_text(
    text: ArrayLike,
    valid_text: ArrayLike,
    share: float,
    *,
    batch_size: int,
    default_batch_size: int,
    **options: Any,
) -> TextSplit:
    """The parts of one text, or two texts.

    Args:
        text: Array of token ids, a data set of consecutive segments, a pair
            of arrays (ids, next ids), or a tuple of two of these, the second
            being `valid_text`.
        valid_text: The same, or `None`: the last part of `text`.
        share: Float in (0, 1), how much of a single text is searched on.
        batch_size: Integer, the rows of the text, or `None`.
        default_batch_size: Integer, where neither `batch_size` nor a data set
            says it.
        **options: `vocabulary_size` and `steps` of `token_streams`.

    Raises:
        ValueError: if a text is too short, or `share` no share.
    """
    if valid_text is None and _is_pair_of_texts(text):
        text, valid_text = text
    given = valid_text is not None
    if not given:
        text, valid_text = _cut(text, share, batch_size, options)
    if _is_line(text):
        batch_size = batch_size or default_batch_size
    train = token_streams(text, batch_size, name="x", **options)
    valid = token_streams(
        valid_text,
        batch_size or train.batch_size,
        name="validation_data" if given else "x",
        **options,
    )
    return TextSplit(
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


def _valid_text(corpus, validation_data):
    """The text for the architecture: the user's, or the corpus' own."""
    if isinstance(validation_data, datasets.Corpus):
        if validation_data.vocabulary != corpus.vocabulary:
            raise ValueError(
                "`validation_data` must have the vocabulary of `x`: load it "
                "with vocabulary=x.vocabulary. Received: another one, of "
                f"{len(validation_data.vocabulary)} tokens"
            )
        return validation_data.valid
    return corpus.valid if validation_data is None else validation_data


class LanguageTrainingData(TrainingData):
    """Running text: a `datasets.Corpus`, or an array of token ids.

    Searches split the training text, and networks are judged on the
    validation text.

    Args:
        x: As in `DartsSearch.fit`.
        y: `None`, as the last two.
        batch_size: As in `DartsSearch.fit`.
        validation_data: Likewise. Defaults to `None`.
        validation_split: Likewise. Defaults to `0.2`.
        sample_weight: Must be `None`.
        class_weight: Likewise.
        steps_per_epoch: Integer, of searches alone.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        batch_size: int | None,
        *,
        validation_data: Any = None,
        validation_split: float = 0.2,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        steps_per_epoch: int | None = None,
    ) -> None:
        _check_left_out(
            y=y, sample_weight=sample_weight, class_weight=class_weight
        )
        self._batch_size, self._corpus = batch_size, None
        if isinstance(x, datasets.Corpus):
            self._corpus, x = x, x.train
            if validation_data is None:
                validation_data = self._corpus.valid
        if isinstance(validation_data, datasets.Corpus):
            validation_data = validation_data.valid
        x = np.asarray(x)
        if validation_data is None:
            count = round(len(x) * (1 - validation_split))
            x, validation_data = x[:count], x[count:]
        self.train: Any = x
        self.validation: np.ndarray = np.asarray(validation_data)
        self.num_train: int = len(x)
        self._size = int(max(x.max(), self.validation.max())) + 1
        if self._corpus is not None:
            self._size = len(self._corpus.vocabulary)
        self.kept: dict[str, Any] = {
            "vocabulary": self._corpus and self._corpus.vocabulary
        }

    def search_input(self) -> dict[str, Any]:
        """The parts of the training text, with the vocabulary."""
        size = {"batch_size": self._batch_size}
        if self._corpus is None:
            return {"x": self.train, **size}
        middle = len(self.train) // 2
        parts = {"train": self.train[:middle], "valid": self.train[middle:]}
        return {"x": dataclasses.replace(self._corpus, **parts), **size}

    def check(
        self, adapter: TaskAdapter, sizes: Any, loss: Any
    ) -> tuple[Task, dict[str, Any]]:
        size = sizes["vocabulary_size"] or self._size
        return Task("next_token", size), {"vocabulary_size": size}

    def metric_names(self, task: Task) -> list[str]:
        return ["val_loss", "val_perplexity"]

    def recipe_options(self, options: dict[str, Any]) -> dict[str, Any]:
        if self._batch_size is None:
            return options
        return {"batch_size": self._batch_size, **options}

    def describe(self) -> dict[str, Any]:
        parts = self.train, self.validation
        return {
            "tokens": [len(part) for part in parts],
            "texts": [digest(part) for part in parts],
        }


def _check_left_out(**options):
    for name, value in options.items():
        if value is not None:
            raise ValueError(
                f"`{name}` must be left out for language, where each token is "
                "the label of those before it. Received: "
                f"{name} of type {type(value).__name__}"
            )
