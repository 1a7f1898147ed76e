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
    "configure_cpu": "cpu",
    "plot_cell": "analysis",
    "register_activation": "primitives",
    "register_primitive": "primitives",
    "register_search_space": "search_spaces",
    "register_variant": "strategies",
}

_MODULES = {
    "analysis": "analysis",
    "architects": "strategies.architects",
    "auto": "auto",
    "callbacks": "search.callbacks",
    "connections": "strategies.connections",
    "datasets": "datasets",
    "discretizers": "strategies.discretizers",
    "export": "export",
    "genotypes": "genotypes",
    "interop": "interop",
    "networks": "networks",
    "primitives": "primitives",
    "regularizers": "strategies.regularizers",
    "relaxations": "strategies.relaxations",
    "schedules": "schedules",
    "search_spaces": "search_spaces",
    "strategies": "strategies",
    "testing": "testing",
    "training": "training",
    "tuner": "tuner",
}

__all__ = ["__version__", *sorted(_NAMES), *sorted(_MODULES)]


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module(f"keras_darts.{_MODULES[name]}")
    if name in _NAMES:
        module = importlib.import_module(f"keras_darts.{_NAMES[name]}")
        return getattr(module, name)
    raise AttributeError(f"module 'keras_darts' has no attribute {name!r}")


def __dir__():
    return __all__
