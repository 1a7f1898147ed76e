"""Every use of names that KerasTuner keeps to itself.

They were checked with KerasTuner 1.4.8. `keras_tuner.engine` is public, as
`keras_tuner` itself; `keras_tuner.src` is not. It stands apart from
`keras_darts/utils/private_api.py`, which a search imports without KerasTuner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_tuner.src.distribute.utils import has_chief_oracle
from keras_tuner.src.distribute.utils import is_chief_oracle
from keras_tuner.src.engine.oracle import Display
from keras_tuner.src.engine.tuner_utils import TunerCallback

if TYPE_CHECKING:
    from typing import Any

    import keras
    import keras_tuner

# `has_chief_oracle` and `is_chief_oracle`: whether several processes tune, and
# whether this one only hands out trials. `Display` prints the trials of an
# oracle. `TunerCallback` reports the epochs of a trial to its tuner. All of
# them are internals of the public `Tuner` and `Oracle`.
__all__ = [
    "Display",
    "TunerCallback",
    "build_model",
    "copy_callbacks",
    "display_of",
    "has_chief_oracle",
    "is_chief_oracle",
    "is_worker",
    "separate_tensorboard",
    "set_display",
]


def is_worker(tuner: keras_tuner.Tuner) -> bool:
    """Whether this process runs trials that another one hands out."""
    return tuner._is_worker()


def display_of(oracle: keras_tuner.Oracle) -> Display:
    """The `Display` of an oracle."""
    return oracle._display


def set_display(oracle: keras_tuner.Oracle, display: Display) -> None:
    """Lets an oracle report its trials to another `Display`."""
    oracle._display = display


def build_model(
    tuner: keras_tuner.Tuner, hp: keras_tuner.HyperParameters
) -> Any:
    """The hypermodel's model, with the arguments of `Tuner` for `compile`.

    `tuner.hypermodel.build` alone leaves them out, and the scope of the
    distribution strategy as well.
    """
    return tuner._build_hypermodel(hp)


def copy_callbacks(
    tuner: keras_tuner.Tuner, callbacks: list[keras.callbacks.Callback]
) -> list[keras.callbacks.Callback]:
    """Copies a user's callbacks for a trial, or says which one can't be."""
    return tuner._deepcopy_callbacks(callbacks)


def separate_tensorboard(
    tuner: keras_tuner.Tuner,
    callbacks: list[keras.callbacks.Callback],
    trial: Any,
    execution: int,
) -> None:
    """Gives TensorBoard callbacks a folder for each execution of a trial."""
    tuner._configure_tensorboard_dir(callbacks, trial, execution)
