"""The comparison of an export, as it runs, with its Keras model."""

import dataclasses
import json

import numpy as np
import tensorflow as tf

from keras_darts.export.samples import image_array

_BATCH = 32
_RANDOM_SAMPLES = 16
_SAMPLES_LIMIT = 1024

# Of the largest logit. A network that computes in half precision is not
# repeatable to more than that, whoever runs it.
_TOLERANCES = {"float16": 1e-2, "bfloat16": 1e-1}
_TOLERANCE = 1e-4
_SMALLEST_SCALE = 1e-2


@dataclasses.dataclass(frozen=True)
class Parity:
    """How far an export is from its Keras model.

    Args:
        samples: Integer, the number of images compared.
        samples_from: String, `"given"` or `"standard normal noise"`.
        max_logit_difference: Float, the largest absolute difference.
        max_logit: Float, the largest absolute logit of the Keras model.
        top1_agreement: Float, the fraction of images with the same best class,
            or `None` where outputs are not classes.
    """

    samples: int
    samples_from: str
    max_logit_difference: float
    max_logit: float
    top1_agreement: float | None


def samples_for(serving, samples):
    """The images to compare on, and where they are from."""
    if samples is not None:
        images = image_array(
            samples,
            serving.image_shape,
            argument="samples",
            limit=_SAMPLES_LIMIT,
        )
        return images, "given"
    shape = (_RANDOM_SAMPLES, *serving.image_shape)
    noise = np.random.default_rng(0).standard_normal(shape, "float32")
    return noise, "standard normal noise"


def compare(serving, run, samples):
    """The `Parity` of an export, which must give finite outputs.

    Args:
        serving: The `Serving` that was exported.
        run: Function from a float32 array of images to the export's outputs,
            a dict of arrays.
        samples: What `samples_for` returned.

    Raises:
        ValueError: If the network's own logits are not finite.
        RuntimeError: If an output of the export is not finite.
    """
    images, samples_from = samples
    parts = [images[i : i + _BATCH] for i in range(0, len(images), _BATCH)]
    # On the CPU for all, since a GPU's own float32 is good for 3 digits.
    with tf.device("CPU:0"):
        expected = np.concatenate([serving.logits(p) for p in parts])
    if not np.isfinite(expected).all():
        raise ValueError(
            "`network` must give finite logits. Received: a network with NaN "
            f"or infinite logits on {samples_from} samples"
        )
    actual = np.concatenate([_finite_logits(run(p)) for p in parts])
    agreement = None
    if serving.activation == "softmax":
        agreement = np.mean(actual.argmax(-1) == expected.argmax(-1))
    return Parity(
        samples=len(images),
        samples_from=samples_from,
        max_logit_difference=float(np.abs(actual - expected).max()),
        max_logit=float(np.abs(expected).max()),
        top1_agreement=None if agreement is None else float(agreement),
    )


def require(parity, network):
    """Raises `RuntimeError` when a float export is not its Keras model."""
    relative = _TOLERANCES.get(network.compute_dtype, _TOLERANCE)
    allowed = relative * max(parity.max_logit, _SMALLEST_SCALE)
    if parity.max_logit_difference > allowed:
        raise RuntimeError(
            "The export's logits differ from the Keras model's by "
            f"{parity.max_logit_difference:.2g}, where {allowed:.2g} is "
            "allowed; it was not kept. Does a layer of the network compute "
            "something else inside a `tf.function`?"
        )


def write_record(path, parity, **facts):
    """The comparison and other facts of the export, as JSON."""
    record = {**facts, **dataclasses.asdict(parity)}
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _finite_logits(outputs):
    for name, values in outputs.items():
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise RuntimeError(
                f"The export's output {name!r} is not finite where the Keras "
                "model's logits are; it was not kept."
            )
    return outputs["logits"]
