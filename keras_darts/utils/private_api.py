"""Every use of names that TensorFlow and Keras keep to themselves.

A new version of either may change them, so that this is the file to look at.
All were checked with Keras 3.15 and TensorFlow 2.21, the versions that
`setup.py` asks for. Two uses stand elsewhere: those of KerasTuner, in
`keras_darts/tuner/private_api.py`, so that a search does not wait for its
import, and that of LiteRT's interpreter, in `keras_darts/runtimes/litert.py`,
since a process that measures imports no TensorFlow. Methods of Keras that a
class here overrides are in `tests/test_private_api.py`, with the reason.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

from tensorflow.python.eager import context
from tensorflow.python.framework import ops

from keras_darts.utils.typing import Dataset
from keras_darts.utils.typing import TfFunction

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


def gradient_registry() -> dict[str, Any]:
    """The dict of TensorFlow's gradients, from names to entries.

    `tf.RegisterGradient` adds to it; there is no public way to read it or to
    take an entry out.
    """
    return ops.gradient_registry._registry


def set_gradient_registry(registry: dict[str, Any]) -> None:
    """Lets TensorFlow read and write its gradients in another dict.

    Args:
        registry: Dict with all that `gradient_registry` returns.
    """
    ops.gradient_registry._registry = registry


def configure_coordination(
    leader: str, jobs: Sequence[Any], milliseconds: int
) -> None:
    """Limits how long workers wait for one another at the start.

    `tf.distribute` sets an hour, and has no argument for it. To be called
    before TensorFlow computes anything.

    Args:
        leader: String, the job whose first task coordinates.
        jobs: List of the messages of a `ConfigProto` that name the jobs.
        milliseconds: Integer.
    """
    present = context.context()
    present.configure_coordination_service(
        "standalone",
        service_leader=f"/job:{leader}/replica:0/task:0",
        cluster_register_timeout_in_ms=milliseconds,
        coordinated_jobs=jobs,
    )
    # Without a barrier the first worker ignores the limit.
    present.coordination_service.cluster_register_with_barrier = True


def function_of_graph(graph: tf.Graph, name: str) -> TfFunction:
    """The function that a graph calls by a name.

    `tf.Graph.as_graph_def` has functions as messages, without the shapes of
    their tensors.
    """
    return graph._get_function(name)


def dataset_inputs(dataset: Dataset) -> list[Dataset]:
    """The data sets that one reads from; none of an unknown kind.

    `tf.data` has no public way to look into a data set; this and the next
    four are for `keras_darts/datasets/inspection.py`.
    """
    return getattr(dataset, "_inputs", list)()


def dataset_functions(dataset: Dataset) -> list[TfFunction]:
    """The traced functions of a data set, such as that of a `map`."""
    return getattr(dataset, "_functions", list)()


def is_nondeterministic(dataset: Dataset) -> bool:
    """Whether a data set was made with `deterministic=False`."""
    return getattr(dataset, "_deterministic", None) == "false"


def reshuffles_each_iteration(dataset: Dataset) -> bool:
    """What a `shuffle` was given for it; `True` where it isn't known."""
    again = getattr(dataset, "_reshuffle_each_iteration", True)
    return again is not False


def repeat_count(dataset: Dataset) -> int:
    """How often a `repeat` repeats; -1 for no end."""
    return int(getattr(dataset, "_count", -1))


def loss_tracker(model: keras.Model) -> keras.metrics.Metric:
    """The mean that a Keras model reports as `loss`.

    Keras' own `train_step` updates it; `model.metrics` has it under a name
    that a user's metric may have too.
    """
    return model._loss_tracker


def build_metrics(model: keras.Model, batch: Any) -> None:
    """Builds the metrics of a compiled model from a batch.

    Keras does it in the first step; there is no public way to do it earlier.
    """
    model._symbolic_build(data_batch=batch)


@contextlib.contextmanager
def unlocked(layer: keras.Layer) -> Iterator[None]:
    """Inside, a layer that is built takes layers more.

    Keras refuses them, since an optimizer would not know their weights.
    """
    layer._tracker.unlock()
    try:
        yield
    finally:
        layer._tracker.lock()


def default_seed(source: Any = random) -> int:
    """The next seed for an initializer that has none, as Keras draws it.

    Args:
        source: `random.Random`. Defaults to Python's `random` itself, which
            `keras.utils.set_random_seed` sets.
    """
    return source.randint(1, int(1e9))


_LOCK = threading.RLock()


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside, whatever Keras draws a default seed for is reproducible.

    Keras takes the seeds of initializers and dropouts from Python's `random`;
    its state is put back at the end. Threads wait for each other, so that each
    draws what it would draw alone.

    Example:

    >>> with seeded(0):
    ...     first = random.random()
    >>> with seeded(0):
    ...     first == random.random()
    True
    """
    with _LOCK:
        state = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)


def flat_layers(model: keras.Model) -> list[keras.Layer]:
    """All layers of a model, those inside of others too.

    The public `model.layers` has the outermost alone.
    """
    return list(model._flatten_layers())


def compile_arguments(model: keras.Model) -> dict[str, Any]:
    """The dict of what `compile` was given, empty before.

    The public `get_compile_config` has it in serialized form alone.
    """
    given = getattr(model, "_compile_config", None)
    return given.config if given is not None else {}


def operation_of(tensor: keras.KerasTensor) -> keras.Operation:
    """The layer or operation that a symbolic tensor comes from."""
    return tensor._keras_history.operation


def count_calls(operation: keras.Operation) -> int:
    """How often a layer or operation was called on symbolic tensors."""
    return len(operation._inbound_nodes)


def wrapped_function(
    metric: keras.metrics.Metric,
) -> tuple[Callable[..., Any], dict[str, Any]]:
    """What a `keras.metrics.MeanMetricWrapper` takes the mean of.

    Returns:
        The function and the dict of its arguments, which the public
        `get_config` has in serialized form alone.
    """
    return metric._fn, metric._fn_kwargs


def learning_rate_setting(optimizer: keras.optimizers.Optimizer) -> Any:
    """What sets the learning rate: a variable, a schedule or a function.

    The public `optimizer.learning_rate` is the number of the present step.
    """
    return optimizer._learning_rate


def set_learning_rate_setting(
    optimizer: keras.optimizers.Optimizer, setting: Any
) -> None:
    """Replaces it around Keras, which would take it for the user's.

    Args:
        optimizer: `keras.optimizers.Optimizer`.
        setting: A variable, a schedule or a function.
    """
    object.__setattr__(optimizer, "_learning_rate", setting)


def step_counter(optimizer: keras.optimizers.Optimizer) -> keras.Variable:
    """The variable that an optimizer counts its calls in.

    The public `iterations` is not a variable where gradients are accumulated.
    """
    return optimizer._iterations


def optimized_variables(
    optimizer: keras.optimizers.Optimizer,
) -> list[keras.Variable]:
    """The variables that an optimizer was built for, in their order."""
    return optimizer._trainable_variables


def variable_index(
    optimizer: keras.optimizers.Optimizer, variable: keras.Variable
) -> int:
    """The place of a variable in the lists of an optimizer's slots."""
    return optimizer._get_variable_index(variable)


def is_decayed(
    optimizer: keras.optimizers.Optimizer, variable: keras.Variable
) -> bool:
    """Whether weight decay moves a variable.

    `exclude_from_weight_decay` says it, and has no counterpart that reads.
    """
    return optimizer._use_weight_decay(variable)


def adam_moments(
    optimizer: keras.optimizers.Optimizer, variable: keras.Variable
) -> tuple[keras.Variable, keras.Variable]:
    """The first and the second moment that Adam keeps of a variable."""
    index = variable_index(optimizer, variable)
    return optimizer._momentums[index], optimizer._velocities[index]
