"""Searches that draw whole architectures, and the best of some at the end."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_searches import fitted

import keras_darts as kd
from keras_darts import strategies
from keras_darts.search.bilevel_problem import LossAndGradients
from keras_darts.search.bilevel_problem import reward
from keras_darts.strategies import methods
from keras_darts.supernet import mixed_op
from keras_darts.testing.small import small_data
from keras_darts.testing.small import small_search

PRIMITIVES = ("none", "skip_connect", "avg_pool_3x3", "dil_conv_3x3")
SPACE = kd.search_spaces.darts_cnn(2, 1, num_nodes=2, primitives=PRIMITIVES)
# Where it is the steps that matter: a controller takes many for an edge.
SMALL = kd.search_spaces.darts_cnn(2, 1, num_nodes=1, primitives=PRIMITIVES)
STAGES = dataclasses.replace(
    kd.search_spaces.nas_bench_201(), filters=2, num_cells=1
)
METHODS = ("random_sharing", "enas")


def searched(name, space=SPACE, *, eager=True, **options):
    """A search of two classes for images of 8 x 8 pixels, compiled."""
    strategy = getattr(methods, name)(num_samples=4)
    search = kd.DartsSearch(
        space, strategy, num_classes=2, input_shape=(8, 8, 1), **options
    )
    search.compile(run_eagerly=eager)
    return search


def batches(count=2, size=4):
    generator = np.random.default_rng(0)
    return [
        (
            generator.normal(size=(size, 8, 8, 1)).astype("float32"),
            np.arange(size) % 2,
        )
        for _ in range(count)
    ]


def drawn_names(search):
    """For each cell type what was chosen, by the genotype's edges."""
    results = {}
    for cell_type, spec in search.search_space.cells.items():
        numbers = search.strategy.relaxation.chosen[cell_type].numpy()
        results[cell_type] = {
            (names[number], *edge)
            for names, edge, number in zip(
                spec.primitives, spec.edges, numbers, strict=True
            )
            if number >= 0
        }
    return results


def test_candidates_that_were_not_drawn_do_not_run(monkeypatch):
    search = searched("random_sharing")
    runs, run = [], mixed_op._weighted

    def counted(candidate, *arguments):
        runs.append(candidate)
        return run(candidate, *arguments)

    monkeypatch.setattr(mixed_op, "_weighted", counted)
    search.supernet(batches(1)[0][0], training=True)
    # Two edges for each of two nodes in the one cell.
    assert len(runs) == 2 * 2


@pytest.mark.parametrize("name", METHODS)
def test_only_weights_of_what_was_drawn_get_a_gradient(name):
    search = searched(name)
    search.compile_for()
    (batch,) = batches(1)
    state = search.strategy.relaxation.seed_generator.state
    before = state.numpy()
    weights = search.supernet.arch(training=True)
    state.assign(before)
    gradient = search.problem.gradients(
        batch,
        search.problem.weight_values(),
        search.problem.arch_values(),
        "weights",
    )
    gradients = dict(
        zip(
            [id(v) for v in search.weight_variables],
            search.problem.for_variables(gradient.weights),
            strict=True,
        )
    )
    conv = PRIMITIVES.index("dil_conv_3x3")
    seen = set()
    for index, cell in enumerate(search.supernet.cells):
        rows = weights[search.search_space.cell_type(index)].weights.numpy()
        for edge in range(len(cell.spec.edges)):
            stack, place = cell.edge_location(edge)
            has_gradient = any(
                np.any(gradients[id(v)][place])
                for v in stack.stacked_weights
                if _of_candidate(stack, v, conv)
            )
            if rows[edge, conv] == 0:
                assert not has_gradient
            seen.add(has_gradient)
    assert False in seen


def _of_candidate(stack, variable, number):
    layer = stack.template().candidates[str(number)]
    return any(stack.stack_of(v) is variable for v in layer.trainable_variables)


@pytest.mark.parametrize("connection", ["full", "partial", "auxiliary_skip"])
def test_edges_that_were_not_drawn_give_zeros(connection):
    connection = kd.connections.get(connection)
    for stride in (1, 2):
        edge = connection.make_edge(
            ("none", "dil_conv_3x3"), 8, stride, "batch"
        )
        edge.build((None, 8, 8, 8))
        x = tf.constant(np.ones((2, 8, 8, 8), "float32"))
        outputs = edge.from_sampled(x, tf.zeros(2), tf.constant([-1]), True)
        assert outputs.shape == (2, 8 // stride, 8 // stride, 8)
        assert not np.any(outputs)
        outputs = edge.from_sampled(
            x, tf.constant([0.0, 1.0]), tf.constant([1]), True
        )
        assert np.all(np.isfinite(outputs))


@pytest.mark.parametrize("space", [SPACE, STAGES], ids=["cells", "stages"])
@pytest.mark.parametrize("name", METHODS)
def test_the_genotype_is_the_best_of_the_samples(name, space):
    search = searched(name, space)
    fitted(search, epochs=1)
    problem, policy = search.problem, search.strategy.relaxation
    sampled, rewards = problem.samples(6, batches())
    best = int(np.argmax(rewards))
    for number in range(6):
        weights = {
            cell_type: tf.one_hot(result[number, :, 0], spec.num_candidates)
            for (cell_type, result), spec in zip(
                sampled.items(), space.cells.values(), strict=True
            )
        }
        right = []
        for x, y in batches():
            # The whole supernet, where nothing else has a weight.
            with (
                keras.StatelessScope(),
                search.supernet.arch.within(searching=True, weights=weights),
            ):
                logits = search.forward(x, training=True)
            right.append(np.mean(np.argmax(logits, -1) == y))
        assert rewards[number] == pytest.approx(np.mean(right), abs=1e-6)
    policy.choose(
        {cell_type: result[best] for cell_type, result in sampled.items()}
    )
    genotype = search.genotype()
    for cell_type, chosen in drawn_names(search).items():
        entries = {
            (name, *edge)
            for name, *edge in _triples(
                genotype, cell_type, space.cells[cell_type]
            )
        }
        assert entries == chosen


def _triples(genotype, cell_type, spec):
    if spec.edges_per_node is None:
        pairs = zip(genotype.edges, spec.edges, strict=True)
        return [(name, *edge) for name, edge in pairs]
    return [
        (name, node, source)
        for node, pairs in zip(
            spec.nodes, genotype.nodes(cell_type), strict=True
        )
        for name, source in pairs
    ]


def test_the_callback_chooses_the_first_of_the_best():
    search = searched("random_sharing")
    callback = search.strategy.discretizer.callback()
    generator = np.random.default_rng(0)
    sampled = {
        cell_type: generator.integers(-1, 4, (4, len(spec.edges), 1))
        for cell_type, spec in SPACE.cells.items()
    }

    class Problem:
        def samples(self, count, batches):
            assert (count, batches) == (4, ["a", "b"])
            return sampled, np.array([0.5, np.nan, 0.75, 0.75])

    search.problem = Problem()
    search.search_batches = lambda epoch, count: ["a", "b"]
    search.stop_training = False
    callback.set_model(search)
    callback.set_params({"epochs": 2})
    policy = search.strategy.relaxation
    for epoch, chooses in ((0, False), (1, True)):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch)
        for cell_type, variable in policy.chosen.items():
            expected = sampled[cell_type][2, :, 0] if chooses else -1
            assert np.all(variable.numpy() == expected)
    callback.on_epoch_begin(0)
    search.stop_training = True
    callback.on_epoch_end(0)
    assert np.any(policy.chosen["normal"].numpy() >= 0)


@pytest.mark.parametrize("name", METHODS)
def test_a_graph_searches_as_python_does(name):
    results = []
    for eager in (True, False):
        search = small_search(SMALL, getattr(methods, name)(num_samples=3))
        search.compile(run_eagerly=eager)
        history = search.fit(
            *small_data(SMALL), batch_size=4, epochs=1, verbose=0
        ).history
        values = [v.numpy() for v in search.arch_variables]
        chosen = search.strategy.relaxation.chosen
        values += [v.numpy() for v in chosen.values()]
        results.append((history, values))
    (history, values), (same_history, same_values) = results
    # Draws at random have no loss of the architecture.
    losses = ("loss", "arch_loss") if name == "enas" else ("loss",)
    for key in losses:
        np.testing.assert_allclose(history[key], same_history[key], rtol=1e-3)
    for results in (history, same_history):
        assert ("arch_loss" in results) == ("arch_loss" in losses)
    for one, other in zip(values, same_values, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)


def test_a_resumed_search_equals_one_that_was_never_cut(tmp_path):
    whole, cut, resumed, again = (searched("enas", SMALL) for _ in range(4))
    fitted(whole, epochs=2, steps=2, output_dir=tmp_path / "whole")
    fitted(cut, epochs=1, steps=2, output_dir=tmp_path / "cut")
    fitted(resumed, epochs=2, steps=2, resume_from=tmp_path / "cut")
    for one, other in zip(whole.variables, resumed.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy(), one.path)
    assert whole.genotype() == resumed.genotype()
    chosen = drawn_names(resumed)
    assert {t[0] for t in chosen["normal"]} <= {*PRIMITIVES} - {"none"}
    # A run that is complete is only read.
    fitted(again, epochs=2, steps=2, resume_from=tmp_path / "cut")
    assert drawn_names(again) == chosen
    with np.load(tmp_path / "cut" / "alphas.npz") as arrays:
        assert set(arrays.files) == {v.name for v in whole.arch_variables}
    for run in ("whole", "cut"):
        saved = kd.genotypes.load(tmp_path / run / "genotype.json")
        assert saved == whole.genotype()
    # The cut run had counted the skip-connects of a choice of its own before.
    last = [
        (tmp_path / run / "history.csv").read_text().splitlines()[-1]
        for run in ("whole", "cut")
    ]
    assert last[0] == last[1]


def test_outside_of_training_the_supernet_is_what_was_chosen():
    search = searched("random_sharing")
    fitted(search, epochs=1)
    weights = search.supernet.arch(training=False)
    for cell_type, variable in search.strategy.relaxation.chosen.items():
        expected = tf.one_hot(variable.numpy(), len(PRIMITIVES))
        np.testing.assert_array_equal(weights[cell_type].weights, expected)
        assert weights[cell_type].sampled is None


def test_random_search_has_no_step_of_the_architecture():
    search = searched("random_sharing")
    before = [v.numpy() for v in search.arch_variables]
    (batch,) = batches(1)
    for gradient in search.architecture_gradients(batch, batch):
        assert not np.any(gradient)
    history = fitted(
        search, epochs=2, callbacks=[kd.callbacks.WeightWarmUp(1)]
    ).history
    skips = history["num_skip_connects"][-1]
    assert skips == search.genotype().num_skip_connects()
    assert "arch_loss" not in history
    assert int(search.arch_optimizer.iterations) == 0
    for variable, value in zip(search.arch_variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_a_cell_that_nothing_decides_does_not_collapse(caplog):
    space = kd.search_spaces.darts_cnn(
        2, 1, num_nodes=2, primitives=("skip_connect", "max_pool_3x3")
    )
    search = searched("random_sharing", space)
    history = fitted(search, epochs=5).history
    assert history["num_skip_connects"][0] == 4
    assert "collapses" not in caplog.text


def test_a_controller_is_part_of_the_architecture():
    search = searched("enas")
    names = [v.name for v in search.arch_variables]
    assert names[:2] == ["alphas_normal", "alphas_reduce"]
    assert all(name.startswith("controller_") for name in names[2:])
    assert len(names) == len(set(names)) == 10
    mine = {id(v) for v in search.arch_variables}
    assert mine.isdisjoint(id(v) for v in search.weight_variables)
    together = len(mine) + len(search.weight_variables)
    assert together == len(search.supernet.trainable_variables)


def test_the_baseline_follows_the_rewards_and_is_saved(tmp_path):
    search, again = (searched("enas", SMALL) for _ in range(2))
    fitted(search, epochs=1, steps=2, output_dir=tmp_path)
    policy = search.strategy.relaxation
    assert float(policy.reward_count) == pytest.approx(0.99 + 1)
    fitted(again, epochs=1, steps=2, resume_from=tmp_path)
    other = again.strategy.relaxation
    assert float(other.reward_sum) == float(policy.reward_sum)


def test_a_step_draws_another_architecture_than_the_one_of_the_weights():
    search = searched("random_sharing")
    search.compile_for()
    arch = search.problem.arch_values()
    results = [search.problem.sample(arch, n).sampled for n in (1, 1, 2, 3)]
    flat = [
        tuple(np.concatenate([d.numpy().ravel() for d in one.values()]))
        for one in results
    ]
    assert flat[0] == flat[1]
    assert len(set(flat)) == 3


@pytest.mark.parametrize("label_type", ["sparse", "one_hot"])
def test_the_reward_of_classes_is_their_accuracy(label_type):
    search = _with_task(label_type)
    logits = tf.constant([[2.0, 1.0], [0.0, 1.0], [3.0, 0.0]])
    y = np.array([0, 1, 1])
    y = np.eye(2)[y] if label_type == "one_hot" else y
    result = LossAndGradients(tf.constant(9.0), [], [], logits, [])
    assert float(reward(search, (None, y), result)) == pytest.approx(2 / 3)
    weights = np.array([1.0, 0.0, 3.0])
    weighted = reward(search, (None, y, weights), result)
    assert float(weighted) == pytest.approx(1 / 4)


def test_the_reward_of_other_tasks_falls_with_the_loss():
    result = LossAndGradients(tf.constant(2.0), [], [], None, [])
    for label_type, scale in (
        ("next_token", 80.0),
        ("multi_label", 1.0),
        ("regression", 1.0),
    ):
        expected = scale * np.exp(-2.0)
        value = reward(_with_task(label_type), None, result)
        assert float(value) == pytest.approx(expected)


def _with_task(label_type):
    search = searched("enas")
    search.task = kd.datasets.Task(label_type, 2)
    return search


def test_reinforce_moves_alphas_of_any_space_with_policies_alone():
    strategy = kd.SearchStrategy(
        "categorical",
        architect=kd.architects.Reinforce(num_draws=2),
        regularizers=[kd.regularizers.Entropy(0.1)],
    )
    kd.testing.run_strategy_test(strategy, STAGES_OF_TWO)


STAGES_OF_TWO = dataclasses.replace(
    STAGES, cell=STAGES.cell.without(("none", "nor_conv_1x1"))
)


def test_variants_have_the_constants_of_their_code():
    cells, bench = methods.enas(), methods.enas("nas_bench_201")
    controller = cells.relaxation
    assert (controller.units, controller.num_layers) == (32, 2)
    assert controller.tanh_constant == 1.1
    assert controller.candidate_tanh_reduction == 2.5
    assert bench.relaxation.initial_temperature == 5.0
    assert bench.relaxation.tanh_constant == 2.5
    for strategy, rate in ((cells, 0.0035), (bench, 0.001)):
        architect, recipe = (
            strategy.architect,
            strategy.recipe_for("image_classification"),
        )
        assert architect == kd.architects.Reinforce(1e-4, 0.99)
        assert recipe.arch_learning_rate == rate
        assert (recipe.arch_beta_1, recipe.arch_epsilon) == (0.0, 1e-3)
        assert recipe.arch_weight_decay == 0
        assert (recipe.learning_rate, recipe.min_learning_rate) == (0.05, 5e-4)
        assert len(strategy.citations) == 1 + (strategy is bench)
    for recipe, epochs in (("darts", 100), ("nas_bench_201", 250)):
        strategy = methods.random_sharing(recipe, num_samples=1000)
        assert strategy.recipe_for("image_classification").epochs == epochs
        assert strategy.discretizer.num_samples == 1000
    with pytest.raises(ValueError, match="`recipe` must be one of darts"):
        methods.enas("cell")
    search = searched("enas")
    assert search.arch_optimizer.epsilon == 1e-3
    assert strategies.get("enas") == methods.enas()
