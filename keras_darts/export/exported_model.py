"""Exported networks as functions on arrays, and what all exporters share."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
import pathlib
import time
import typing
from typing import TYPE_CHECKING

import numpy as np
from keras import __version__

from keras_darts.datasets import Vocabulary
from keras_darts.export.language_signatures import SCORE
from keras_darts.export.language_signatures import STEP
from keras_darts.export.signatures import ENDPOINT
from keras_darts.utils import tf_config
from keras_darts.utils.messages import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from keras_darts.utils.typing import ArrayLike
    from keras_darts.utils.typing import PathLike


SINGLE_FILES = (".keras", ".onnx", ".safetensors", ".tflite")
_TASKS = {
    "image": "image_classification",
    "ids": "text_classification",
    "text": "text_classification",
}


@dataclasses.dataclass(frozen=True)
class Signature:
    """One of the functions that an export answers by.

    It is called with arrays by their names and returns a dict of arrays; those
    of other names or shapes raise `ValueError`.

    Args:
        inputs: Dict from the name of each input to its shape, a tuple with
            `None` where any size will do.
        outputs: Dict likewise.
        run: The function.
        quantized: Dict from the names of inputs and outputs that are whole
            numbers in the file to their scale and zero point. Defaults to
            none.

    Example:

    >>> run = lambda token: {"next": token + 1}
    >>> count = Signature({"token": (None,)}, {"next": (None,)}, run)
    >>> count(token=np.array([1, 2]))["next"].tolist()
    [2, 3]
    """

    inputs: dict[str, tuple[int | None, ...]]
    outputs: dict[str, tuple[int | None, ...]]
    run: typing.Callable[..., dict[str, np.ndarray]]
    quantized: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __call__(self, **inputs: Any) -> dict[str, np.ndarray]:
        self._check(inputs)
        return self.run(**inputs)

    def _check(self, inputs):
        # Runtimes do not all do it: TensorFlow ends the process where a
        # convolution of oneDNN gets an axis too many.
        if inputs.keys() != self.inputs.keys():
            raise ValueError(
                f"The inputs must be {', '.join(self.inputs)}. "
                f"Received: {', '.join(inputs) or 'none'}"
            )
        for name, wanted in self.inputs.items():
            shape = np.shape(inputs[name])
            if len(shape) != len(wanted) or any(
                size not in (None, got)
                for size, got in zip(wanted, shape, strict=True)
            ):
                raise ValueError(
                    f"`{name}` must have the shape {wanted}, with any size "
                    f"for None. Received: {name} of shape {shape}"
                )


@dataclasses.dataclass(frozen=True)
class ExportedModel:
    """An exported network, as its own runtime computes it on the CPU.

    Called with images, sentences or texts, in the form that it takes them in,
    it returns a dict of arrays. A language model can be continued token by
    token as well: `step`, from `initial_state`.

    Args:
        path: The folder of the version, or the file.
        runtime: String, what computes it.
        signatures: Dict from names to `Signature`s.

    Example:

    >>> run = lambda image: {"logits": 2 * image}
    >>> signature = Signature({"image": (None, 2)}, {"logits": (None, 2)}, run)
    >>> served = {"serving_default": signature}
    >>> double = ExportedModel("double", "numpy", served)
    >>> double.task, double(np.ones((1, 2)))["logits"].tolist()
    ('image_classification', [[2.0, 2.0]])
    """

    path: pathlib.Path
    runtime: str
    signatures: dict[str, Signature]

    def __call__(self, inputs: Any) -> dict[str, np.ndarray]:
        if ENDPOINT not in self.signatures:
            raise self._lacks("which takes whole texts")
        signature = self.signatures[ENDPOINT]
        (name,) = signature.inputs
        return signature(**{name: inputs})

    @property
    def task(self) -> str | None:
        """The name of its task as in `kd.tasks`, or `None` if unknown."""
        if STEP in self.signatures:
            return "language_modeling"
        if ENDPOINT not in self.signatures:
            return None
        return _TASKS.get("".join(self.signatures[ENDPOINT].inputs))

    @property
    def batch_size(self) -> int | None:
        """Integer, the inputs that it takes at once, or `None` for any."""
        (shape,) = self.signatures[ENDPOINT].inputs.values()
        return shape[0]

    @property
    def image_shape(self) -> tuple[int | None, ...]:
        """Tuple `(H, W, C)` of the images that it takes, if it does."""
        if self.task != "image_classification":
            raise self._is_no("network of images")
        return self.signatures[ENDPOINT].inputs["image"][1:]

    @functools.cached_property
    def vocabulary(self) -> Vocabulary | None:
        """The `Vocabulary` that lies next to the export, or `None`."""
        file = vocabulary_file(self.path)
        return Vocabulary.load(file) if file.exists() else None

    @property
    def vocabulary_size(self) -> int:
        """Integer, the tokens that a language model knows."""
        return self._step.outputs["logits"][-1]

    def initial_state(self, batch_size: int = 1) -> np.ndarray:
        """Zeros (B, H), from which a language model begins."""
        units = self._step.inputs["state"][-1]
        return np.zeros((batch_size, units), "float32")

    def step(
        self, token: ArrayLike, state: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """One token further.

        Args:
            token: Integers (B,).
            state: Floats (B, H).

        Returns:
            The logits (B, V) of the next token and the next state (B, H).
        """
        outputs = self._step(token=token, state=state)
        return outputs["logits"], outputs["next_state"]

    def steps(
        self, ids: ArrayLike, state: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Token ids (B, T), one at a time, from a state.

        Returns:
            The logits (B, T, V) and the last state (B, H).
        """
        ids = np.asarray(ids)
        state = self.initial_state(len(ids)) if state is None else state
        logits = []
        for token in ids.T:
            values, state = self.step(token, state)
            logits.append(values)
        return np.stack(logits, axis=1), state

    def score(self, inputs: ArrayLike) -> dict[str, np.ndarray]:
        """Log-probabilities and perplexities of texts.

        Args:
            inputs: Integers (B, T), or a list of strings for an export with a
                tokenizer.

        Returns:
            A dict of `log_probabilities` (B, T - 1) and `perplexity` (B,).
        """
        if SCORE not in self.signatures:
            raise self._lacks("which a SavedModel has")
        signature = self.signatures[SCORE]
        (name,) = signature.inputs
        return signature(**{name: inputs})

    @property
    def _step(self):
        if STEP not in self.signatures:
            raise self._is_no("language model")
        return self.signatures[STEP]

    def _is_no(self, what):
        return ValueError(
            f"The export must be that of a {what}. Received: "
            f"{str(self.path)!r}, of task {self.task!r}"
        )

    def _lacks(self, why):
        return ValueError(
            f"The export must have the signature 'score', {why}; `step` and "
            f"`steps` go token by token. Received: {str(self.path)!r}, with "
            f"{', '.join(self.signatures)}"
        )


def vocabulary_file(path: pathlib.Path) -> pathlib.Path:
    """Where the vocabulary of an export lies, if it has one."""
    if path.suffix in SINGLE_FILES:
        return path.with_suffix(".vocabulary.json")
    return path / "assets.extra" / "vocabulary.json"


_LOG = logging.getLogger("keras_darts")


@contextlib.contextmanager
def announced(form: str, path: PathLike, verbose: int | str) -> Iterator[None]:
    """An export inside: its stages are shown, older graphs given back.

    Args:
        form: String, the format.
        path: Where it goes.
        verbose: As for `messages.shown`.
    """
    begun = time.monotonic()
    tf_config.give_back()
    with shown(verbose):
        _LOG.info("export: %s to %s", form, path)
        yield
        _LOG.info("export: done in %.0f s", time.monotonic() - begun)


def stage(words: str, *values: Any) -> None:
    """Logs what comes now."""
    _LOG.info(f"export: {words}", *values)


def check_file(path: pathlib.Path, suffix: str) -> None:
    """Refuses a path that such a file can't be written to."""
    if path.suffix != suffix or path.is_dir():
        raise ValueError(
            f"`path` must be a file that ends in {suffix!r}. "
            f"Received: path={str(path)!r}"
        )


def write_vocabulary(path: pathlib.Path, vocabulary: Vocabulary | None) -> None:
    """Writes the vocabulary next to the file, or takes away an older one's."""
    file = vocabulary_file(path)
    if vocabulary is None:
        file.unlink(missing_ok=True)
    else:
        vocabulary.save(file)


def of_keras(file: pathlib.Path) -> ExportedModel:
    """The `ExportedModel` of a file that Keras reads, which serves nothing."""
    return ExportedModel(
        path=file, runtime=f"keras {__version__}", signatures={}
    )
