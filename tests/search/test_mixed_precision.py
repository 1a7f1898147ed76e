"""Searches that compute in half precision."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_searches import SPACE
from small_searches import TINY
from small_searches import fitted

import keras_darts as kd
from keras_darts.search.mixed_precision import default_policy
from keras_darts.testing.small import small_batch
from keras_darts.testing.small import small_search

POLICIES = ("mixed_bfloat16", "mixed_float16")
CONVOLVED = kd.search_spaces.darts_cnn(
    4, 2, num_nodes=1, primitives=("skip_connect", "sep_conv_3x3")
)
# Room for a quarter of the channels in a partial connection.
WIDE = kd.search_spaces.darts_cnn(
    12, 1, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
)


def compiled(dtype=None, strategy="darts", space=CONVOLVED, **choices):
    search = small_search(space, strategy, dtype=dtype)
    search.compile(**{"run_eagerly": True, **choices})
    return search


def batches(space=CONVOLVED):
    return [small_batch(space, count=6, seed=seed) for seed in range(2)]


def values(variables):
    return [v.value.numpy() for v in variables]


def length(tensors):
    return float(
        tf.linalg.global_norm([tf.cast(t, "float32") for t in tensors])
    )


def lower_scales(search):
    """As training has done after some steps, which overflowed."""
    scaling = search.loss_scaling
    for optimizer in (scaling.optimizer, scaling.arch_optimizer):
        if scaling.enabled:
            optimizer.dynamic_scale.assign(2.0**4)


def difference(search, **options):
    """The second derivative along a vector, from shifted weights."""
    search.architecture_gradients(*batches())
    problem, train_batch = search.problem, batches()[0]
    w, a = problem.weight_values(), problem.arch_values()
    v = [tf.ones_like(w[0])]
    if options:
        whole = problem.gradients
        problem.gradients = lambda *args, **kwargs: whole(
            *args, **{**kwargs, **options}
        )
    return kd.architects.Unrolled()._difference(problem, train_batch, w, a, v)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_policy_reaches_the_layers_of_the_supernet(policy):
    search = compiled(policy)
    assert search.supernet.cells[0].compute_dtype == policy[len("mixed_") :]
    assert keras.config.dtype_policy().name == "float32"
    assert {v.dtype for v in search.supernet.trainable_variables} == {"float32"}
    with default_policy(policy):
        assert small_search(SPACE).supernet.compute_dtype in policy


def test_variables_in_half_precision_are_refused():
    with pytest.raises(ValueError, match="`dtype` must keep variables in full"):
        kd.DartsSearch(SPACE, dtype="float16")


@pytest.mark.parametrize("policy", POLICIES)
def test_the_finite_difference_is_that_of_full_precision(policy):
    expected = difference(compiled("float32"))
    result = difference(compiled(policy))
    naive = difference(compiled(policy), full_precision=False)
    errors = [
        length([f - e for f, e in zip(one, expected, strict=True)])
        / length(expected)
        for one in (result, naive)
    ]
    assert errors[0] < 1e-6
    assert errors[1] > 0.5


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("hessian", ["finite_difference", "exact"])
def test_the_whole_second_order_gradient_is_that_of_full_precision(
    hessian, policy
):
    strategy = kd.SearchStrategy(architect=kd.architects.Unrolled(hessian))
    expected, gradients = (
        compiled(dtype, strategy).architecture_gradients(*batches())
        for dtype in ("float32", policy)
    )
    assert length(expected) > 0
    for one, other in zip(gradients, expected, strict=True):
        assert one.dtype == "float32"
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_a_graph_keeps_the_two_precisions_apart():
    search = compiled("mixed_bfloat16", run_eagerly=False)
    search.architecture_gradients(*batches())
    problem = search.problem
    point = problem.weight_values(), problem.arch_values(), "weights"

    @tf.function
    def traced():
        return [
            problem.gradients(batches()[0], *point, full_precision=full).weights
            for full in (False, True)
        ]

    eager = compiled("float32").problem
    half, whole = traced()
    expected = eager.gradients(batches()[0], *point).weights
    np.testing.assert_allclose(whole[0], expected[0], rtol=1e-4, atol=1e-6)
    assert length([half[0] - expected[0]]) > 1e-3 * length(expected)


def test_exact_products_are_those_of_full_precision():
    result, expected = (
        compiled(dtype).hessian_product(batches()[0])(np.ones(8, "float32"))
        for dtype in ("mixed_float16", "float32")
    )
    assert np.any(expected)
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-8)


def test_a_scale_saves_gradients_that_vanish_in_half():
    def small_loss(labels, logits):
        return 1e-6 * keras.losses.sparse_categorical_crossentropy(
            labels, logits, from_logits=True
        )

    def first_layer(dtype, **choices):
        search = compiled(dtype, loss=small_loss, **choices)
        search.architecture_gradients(*batches())
        problem = search.problem
        gradients = problem.gradients(
            batches()[0],
            problem.weight_values(),
            problem.arch_values(),
            "weights",
        )
        return problem.for_variables(gradients.weights)[0].numpy()

    expected = first_layer("float32")
    lost = first_layer("mixed_float16", auto_scale_loss=False)
    saved = first_layer("mixed_float16")
    size = np.linalg.norm(expected)
    assert np.linalg.norm(saved - expected) < 0.3 * size
    assert np.linalg.norm(lost - expected) > 0.9 * size


def test_a_step_that_overflows_moves_nothing_and_halves_the_scale():
    search = compiled("mixed_float16")
    search.architecture_gradients(*batches())
    pair = tuple(tuple(map(tf.convert_to_tensor, b)) for b in batches())
    scaling = search.loss_scaling
    optimizers = (scaling.optimizer, scaling.arch_optimizer)
    for optimizer in optimizers:
        optimizer.dynamic_scale.assign(2.0**60)
    moving = [
        *search.supernet.variables,
        *search.optimizer.variables,
        *search.arch_optimizer.variables,
    ]
    before = values(moving)
    search.train_step(pair)
    for old, new, variable in zip(before, values(moving), moving, strict=True):
        np.testing.assert_array_equal(old, new, variable.path)
    for optimizer in optimizers:
        assert float(optimizer.dynamic_scale) == 2.0**59
        optimizer.dynamic_scale.assign(2.0**10)
    search.train_step(pair)
    for group in (search.weight_variables, search.arch_variables):
        assert all(np.isfinite(value).all() for value in values(group))
    assert int(search.optimizer.iterations) == 1
    assert int(search.arch_optimizer.iterations) == 1
    assert float(scaling.optimizer.step_counter) == 1


def test_an_optimizer_with_a_scale_of_its_own_is_refused():
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
    with pytest.raises(ValueError, match="`optimizer` must be without a loss"):
        compiled("mixed_float16", optimizer=optimizer)


def test_a_resumed_run_has_the_scale_and_the_precision(tmp_path):
    def make(dtype="mixed_float16"):
        search = kd.DartsSearch(
            TINY, num_classes=2, input_shape=(8, 8, 1), dtype=dtype
        )
        search.compile(run_eagerly=True)
        return search

    whole, cut, resumed = make(), make(), make()
    fitted(whole, epochs=2)
    fitted(cut, epochs=1, output_dir=tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["search"]["dtype"] == "mixed_float16"
    with pytest.raises(ValueError, match="dtype: 'mixed_float16' in the run"):
        fitted(make("mixed_bfloat16"), epochs=2, resume_from=tmp_path)
    fitted(resumed, epochs=2, resume_from=tmp_path)
    assert int(resumed.loss_scaling.optimizer.step_counter) == 2
    for one, other in zip(
        values(whole.variables), values(resumed.variables), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_a_stage_that_is_not_fresh_goes_on_with_the_scale():
    results = []

    def note(epoch, logs=None):
        scaling = search.loss_scaling
        for optimizer in (scaling.optimizer, scaling.arch_optimizer):
            scale, counter = optimizer.dynamic_scale, optimizer.step_counter
            results.append((float(scale), int(counter)))
            scale.assign(2.0**4)

    stages = [
        kd.strategies.Stage(1),
        kd.strategies.Stage(1, reinitialize=False),
    ]
    search = kd.DartsSearch(
        TINY,
        kd.SearchStrategy(stages=stages),
        num_classes=2,
        input_shape=(8, 8, 1),
        dtype="mixed_float16",
    )
    search.compile(run_eagerly=True)
    callback = keras.callbacks.LambdaCallback(on_epoch_begin=note)
    fitted(search, epochs=2, callbacks=[callback])
    assert results == [(2.0**15, 0)] * 2 + [(2.0**4, 1)] * 2


@pytest.mark.parametrize("policy", POLICIES)
def test_words_are_searched_in_half_precision(policy):
    space = kd.search_spaces.darts_rnn(hidden_size=4, num_nodes=2)
    search = compiled(policy, "darts_second_order", space)
    search.compile_for()
    lower_scales(search)
    before = values(search.arch_variables)
    gradients = search.architecture_gradients(*batches(space))
    assert length(gradients) > 0
    for old, gradient in zip(before, gradients, strict=True):
        assert gradient.dtype == "float32" == old.dtype
        assert np.isfinite(gradient).all()


# The scale of the loss meets each kind of gradient, and draws.
@pytest.mark.parametrize(
    ("name", "policy"),
    [
        *((name, POLICIES[0]) for name in kd.strategies.names()),
        *(
            (name, POLICIES[1])
            for name in ("darts_second_order", "gdas", "sdarts_adv", "enas")
        ),
    ],
)
def test_every_variant_moves_to_finite_values(name, policy):
    strategy = kd.strategies.get(name).in_one_stage()
    search = compiled(policy, strategy, WIDE)
    groups = [search.weight_variables, search.arch_variables]
    before = [values(variables) for variables in groups]
    pair = tuple(tuple(map(tf.convert_to_tensor, b)) for b in batches(WIDE))
    lower_scales(search)
    search.train_step(pair)
    moves = (True, strategy.architect.updates_architecture)
    for variables, old, moved in zip(groups, before, moves, strict=True):
        new = values(variables)
        assert all(np.isfinite(value).all() for value in new)
        assert moved == any(
            np.any(n != o) for n, o in zip(new, old, strict=True)
        )
