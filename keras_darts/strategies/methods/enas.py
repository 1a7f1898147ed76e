"""ENAS."""

from __future__ import annotations

import keras

from keras_darts.architects import Reinforce
from keras_darts.discretizers import BestOfSamples
from keras_darts.relaxations import Controller
from keras_darts.strategies.methods.random_search import check_recipe
from keras_darts.strategies.methods.random_search import nas_bench_201_papers
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy


@register_strategy("enas", guards_against="the gap between mixture and cell")
def enas(recipe: str = "darts", num_samples: int = 100) -> SearchStrategy:
    """ENAS: an LSTM draws, and learns from the accuracy of what it drew.

    Controller, rewards and both optimizers are those of the published search
    for convolutional cells, or those of NAS-Bench-201's code; the space, its
    supernet and the order of steps are as in every search here (see
    `architects.Reinforce`). The controller's rate is taken as published in
    runs of any length: its weights are those of a network, of which a larger
    step is not a longer way. The learning rate falls once, where the published
    one is restarted, and there is no auxiliary head and no drop path.

    Args:
        recipe: `"darts"` or `"nas_bench_201"`. Defaults to `"darts"`.
        num_samples: Integer, architectures that are judged at the end.
            Defaults to `100`.
    """
    check_recipe(recipe)
    controller, rates = Controller(), {"epochs": 150, "batch_size": 160}
    # In TensorFlow's code the decay is that of squares without a half.
    rates.update(arch_learning_rate=0.0035, weight_decay=2e-4)
    if recipe == "nas_bench_201":
        controller = Controller(
            temperature=5.0, tanh_constant=2.5, candidate_tanh_reduction=1.0
        )
        rates = {"epochs": 250, "batch_size": 128}
        rates.update(arch_learning_rate=0.001, weight_decay=2.5e-4)
        rates.update(arch_clip_norm=5.0)
    return SearchStrategy(
        relaxation=controller,
        architect=Reinforce(entropy_weight=1e-4, baseline_decay=0.99),
        discretizer=BestOfSamples(num_samples),
        initializer=keras.initializers.Zeros(),
        recipe={
            "image_classification": SearchRecipe(
                learning_rate=0.05,
                min_learning_rate=0.0005,
                nesterov=True,
                arch_beta_1=0.0,
                arch_epsilon=1e-3,
                arch_weight_decay=0.0,
                **rates,
            )
        },
        citations=(
            "Pham et al., 2018, Efficient Neural Architecture Search via "
            "Parameter Sharing, ICML",
            *nas_bench_201_papers(recipe),
        ),
    )
