"""Contract tests of the pieces of a strategy."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_darts import architects
from keras_darts import connections
from keras_darts import discretizers
from keras_darts import regularizers
from keras_darts import relaxations
from keras_darts import search_spaces
from keras_darts.relaxations import Policy
from keras_darts.search.mixed_precision import default_policy
from keras_darts.strategies import SearchStrategy
from keras_darts.supernet.edge_stack import EdgeStack
from keras_darts.testing.layers import assert_finite
from keras_darts.testing.layers import from_config
from keras_darts.testing.layers import images
from keras_darts.testing.layers import run_config_test
from keras_darts.testing.search_spaces import assert_genotype_of_space
from keras_darts.testing.small import small_batch
from keras_darts.testing.small import small_search

if TYPE_CHECKING:
    from keras_darts.architects.base import Architect
    from keras_darts.connections import Connection
    from keras_darts.discretizers.base import Discretizer
    from keras_darts.regularizers.base import Regularizer
    from keras_darts.relaxations.base import Relaxation


_CANDIDATES = ("none", "skip_connect", "dil_conv_3x3")


def run_relaxation_test(relaxation: Relaxation) -> None:
    """Logits become finite weights, and the gradient comes back.

    A `Policy` draws architectures that a genotype could be.

    Args:
        relaxation: `Relaxation`, its name or its config.

    Raises:
        AssertionError: if a weight is negative or not finite, that of an
            absent candidate is not zero, an edge gets no gradient or an
            absent candidate one, what is drawn has not all of the weight,
            chance plays a part outside of training, or a mixed precision
            changes that of the weights; for a policy, if it draws too many
            edges or `none`, or leaves something to chance outside of
            training.

    Example:

    >>> run_relaxation_test(kd.relaxations.Softmax(temperature=0.5))
    """
    relaxation = relaxations.get(relaxation)
    run_config_test(relaxation)
    if isinstance(relaxation, Policy):
        _run_policy_test(relaxation)
        return
    logits = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    logits[1, 2] = -1e9
    logits = tf.constant(logits)
    projection = images((3,), count=5)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        weights = relaxation(logits, training=True)
        along = tf.reduce_sum(weights * projection)
    assert weights.shape == logits.shape
    assert_finite(weights)
    assert np.min(weights) >= 0
    assert weights[1, 2] == 0, "an absent candidate has a weight"
    gradient = tape.gradient(along, logits).numpy()
    assert_finite(gradient)
    assert np.any(gradient, axis=1).all(), "an edge gets no gradient"
    assert gradient[1, 2] == 0, "an absent candidate gets a gradient"
    expected = relaxation(logits, training=False)
    assert_finite(expected)
    assert np.array_equal(relaxation(logits, training=False), expected)
    if relaxation.samples:
        _run_sample_test(relaxation, logits)
    with default_policy("mixed_bfloat16"):
        half = from_config(type(relaxation), relaxation.get_config())
        for training in (False, True):
            assert half(logits, training=training).dtype == "float32"


def _run_sample_test(relaxation, logits):
    for searching in (False, True):
        weights, sampled = relaxation.sample(logits, searching)
        most = relaxation.num_evaluated(logits.shape[-1])
        assert sampled.shape[-1] <= most, "more than `num_evaluated` run"
        rows = np.zeros(logits.shape)
        np.put_along_axis(rows, np.asarray(sampled), 1, axis=-1)
        assert rows[1, 2] == 0, "an absent candidate was drawn"
        assert np.array_equal(weights * rows, weights)
        assert np.allclose(np.sum(weights, axis=-1), 1)


def _run_policy_test(policy):
    cells = search_spaces.darts_cnn(num_nodes=3, primitives=_CANDIDATES).cells
    policy.prepare(cells)
    logits = {
        cell_type: tf.constant(images((3,), count=len(spec.edges)))
        for cell_type, spec in cells.items()
    }
    sample = policy.sample_architecture(logits)
    assert sample.log_probability <= 0 <= sample.entropy
    expected = policy(logits, training=False)
    for cell_type, spec in cells.items():
        weights, sampled = (
            sample.weights[cell_type].numpy(),
            sample.sampled[cell_type],
        )
        np.testing.assert_array_equal(weights, np.eye(4)[sampled[:, 0]][:, :3])
        assert not np.any(weights[:, 0]), "none was drawn"
        for node in spec.nodes:
            kept = weights[spec.edges_into(node)].sum()
            assert kept == spec.edges_per_node, f"{kept} edges into {node}"
        assert_finite(expected[cell_type])
        assert np.min(expected[cell_type]) >= 0
        again = policy(logits, training=False)[cell_type]
        np.testing.assert_array_equal(again, expected[cell_type])
    policy.choose(sample.sampled)
    for cell_type, weights in policy(logits, training=False).items():
        np.testing.assert_array_equal(weights, sample.weights[cell_type])


def run_connection_test(connection: Connection, filters: int = 8) -> None:
    """An edge has the right shape, and mixes by its weights.

    Args:
        connection: `Connection`, its name or its config.
        filters: Integer. Defaults to `8`.

    Raises:
        AssertionError: if a shape is wrong, two edges start alike, a variable
            or the weight of a candidate other than `none` gets no gradient,
            or that of `none` gets one, or in mixed precision the outputs are
            not of half precision and finite, and the variables of full one.

    Example:

    >>> run_connection_test(kd.connections.FullConnection())
    """
    connection = connections.get(connection)
    run_config_test(connection)
    assert 0 < connection.channel_fraction <= 1
    for stride in (1, 2):
        make_edge = functools.partial(
            connection.make_edge, _CANDIDATES, filters, stride, "batch"
        )
        stack = EdgeStack(make_edge, 2)
        stack.build((None, 8, 8, filters))
        for variable in stack.trainable_variables:
            first, second = variable.numpy()
            assert np.any(first != second), f"{variable.path} starts alike"
        inside = stack.template().inner_mixed_op()
        assert inside is not None or not connection.shrinks, "no `mixed_op`"
        for dtype in ("float32", "mixed_bfloat16"):
            with default_policy(dtype):
                edge = make_edge()
                edge.build((None, 8, 8, filters))
                _run_edge_test(edge, filters, stride, dtype.split("_")[-1])


def run_architect_test(architect: Architect, search_space: Any = None) -> None:
    """Gradients for all architecture parameters, and nothing is moved.

    Those of one that never updates the architecture are zero.

    Args:
        architect: `Architect`, its name or its config.
        search_space: Name, `SearchSpace`, `RecurrentSpace` or config, which
            should be small. Defaults to `None`: cells of one node with three
            primitives.

    Raises:
        AssertionError: if a gradient is missing, zero or not finite, or a
            variable of the search has changed.

    Example:

    >>> run_architect_test(kd.architects.FirstOrder())
    """
    architect = architects.get(architect)
    run_config_test(architect)
    space = search_spaces.get(search_space or _small_space())
    samples = architect.samples
    strategy = SearchStrategy(
        relaxation="categorical" if samples else "softmax",
        architect=architect,
        edge_normalization=not samples,
    )
    search = small_search(space, strategy)
    search.compile(run_eagerly=True)
    batches = [small_batch(space, count=4, seed=seed) for seed in range(2)]
    before = [v.numpy() for v in search.variables]
    gradients = search.architecture_gradients(*batches)
    for variable, value in zip(search.variables, before, strict=True):
        assert np.array_equal(variable.numpy(), value), (
            f"{variable.path} has moved"
        )
    for variable, gradient in zip(
        search.arch_variables, gradients, strict=True
    ):
        assert gradient.shape == variable.shape
        assert_finite(gradient)
        moves = architect.updates_architecture
        assert np.any(gradient) == moves, f"the gradient of {variable.path}"


def run_regularizer_test(regularizer: Regularizer) -> None:
    """A finite number whose gradient reaches the logits of all cells.

    Args:
        regularizer: `Regularizer`, its name or its config.

    Raises:
        AssertionError: if the term is no finite scalar, or has no gradient.

    Example:

    >>> run_regularizer_test(kd.regularizers.Entropy(0.1))
    """
    regularizer = regularizers.get(regularizer)
    run_config_test(regularizer)
    regularizer.prepare(small_search(_small_space()).supernet)
    logits = {
        cell_type: tf.constant(images((3,), count=2, seed=seed))
        for seed, cell_type in enumerate(("normal", "reduce"))
    }
    with tf.GradientTape() as tape:
        tape.watch(logits)
        weights = {
            cell_type: tf.nn.softmax(a) for cell_type, a in logits.items()
        }
        term = regularizer(logits, weights)
    assert term.shape == ()
    assert_finite(term)
    for cell_type, gradient in tape.gradient(term, logits).items():
        assert gradient is not None, f"no gradient for the {cell_type} cell"
        assert_finite(gradient)
        assert np.any(gradient), f"the gradient of the {cell_type} cell is zero"


def run_discretizer_test(
    discretizer: Discretizer, search_space: Any = "darts_cnn"
) -> None:
    """Mixing weights give a genotype of the space, always the same.

    Args:
        discretizer: `Discretizer`, its name or its config.
        search_space: Name, `SearchSpace`, `RecurrentSpace` or config.
            Defaults to `"darts_cnn"`.

    Raises:
        AssertionError: if the genotype has what the space has not, `none`
            where genotypes leave it out, or differs from call to call.

    Example:

    >>> run_discretizer_test(kd.discretizers.TopK())
    """
    discretizer = discretizers.get(discretizer)
    run_config_test(discretizer)
    space, generator = search_spaces.get(search_space), np.random.default_rng(0)
    weights = {
        cell_type: generator.dirichlet(
            np.ones(spec.num_candidates), len(spec.edges)
        )
        for cell_type, spec in space.cells.items()
    }
    genotype = discretizer(space, weights, {})
    assert genotype == discretizer(space, weights, {})
    assert type(genotype).from_text(genotype.to_text()) == genotype
    assert_genotype_of_space(genotype, space)


def _small_space():
    return search_spaces.darts_cnn(
        2, num_cells=3, num_nodes=1, primitives=_CANDIDATES
    )


def _run_edge_test(edge, filters, stride, dtype="float32"):
    inputs = tf.cast(images((8, 8, filters)), dtype)
    weights = tf.fill(len(_CANDIDATES), 1 / len(_CANDIDATES))
    values = [variable.value for variable in edge.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(weights)
        outputs = edge(inputs, weights, training=True)
        assert outputs.dtype == dtype, f"the outputs are {outputs.dtype}"
        outputs = tf.cast(outputs, "float32")
        projection = images(outputs.shape[1:], seed=1)
        along = tf.reduce_sum(outputs * projection)
    assert outputs.shape == (2, 8 // stride, 8 // stride, filters)
    assert_finite(outputs)
    of_weights, *of_values = tape.gradient(along, [weights, *values])
    of_weights = keras.ops.convert_to_numpy(of_weights)
    assert np.all(of_weights[1:]), "a candidate's weight gets no gradient"
    assert of_weights[0] == 0, "the weight of `none` gets a gradient"
    for variable, gradient in zip(
        edge.trainable_variables, of_values, strict=True
    ):
        assert variable.dtype == "float32"
        assert np.any(gradient), f"no gradient reaches {variable.path}"
        assert_finite(gradient)
