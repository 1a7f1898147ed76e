"""Measures the speed of exports and the costs of primitives."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.profiling.benchmark import benchmark
from keras_darts.profiling.cost_tables import build_cost_table

__all__ = ["benchmark", "build_cost_table"]
