"""Published methods: their pieces and constants, and what is refused."""

import types

import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts import SearchStrategy
from keras_darts import strategies
from keras_darts.schedules import Linear
from keras_darts.testing.small import small_search

DARTS = strategies.RECIPES["image_classification"]
TINY = kd.search_spaces.darts_cnn(
    2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
)


def recipe(name, task="image_classification"):
    return strategies.get(name).recipe_for(task)


def schedule(name):
    (callback,) = strategies.get(name).callbacks
    return callback.name, callback.schedule


def test_pc_darts_has_the_constants_of_the_original():
    strategy = strategies.get("pc_darts")
    assert strategy.connection == kd.connections.PartialConnection(4)
    assert strategy.edge_normalization
    (warm_up,) = strategy.callbacks
    # The published 15 of 50, in a run of any length.
    assert warm_up.epochs == 0.3
    settings = recipe("pc_darts")
    assert (settings.epochs, settings.batch_size) == (50, 256)
    assert (settings.learning_rate, settings.min_learning_rate) == (0.1, 0.0)
    assert settings.arch_learning_rate == 6e-4
    assert (settings.arch_beta_1, settings.arch_beta_2) == (0.5, 0.999)
    assert settings.arch_weight_decay == 1e-3


def test_fair_darts_has_the_constants_of_the_original():
    strategy = strategies.get("fair_darts")
    assert isinstance(strategy.relaxation, kd.relaxations.Sigmoid)
    (term,) = strategy.regularizers
    assert (term.weight, term.norm) == (10.0, "l2")
    assert strategy.exclude == ("none",)
    assert strategy.discretizer == kd.discretizers.Threshold(0.85)
    settings = recipe("fair_darts")
    assert (settings.batch_size, settings.weight_decay) == (128, 3e-4)
    assert (settings.learning_rate, settings.min_learning_rate) == (
        0.005,
        0.001,
    )
    assert settings.arch_learning_rate == 3e-3
    assert (settings.arch_beta_1, settings.arch_beta_2) == (0.9, 0.999)


def test_fair_darts_starts_at_open_halves():
    space = kd.search_spaces.darts_cnn(2, 2, num_nodes=1)
    search = kd.DartsSearch(
        space, "fair_darts", num_classes=3, input_shape=(8, 8, 1)
    )
    mixing = search.supernet.arch()["normal"]
    assert mixing.weights.shape == (2, 7)
    assert set(mixing.weights.numpy().ravel()) == {0.5}


def test_robust_darts_watches_or_regularizes_a_second_order_search():
    for name in ("robust_darts_es", "robust_darts_ada", "robust_darts"):
        architect = strategies.get(name).architect
        assert architect == kd.architects.Unrolled()
    (stop,) = strategies.get("robust_darts_es").callbacks
    (adapt,) = strategies.get("robust_darts_ada").callbacks
    assert (stop.mode, adapt.mode) == ("stop", "adapt")
    for callback in (stop, adapt):
        # Of the 50 published epochs, every second one, from the tenth on.
        assert (callback.every, callback.start_epoch) == (2 / 50, 10 / 50)
        assert (callback.window, callback.delta) == (5, 4)
        assert callback.factor == 1.3
    assert (adapt.decay_factor, adapt.max_weight_decay) == (3.0, 0.0243)
    assert recipe("robust_darts").weight_decay == 81e-4
    assert recipe("robust_darts").cutout == 0


def test_robust_darts_drops_more_and_more_paths_and_cuts_squares_out():
    strategy = strategies.methods.robust_darts(drop_path=0.6)
    assert isinstance(strategy.connection, kd.connections.DropPath)
    (rising,) = strategy.callbacks
    assert rising.name == "drop_path_rate"
    for epoch in (0, 10, 49):
        # As in the published code, the last epoch has the maximum.
        expected = 0.6 * epoch / (50 - 1)
        assert rising.schedule(epoch, epochs=50) == pytest.approx(expected)
    recipe = strategy.recipe_for("image_classification")
    assert (recipe.weight_decay, recipe.cutout) == (3e-4, 0.5)
    both = strategies.methods.robust_darts(27e-4, drop_path=0.2)
    assert both.recipe_for("image_classification").weight_decay == 27e-4
    with pytest.raises(ValueError, match="`rate` must be in"):
        strategies.methods.robust_darts(drop_path=1.0)


def test_robust_darts_learns_with_drop_path_and_cutout():
    kd.testing.run_strategy_test(strategies.methods.robust_darts(None, 0.2))


def test_a_recipe_cuts_squares_of_the_mean_out_of_the_images():
    strategy = strategies.methods.robust_darts(drop_path=0.2)
    x = np.full((4, 8, 8, 1), 3.0, "float32")
    data = types.SimpleNamespace(
        train=tf.data.Dataset.from_tensor_slices((x, np.arange(4)))
    )
    search = small_search(TINY, strategy)
    choose = search.task_adapter.augmentation
    augment = choose("auto", data, search.recipe)
    _, cutout = augment.augmentations
    assert (cutout.length, cutout.fill) == (4, (3.0,))
    plain = choose("auto", data, small_search(TINY).recipe)
    assert isinstance(plain, kd.datasets.PadCropFlip)


def test_darts_plus_stops_by_either_criterion():
    (skips,) = strategies.methods.darts_plus().callbacks
    (ranking,) = strategies.methods.darts_plus("ranking").callbacks
    assert skips.max_skip_connects == 2
    assert isinstance(ranking, kd.callbacks.StopOnStableRanking)
    assert ranking.get_config()["epochs"] == 0.2


def test_snas_hardens_on_one_level():
    strategy = strategies.get("snas")
    assert strategy.architect == kd.architects.SingleLevel()
    assert not strategy.relaxation.hard
    assert (strategy.initializer.mean, strategy.initializer.stddev) == (1, 0.01)
    assert strategy.discretizer == kd.discretizers.Argmax()
    assert schedule("snas") == ("temperature", Linear(1.0, 0.03))
    assert strategy.connection.rate == 0.3
    whole = strategies.methods.snas(drop_path=0.0)
    assert whole.connection == kd.connections.FullConnection()
    assert recipe("snas").epochs == 150
    (term,) = strategies.methods.snas(cost=0.5).regularizers
    assert (term.measure, term.weight) == ("macs", 0.5)


def test_gdas_cools_down_and_runs_one_candidate():
    strategy = strategies.get("gdas")
    assert strategy.relaxation.hard
    assert schedule("gdas") == ("temperature", Linear(10.0, 0.1))
    settings = recipe("gdas")
    assert (settings.epochs, settings.weight_decay) == (250, 5e-4)
    assert settings.nesterov


def test_smooth_darts_grows_its_radius_with_the_epochs():
    for name, method in (
        ("sdarts_rs", "random"),
        ("sdarts_adv", "adversarial"),
    ):
        relaxation = strategies.get(name).relaxation
        assert (relaxation.method, relaxation.steps) == (method, 7)
        variable, growing = schedule(name)
        assert variable == "radius"
        for epoch in (0, 10, 49):
            expected = 0.03 + (0.3 - 0.03) * epoch / 50
            assert growing(epoch, epochs=50) == pytest.approx(expected)


def test_dr_nas_warms_up_and_keeps_to_the_uniform_distribution():
    (warm_up,) = strategies.get("dr_nas").callbacks
    assert warm_up.epochs == 0.2
    settings = recipe("dr_nas")
    assert (settings.learning_rate, settings.arch_learning_rate) == (0.1, 6e-4)
    assert settings.arch_weight_decay == 1e-3
    by_divergence = strategies.methods.dr_nas(1e-3)
    assert by_divergence.regularizers[0].weight == 1e-3
    assert (
        by_divergence.recipe_for("image_classification").arch_weight_decay == 0
    )


def test_darts_minus_and_beta_darts_move_a_number_over_the_search():
    assert schedule("darts_minus") == (
        "auxiliary_skip_weight",
        Linear(1.0, 0.0, endpoint=False),
    )
    assert schedule("beta_darts") == ("beta_decay_weight", Linear(0.0, 50.0))


def test_proxyless_prices_multiplications():
    strategy = strategies.get("proxyless")
    assert isinstance(strategy.relaxation, kd.relaxations.BinaryGates)
    assert strategy.regularizers[0].measure == "macs"
    (warm_up,) = strategy.callbacks
    assert (warm_up.epochs, warm_up.every) == (41 / 160, 5)
    settings = recipe("proxyless")
    assert settings.arch_weight_decay == 0
    assert (settings.batch_size, settings.weight_decay) == (256, 4e-5)
    assert (settings.arch_learning_rate, settings.arch_beta_1) == (1e-3, 0.0)
    assert settings.nesterov


@pytest.mark.parametrize("name", strategies.names())
def test_a_variant_names_its_paper_and_has_its_recipe_for_images_only(name):
    strategy = strategies.get(name)
    assert strategy.citations
    assert (
        recipe(name, "language_modeling")
        == strategies.RECIPES["language_modeling"]
    )


def test_the_recipe_moves_the_optimizers():
    search = kd.DartsSearch(
        kd.search_spaces.darts_cnn(2, 2, num_nodes=1),
        SearchStrategy(
            recipe={
                "image_classification": strategies.SearchRecipe(
                    nesterov=True, arch_clip_norm=5.0
                )
            }
        ),
        num_classes=3,
        input_shape=(8, 8, 1),
    )
    search.compile()
    assert search.optimizer.nesterov
    assert search.arch_optimizer.global_clipnorm == 5.0


def test_pieces_of_different_papers_combine():
    strategy = SearchStrategy(
        relaxation=kd.relaxations.GumbelSoftmax(hard=True),
        connection=kd.connections.AuxiliarySkip("partial"),
        edge_normalization=True,
        regularizers=["beta_decay", kd.regularizers.Cost("parameters")],
        callbacks=[kd.callbacks.WeightWarmUp(1)],
        discretizer=kd.discretizers.TopK(max_skip_connects=2),
    )
    kd.testing.run_strategy_test(
        strategy,
        kd.search_spaces.darts_cnn(
            8, 2, num_nodes=1, primitives=("skip_connect", "sep_conv_3x3")
        ),
    )


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ({"regularizers": ["zero_one"]}, "must be Sigmoid for ZeroOne"),
        ({"discretizer": "threshold"}, "must be Sigmoid for Threshold"),
        (
            {"regularizers": ["dirichlet_divergence"]},
            "must be Dirichlet for DirichletDivergence",
        ),
        (
            {"relaxation": "binary_gates", "architect": "unrolled"},
            "`architect` must look at one loss for BinaryGates",
        ),
        (
            {
                "connection": kd.connections.AuxiliarySkip(
                    kd.connections.AuxiliarySkip()
                )
            },
            "`base` must be another connection",
        ),
        (
            {
                "connection": kd.connections.DropPath(
                    kd.connections.AuxiliarySkip("drop_path")
                )
            },
            "`base` must be another connection than DropPath",
        ),
    ],
)
def test_pieces_that_contradict_each_other_are_refused(pieces, message):
    with pytest.raises(ValueError, match=message):
        SearchStrategy(**pieces)
