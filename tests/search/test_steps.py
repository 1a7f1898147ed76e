"""What a step of a search moves, and what it leaves alone."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.search import steps
from keras_darts.search.bilevel_problem import virtual_step
from keras_darts.supernet import packed
from keras_darts.supernet import unpacked

PRIMITIVES = ("none", "skip_connect", "max_pool_3x3", "dil_conv_3x3")
ARCHITECTS = {
    "first_order": kd.architects.FirstOrder(),
    "finite_difference": kd.architects.Unrolled(),
    "exact": kd.architects.Unrolled("exact"),
}


@pytest.fixture
def space():
    """With a normal cell and reduction cells."""
    return kd.search_spaces.darts_cnn(4, 3, num_nodes=1, primitives=PRIMITIVES)


def strategy_of(name):
    return kd.SearchStrategy(architect=ARCHITECTS[name])


def values(variables):
    return [np.array(v.numpy()) for v in variables]


def all_equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("architect", ARCHITECTS)
def test_architecture_gradients_change_no_variable(
    make_search, batches, architect
):
    search = make_search(strategy_of(architect))
    before = values(search.variables)
    gradients = search.architecture_gradients(*batches)
    assert all_equal(before, values(search.variables))
    assert [g.shape for g in gradients] == [(2, 4), (2, 4)]
    assert all(np.abs(g).max() > 0 for g in gradients)


@pytest.mark.parametrize("architect", ARCHITECTS)
def test_arch_step_moves_the_alphas_alone(make_search, batches, architect):
    search = make_search(strategy_of(architect))
    alphas = values(search.arch_variables)
    rest = [v for v in search.supernet.variables]
    rest = [v for v in rest if not v.name.startswith("alphas")]
    before = values(rest)
    optimizer = values(search.optimizer.variables)
    steps.arch_step(search, *batches)
    assert all_equal(before, values(rest))
    assert all_equal(optimizer, values(search.optimizer.variables))
    assert not all_equal(alphas, values(search.arch_variables))


def test_weight_step_moves_weights_and_statistics_but_no_alpha(
    make_search, batches
):
    search = make_search()
    alphas = values(search.arch_variables)
    weights = values(search.weight_variables)
    state = values(search.supernet.non_trainable_variables)
    steps.weight_step(search, batches[0])
    assert all_equal(alphas, values(search.arch_variables))
    for before, variable in zip(weights, search.weight_variables, strict=True):
        assert not np.array_equal(before, variable.numpy()), variable.path
    moved = [
        not np.array_equal(before, variable.numpy())
        for before, variable in zip(
            state, search.supernet.non_trainable_variables, strict=True
        )
        if "moving" in variable.path
    ]
    assert moved and all(moved)


def test_weights_and_alphas_are_disjoint_and_complete(make_search):
    search = make_search()
    ids = [id(v) for v in search.weight_variables + search.arch_variables]
    assert len(set(ids)) == len(ids)
    assert set(ids) == {id(v) for v in search.supernet.trainable_variables}


@pytest.mark.parametrize("architect", ARCHITECTS)
def test_traced_gradients_equal_eager_ones(make_search, batches, architect):
    strategy = strategy_of(architect)
    eager = make_search(strategy).architecture_gradients(*batches)
    traced = make_search(strategy, eager=False).architecture_gradients(*batches)
    for a, b in zip(eager, traced, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_first_order_equals_a_plain_tape(make_search, batches):
    search = make_search()
    x, y = batches[1]
    with tf.GradientTape() as tape:
        logits = search.supernet(x, training=True)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(
            y, logits
        )
    expected = tape.gradient(loss, [v.value for v in search.arch_variables])
    gradients = search.architecture_gradients(*batches)
    for a, b in zip(expected, gradients, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.SGD(0.1),
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.01),
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        lambda: kd.training.CoupledSGD(0.1, momentum=0.9, weight_decay=0.01),
        lambda: kd.training.CoupledSGD(
            keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5),
            momentum=0.9,
            weight_decay=0.01,
        ),
    ],
)
def test_coming_step_is_where_sgd_goes_next(optimizer):
    optimizer = optimizer()
    variables = [keras.Variable([1.0, -2.0]), keras.Variable([[3.0]])]
    gradients = [tf.constant([0.5, 0.25]), tf.constant([[-1.0]])]
    optimizer.build(variables)
    for _ in range(3):
        (expected,) = virtual_step(
            optimizer, packed(variables), packed(gradients)
        )
        optimizer.apply(gradients, variables)
        for a, b in zip(
            unpacked([expected], variables), variables, strict=True
        ):
            np.testing.assert_allclose(a, b.numpy(), rtol=1e-6)


def test_unrolled_needs_sgd(make_search, batches):
    search = make_search("darts_second_order", optimizer="adam")
    with pytest.raises(ValueError, match="`optimizer` must be SGD.*Adam"):
        search.architecture_gradients(*batches)


def test_global_clipnorm_bounds_the_weights_step(make_search, batches):
    rate, bound = 1.0, 0.01
    search = make_search(
        optimizer=keras.optimizers.SGD(rate, global_clipnorm=bound)
    )
    before = values(search.weight_variables)
    steps.weight_step(search, batches[0])
    moved = [
        a - b
        for a, b in zip(values(search.weight_variables), before, strict=True)
    ]
    norm = np.sqrt(sum((m**2).sum() for m in moved))
    np.testing.assert_allclose(norm, rate * bound, rtol=1e-3)


def test_regularizers_add_their_gradient(make_search, batches):
    plain = make_search().architecture_gradients(*batches)
    entropy = kd.regularizers.Entropy(0.5)
    search = make_search(kd.SearchStrategy(regularizers=[entropy]))
    alphas = [v.value for v in search.arch_variables]
    with tf.GradientTape() as tape:
        tape.watch(alphas)
        rows = tf.concat(alphas, 0)
        weights = tf.nn.softmax(rows)
        edges = -tf.reduce_sum(weights * tf.math.log(weights), -1)
        value = 0.5 * tf.reduce_mean(edges)
    term = tape.gradient(value, alphas)
    gradients = search.architecture_gradients(*batches)
    for a, b, c in zip(gradients, plain, term, strict=True):
        np.testing.assert_allclose(a, b + c, atol=1e-6)


def test_sample_weights_act_in_both_steps(make_search, batches):
    (x, y), (xv, yv) = batches
    none, some = np.zeros(8, "float32"), np.ones(8, "float32")
    search = make_search()
    silent = search.architecture_gradients((x, y, some), (xv, yv, none))
    assert all(np.abs(g).max() == 0 for g in silent)
    before = values(search.weight_variables)
    search.optimizer.weight_decay = None
    steps.weight_step(search, (x, y, none))
    assert all_equal(before, values(search.weight_variables))


def test_building_leaves_the_users_random_state_alone(make_search):
    random.seed(5)
    expected = random.random()
    random.seed(5)
    make_search()
    assert random.random() == expected


def test_one_seed_gives_one_set_of_first_values(make_search):
    first, second, other = (
        values(make_search(seed=seed).supernet.variables) for seed in (3, 3, 4)
    )
    assert all_equal(first, second)
    assert not all_equal(first, other)


def test_first_alphas_are_small_and_normal(make_search):
    alphas = np.concatenate(values(make_search().arch_variables))
    assert 0.3e-3 < alphas.std() < 2e-3
    assert np.abs(alphas).max() < 6e-3


def test_loss_by_name_means_logits(make_search, batches):
    named = make_search(loss="sparse_categorical_crossentropy")
    default = make_search()
    for a, b in zip(
        named.architecture_gradients(*batches),
        default.architecture_gradients(*batches),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


def test_loss_on_probabilities_is_refused(make_search):
    with pytest.raises(ValueError, match="`loss` must be made with from_log"):
        make_search(loss=keras.losses.SparseCategoricalCrossentropy())
