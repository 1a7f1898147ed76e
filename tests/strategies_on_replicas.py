"""The strategies and settings that `search_on_replicas.py` runs."""

import dataclasses

import keras_darts as kd
from keras_darts import strategies
from keras_darts.callbacks import WeightWarmUp
from keras_darts.discretizers import BestOfSamples
from keras_darts.discretizers import Perturbation

# Every piece that draws, together with others.
PIECES = {
    "gates": lambda: kd.SearchStrategy(
        relaxation=kd.relaxations.BinaryGates(),
        connection=kd.connections.PartialConnection(2, random=True),
        regularizers=["cost"],
    ),
    "gumbel": lambda: kd.SearchStrategy(
        relaxation=kd.relaxations.GumbelSoftmax(hard=True),
        edge_normalization=True,
    ),
    "dirichlet": lambda: kd.SearchStrategy(
        relaxation="dirichlet",
        connection="auxiliary_skip",
        architect="single_level",
    ),
    "perturbed": lambda: kd.SearchStrategy(
        relaxation=kd.relaxations.Perturbed("adversarial", steps=1),
        regularizers=["beta_decay", "entropy"],
    ),
}
# What has to agree over many steps; finite differences have all of the first
# order within them.
COURSES = {
    "finite difference": lambda: "darts_second_order",
    "exact": lambda: kd.SearchStrategy(
        architect=kd.architects.Unrolled(hessian="exact")
    ),
    "gdas": lambda: "gdas",
}
# The same where devices meet in each normalisation.
WITH_STATISTICS = {
    "finite difference": lambda: "darts_second_order",
    "pc_darts": lambda: stepping(strategies.methods.pc_darts(2))(),
}
# Strategies with dropout, whose numbers are those of a device's part.
DROPPED = ("p_darts", "snas")
# Bounds that every step exceeds, in Keras' own optimizers.
CLIPPED = {
    "clipnorm": {"clipnorm": 0.02},
    "global_clipnorm": {"global_clipnorm": 0.02},
    "clipvalue": {"clipvalue": 0.003},
}
# What makes a search smaller or faster and leaves its steps as they are.
MEANS = {
    "mixed_float16": {"dtype": "mixed_float16"},
    "gradient_accumulation_steps": {"accumulation": 2},
    "rematerialize": {"rematerialize": True},
}


def stepping(strategy):
    """Makes a strategy whose alphas move in the first step, and soon done."""
    whole = strategies.get(strategy)
    kept = [c for c in whole.callbacks if not isinstance(c, WeightWarmUp)]
    discretizer = whole.discretizer
    if isinstance(discretizer, BestOfSamples):
        discretizer = dataclasses.replace(discretizer, num_samples=2)
    if isinstance(discretizer, Perturbation):
        discretizer = dataclasses.replace(discretizer, tune_epochs=0)
    # Supernets that grow from stage to stage take too long.
    fresh = any(stage.reinitialize for stage in whole.stages[1:])
    return lambda: dataclasses.replace(
        whole,
        callbacks=kept,
        stages=() if fresh else whole.stages,
        discretizer=discretizer,
    )
