"""The supernet: its size, its shapes, and that a trace changes nothing."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd


def size(variables):
    return sum(int(np.prod(v.shape)) for v in variables)


def test_the_supernet_of_the_paper_has_its_published_size(make_supernet):
    supernet = make_supernet(
        kd.search_spaces.get("darts_cnn"), (32, 32, 3), outputs=10
    )
    arch = size(supernet.arch_variables)
    assert arch == 224
    assert size(supernet.trainable_variables) - arch == 1_930_618


@pytest.mark.parametrize("num_nodes", [1, 2, 3, 5])
def test_any_number_of_nodes(make_supernet, make_space, images, num_nodes):
    names = ("none", "skip_connect", "max_pool_3x3")
    supernet = make_supernet(make_space(names, num_nodes))
    assert supernet(images()).shape == (4, 3)
    edges = num_nodes * (num_nodes + 3) // 2
    assert [v.shape for v in supernet.arch_variables] == [(edges, 3)] * 2


@pytest.mark.parametrize("num_cells", [1, 2, 3, 6])
def test_any_number_of_cells(make_supernet, make_space, images, num_cells):
    space = make_space(("skip_connect", "none"), 1, num_cells=num_cells)
    supernet = make_supernet(space)
    assert supernet(images()).shape == (4, 3)
    filters = [cell.filters for cell in supernet.cells]
    reductions = [cell.spec.reduction for cell in supernet.cells]
    assert filters == list(4 * 2 ** np.cumsum(reductions))


@pytest.mark.parametrize("shape", [(8, 8, 1), (12, 8, 5), (28, 28, 1)])
def test_any_size_and_number_of_channels_that_divides(
    make_supernet, images, shape
):
    assert make_supernet(input_shape=shape)(images(shape)).shape == (4, 3)


@pytest.mark.parametrize("shape", [(10, 8, 3), (8, 2, 3), (8, 8)])
def test_images_that_can_not_be_halved_twice_are_refused(make_supernet, shape):
    with pytest.raises(ValueError, match="`input_shape` must be .*by 4"):
        make_supernet(input_shape=shape)


def mixed_space():
    """Every edge of the normal cell has candidates of its own."""
    edges = [
        ("none", "sep_conv_3x3"),
        ("skip_connect",),
        ("none",),
        ("max_pool_3x3", "skip_connect", "none"),
        ("skip_connect", "max_pool_3x3", "none"),
    ]
    return kd.SearchSpace(
        normal=kd.CellSpec(edges),
        reduce=kd.CellSpec.uniform(("skip_connect",), 2, reduction=True),
        filters=4,
        num_cells=3,
    )


def test_each_edge_may_have_candidates_of_its_own(make_supernet, images):
    supernet = make_supernet(mixed_space())
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(supernet(images(), training=True) ** 2)
    normal, _ = supernet.arch_variables
    gradient = tape.gradient(loss, normal.value).numpy()
    assert normal.shape == (5, 3)
    # An edge with one candidate has nothing to choose.
    chosen = [True, False, False, True, True]
    assert np.any(gradient, axis=1).tolist() == chosen


def test_each_cell_and_edge_has_its_own_first_values(make_supernet):
    supernet = make_supernet()
    kernels = []
    for cell in supernet.cells:
        for k in range(len(cell.spec.edges)):
            stack, index = cell.edge_location(k)
            kernels.append(stack.stacked_weights[0].numpy()[index].ravel()[:9])
    assert len(np.unique(np.stack(kernels), axis=0)) == 3 * 5


def test_only_a_search_cells_convolutions_are_trained(make_supernet):
    supernet = make_supernet()
    names = [v.path for v in supernet.cells[0].trainable_variables]
    assert names
    assert not [name for name in names if "gamma" in name or "beta" in name]
    stem = [v.name for v in supernet.stem.trainable_variables]
    assert stem == ["kernel", "gamma", "beta"]


def test_the_first_preprocessing_halves_after_a_reduction(make_supernet):
    space = kd.search_spaces.darts_cnn(
        2, num_nodes=1, primitives=("skip_connect", "none")
    )
    names = [
        type(cell.preprocess0).__name__ for cell in make_supernet(space).cells
    ]
    after = [i for i, name in enumerate(names) if name == "FactorizedReduce"]
    assert after == [3, 6]


def test_without_normalization_there_are_no_statistics(
    make_supernet, make_space
):
    supernet = make_supernet(make_space(normalization=None))
    names = [v.name for v in supernet.non_trainable_variables]
    assert names == ["temperature"]


@pytest.mark.parametrize("edge_normalization", [False, True])
def test_a_traced_call_equals_an_eager_one(
    make_supernet, make_space, images, edge_normalization
):
    strategy = kd.SearchStrategy(edge_normalization=edge_normalization)
    # Betas are of nodes with edges from cells and from nodes.
    space = make_space(num_nodes=1 + edge_normalization)
    eager, traced = (make_supernet(space, strategy=strategy) for _ in range(2))
    call = tf.function(lambda x: traced(x, training=True))
    for seed in range(2):
        np.testing.assert_allclose(
            call(images(seed=seed)),
            eager(images(seed=seed), training=True),
            rtol=1e-4,
            atol=1e-5,
        )
    assert len(traced.variables) == len(eager.variables)
    for one, other in zip(traced.variables, eager.variables, strict=True):
        np.testing.assert_allclose(
            one.numpy(), other.numpy(), rtol=1e-4, atol=1e-5
        )
    np.testing.assert_allclose(
        tf.function(traced)(images()), eager(images()), rtol=1e-4, atol=1e-5
    )


def test_training_moves_every_statistic_and_inference_none(
    make_supernet, images
):
    supernet = make_supernet()
    state = [
        v for v in supernet.non_trainable_variables if v.name != "temperature"
    ]
    before = [v.numpy() for v in state]
    supernet(images(), training=False)
    for variable, value in zip(state, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    supernet(images(), training=True)
    for variable, value in zip(state, before, strict=True):
        assert np.any(variable.numpy() != value), variable.path


def test_betas_weigh_the_edges_of_a_node(make_supernet, images):
    """Without edge weights the sum of a node is larger by its inputs."""
    strategy = kd.SearchStrategy(
        edge_normalization=True, initializer=keras.initializers.Zeros()
    )
    supernet = make_supernet(strategy=strategy)
    cell, weights = supernet.cells[0], np.full((5, 4), 0.25, "float32")
    states = [images((8, 8, 12), seed=seed) for seed in range(2)]
    plain = cell(states, weights).numpy()
    halves = cell(states, weights, np.full(5, 0.5, "float32")).numpy()
    first_node = slice(0, 4)
    np.testing.assert_allclose(
        halves[..., first_node],
        plain[..., first_node] / 2,
        rtol=1e-4,
        atol=1e-5,
    )


def test_half_precision_gives_logits_in_full(make_supernet, images):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        logits = make_supernet()(images(), training=True)
    finally:
        keras.config.set_dtype_policy(before)
    assert logits.dtype == "float32"
    assert np.isfinite(logits).all()


def test_a_cells_unknown_edge_is_refused(make_supernet):
    with pytest.raises(IndexError, match="no edge 5"):
        make_supernet().cells[0].edge_location(5)
