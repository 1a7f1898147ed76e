"""Networks as Keras' own files, to continue with in Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras.saving import load_model

from keras_darts.export import cards
from keras_darts.export import parity
from keras_darts.export import signatures
from keras_darts.export.exported_model import announced
from keras_darts.export.exported_model import check_file
from keras_darts.export.exported_model import of_keras
from keras_darts.export.exported_model import stage
from keras_darts.export.exported_model import write_vocabulary
from keras_darts.export.specification import describe
from keras_darts.export.weights import named_weights
from keras_darts.export.weights import same_bits
from keras_darts.training.run_folder import save_network
from keras_darts.utils.files import staging
from keras_darts.utils.files import user_path

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Mapping
    from collections.abc import Sequence
    from typing import Any

    from keras import Model

    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.utils.typing import PathLike


def keras(
    network: Model,
    path: PathLike,
    *,
    labels: Sequence[str] | None = None,
    activation: str | None = "auto",
    input_shape: Sequence[int] | None = None,
    samples: Any = None,
    vocabulary: Vocabulary | None = None,
    training: Mapping[str, Any] | None = None,
    verbose: int | str = "auto",
) -> pathlib.Path:
    """Writes a network as Keras' own file.

    `keras.models.load_model` reads it where keras_darts is imported, with the
    auxiliary head and the optimizer, to train on. Before the file appears it
    is read back, and its weights and its logits must be the same to the last
    bit; `NAME.keras.model_card.json` next to it says so, with what else there
    is to know. A file that was there before is replaced.

    Args:
        network: A `keras.Model` from images `(B, H, W, C)` to logits
            `(B, outputs)`, a `TextNetwork` or a `RecurrentLanguageModel`.
        path: The file, which must end in `.keras`.
        labels: List of strings, one an output, for the card. Defaults to
            `None`.
        activation: What the logits are for: `"softmax"` for one class,
            `"sigmoid"` for several, or `None`, as in regression. The card has
            the agreement on the best class for the first alone. Defaults to
            `"auto"`, as for `saved_model`.
        input_shape: Tuple `(H, W, C)` of the images. Defaults to `None`, which
            means `network.input_shape`.
        samples: What to compare on, as for `onnx`. Defaults to `None`, which
            means noise.
        vocabulary: `Vocabulary` of the network's tokens, written next to the
            file as `NAME.vocabulary.json`. Defaults to `None`.
        training: Dict of plain data, what the model card says of the
            training. Defaults to `None`: the last epoch of the network's
            `fit` in this process, if there was one.
        verbose: As in Keras, whether the stages are shown. Defaults to
            `"auto"`.

    Returns:
        The `pathlib.Path` of the file.

    Raises:
        ValueError: If `path` can't be written or an argument does not fit the
            network.
        RuntimeError: If another network comes back, as from a class whose
            `get_config` leaves something out.

    Example:

    >>> import tempfile
    >>> network = kd.networks.NasBench201Network(
    ...     "|skip_connect~0|+|none~0|none~1|+|none~0|none~1|none~2|",
    ...     num_classes=2, filters=2, num_cells=1, input_shape=(8, 8, 1),
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = kd.export.keras(network, f"{folder}/parity.keras", verbose=0)
    ...     kd.export.model_card(file)["parity"]["max_logit_difference"]
    0.0
    """
    path = user_path(path)
    check_file(path, ".keras")
    with announced("Keras file", path, verbose):
        options = {
            "activation": activation,
            "input_shape": input_shape,
            "vocabulary": vocabulary,
        }
        serving = _described(network, labels=labels, **options)
        signatures.say(serving.head)
        training = cards.training_figures(network, training)
        samples = serving.samples(samples)
        with staging(path.parent) as scratch:
            file = scratch / "model.keras"
            stage("writing it and reading it back")
            save_network(network, file)
            loaded = load_model(file)
            _check_weights(network, loaded)
            again = _described(loaded, labels=labels, **options)
            measured = parity.measure(serving, samples, again.expected)
            parity.require_equal(measured)
            card = cards.make(
                serving,
                of_keras(file),
                measured,
                training=training,
                format="keras",
                quantization=None,
            )
            cards.publish(file, path, card)
        write_vocabulary(path, serving.vocabulary)
        return path


def _described(network, **arguments):
    return describe(network, preprocessing=None, tokenizer=None, **arguments)


def _check_weights(network, loaded):
    before, after = named_weights(network), named_weights(loaded)
    other = {
        name
        for name in {**before, **after}
        if name not in before
        or name not in after
        or not same_bits(before[name], after[name])
    }
    if other:
        raise RuntimeError(
            "The network that was read back has other weights: "
            f"{', '.join(sorted(other))}; it was not kept. Does the network's "
            "`get_config` give every argument?"
        )
