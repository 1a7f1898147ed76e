"""Differentiable architecture search for Keras 3 on TensorFlow.

Public names are resolved when they are first used, so that genotypes and the
command line's `--help` never wait for TensorFlow.
"""

import importlib

from keras_darts.version import __version__

_NAMES = {
    "CellSpec": "search_spaces",
    "CostTable": "search_spaces",
    "DartsHyperModel": "tuner",
    "DartsSearch": "search",
    "DartsTuner": "tuner",
    "Genotype": "genotypes",
    "ImageClassifier": "auto",
    "NasBench201Genotype": "genotypes",
    "NasBench201Space": "search_spaces",
    "RecurrentGenotype": "genotypes",
    "RecurrentSpace": "search_spaces",
    "SearchSpace": "search_spaces",
    "SearchStrategy": "strategies",
    "TextClassifier": "auto",
    "configure_cpu": "utils.cpu",
    "plot_cell": "analysis",
    "register_activation": "primitives",
    "register_primitive": "primitives",
    "register_search_space": "search_spaces",
    "register_strategy": "strategies",
}

_MODULES = (
    "analysis",
    "architects",
    "auto",
    "callbacks",
    "connections",
    "datasets",
    "discretizers",
    "export",
    "genotypes",
    "interop",
    "networks",
    "primitives",
    "profiling",
    "regularizers",
    "relaxations",
    "schedules",
    "search_spaces",
    "strategies",
    "tasks",
    "testing",
    "training",
    "tuner",
)

__all__ = ["__version__", *sorted(_NAMES), *_MODULES]


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module(f"keras_darts.{name}")
    if name in _NAMES:
        module = importlib.import_module(f"keras_darts.{_NAMES[name]}")
        return getattr(module, name)
    raise AttributeError(f"module 'keras_darts' has no attribute {name!r}")


def __dir__():
    return __all__
