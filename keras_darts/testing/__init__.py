"""Contract tests for new components."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.testing.function_problem import ToyBilevelProblem
from keras_darts.testing.layers import run_config_test
from keras_darts.testing.layers import run_layer_test
from keras_darts.testing.pieces import run_architect_test
from keras_darts.testing.pieces import run_connection_test
from keras_darts.testing.pieces import run_discretizer_test
from keras_darts.testing.pieces import run_regularizer_test
from keras_darts.testing.pieces import run_relaxation_test
from keras_darts.testing.primitives import run_primitive_test
from keras_darts.testing.search_spaces import run_search_space_test
from keras_darts.testing.strategies import run_strategy_test

__all__ = [
    "ToyBilevelProblem",
    "run_architect_test",
    "run_config_test",
    "run_connection_test",
    "run_discretizer_test",
    "run_layer_test",
    "run_primitive_test",
    "run_regularizer_test",
    "run_relaxation_test",
    "run_search_space_test",
    "run_strategy_test",
]
