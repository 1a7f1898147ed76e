"""The comparison of an export, as it runs, with its Keras model."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from typing import Any

    import keras

    from keras_darts.export.exported_model import ExportedModel
    from keras_darts.export.signatures import Serving

# Of the largest logit. A network that computes in half precision is not
# repeatable to more than that, whoever runs it.
_TOLERANCES = {"float16": 1e-2, "bfloat16": 1e-1}
_TOLERANCE = 1e-4
_SMALLEST_SCALE = 1e-2


@dataclasses.dataclass(frozen=True)
class Parity:
    """How far an export is from its Keras model.

    Args:
        samples: Integer, the number of images, sentences or texts compared.
        samples_from: String, `"given"`, or what they are otherwise.
        max_logit_difference: Float, the largest absolute difference.
        max_logit: Float, the largest absolute logit of the Keras model.
        top1_agreement: Float, the fraction of images, sentences or tokens with
            the same best class, or `None` where outputs are not classes.
        max_log_probability_difference: Float, the largest absolute difference
            where an export scores texts. Defaults to `None`.
        max_logit_difference_of_files: Float, the largest absolute difference
            where an export decodes image files. Defaults to `None`.
        max_logit_of_files: Float, the largest absolute logit of the Keras
            model for these. Defaults to `None`.
    """

    samples: int
    samples_from: str
    max_logit_difference: float
    max_logit: float
    top1_agreement: float | None
    max_log_probability_difference: float | None = None
    max_logit_difference_of_files: float | None = None
    max_logit_of_files: float | None = None


def compare(
    serving: Serving, exported: ExportedModel, samples: tuple[Any, str]
) -> Parity:
    """The `Parity` of an export, which must give finite outputs.

    Args:
        serving: The `Serving` that was exported.
        exported: `ExportedModel`.
        samples: What `serving.samples` returned.

    Raises:
        ValueError: If the network's own logits are not finite.
        RuntimeError: If an output of the export is not finite.
    """
    return measure(
        serving, samples, lambda values: serving.actual(exported, values)
    )


def measure(
    serving: Serving,
    samples: tuple[Any, str],
    actual: Callable[[Any], Mapping[str, np.ndarray]],
) -> Parity:
    """As `compare`, with a function from samples to what an export gives."""
    values, samples_from = samples
    # On the CPU for all, since a GPU's own float32 is good for 3 digits.
    with tf.device("CPU:0"):
        expected, actual = serving.expected(values), actual(values)
    # Not every export has all that the network could be asked for.
    expected = {name: expected[name] for name in expected if name in actual}
    if not all(np.isfinite(array).all() for array in expected.values()):
        raise ValueError(
            "`network` must give finite logits. Received: a network with "
            f"NaN or infinite logits on {samples_from} samples"
        )
    for name, array in actual.items():
        if not np.isfinite(array).all():
            raise RuntimeError(
                f"The export's output {name!r} is not finite where the Keras "
                "model's logits are; it was not kept."
            )
    agreement = None
    if serving.best_is_an_answer:
        best, right = (a["logits"].argmax(-1) for a in (actual, expected))
        agreement = float(np.mean(best == right))
    return Parity(
        samples=len(values),
        samples_from=samples_from,
        max_logit_difference=_difference("logits", actual, expected),
        max_logit=_largest("logits", expected),
        top1_agreement=agreement,
        max_log_probability_difference=_difference(
            "log_probabilities", actual, expected
        ),
        max_logit_difference_of_files=_difference(
            "logits_of_files", actual, expected
        ),
        max_logit_of_files=_largest("logits_of_files", expected),
    )


def require(parity: Parity, network: keras.Model) -> None:
    """Raises `RuntimeError` when a float export is not its Keras model."""
    relative = _TOLERANCES.get(network.compute_dtype, _TOLERANCE)

    def hold(what, difference, largest):
        if difference is not None:
            _require(what, difference, relative * largest)

    logit, of_files = parity.max_logit, parity.max_logit_of_files
    hold("logits", parity.max_logit_difference, max(logit, _SMALLEST_SCALE))
    hold(
        "logits of image files",
        parity.max_logit_difference_of_files,
        max(of_files or 0.0, _SMALLEST_SCALE),
    )
    # They are sums over a vocabulary, and never as small as logits.
    hold(
        "log probabilities",
        parity.max_log_probability_difference,
        max(logit, 1.0),
    )


def require_equal(parity: Parity) -> None:
    """Raises `RuntimeError` when what was read back is not the same."""
    if parity.max_logit_difference:
        raise RuntimeError(
            "The logits of what was read back differ from the network's by "
            f"{parity.max_logit_difference:.2g}, where they must be the same; "
            "it was not kept."
        )


def facts_of(parity: Parity) -> dict[str, Any]:
    """The comparison as plain data, for a model card."""
    return dataclasses.asdict(parity)


def _difference(name, actual, expected):
    if name not in actual:
        return None
    return float(np.abs(actual[name] - expected[name]).max(initial=0.0))


def _largest(name, arrays):
    if name not in arrays:
        return None
    return float(np.abs(arrays[name]).max(initial=0.0))


def _require(what, difference, allowed):
    if difference > allowed:
        raise RuntimeError(
            f"The export's {what} differ from the Keras model's by "
            f"{difference:.2g}, where {allowed:.2g} is allowed; it was not "
            "kept. Does a layer of the network compute something else inside "
            "a `tf.function`?"
        )
