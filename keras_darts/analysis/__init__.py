"""Pictures of what was found, and what it costs.

The counts are resolved when they are first used, since they need TensorFlow
and the pictures don't.
"""

from __future__ import annotations

import importlib
from typing import Any

from keras_darts.analysis.alpha_plot import alphas_png
from keras_darts.analysis.alpha_plot import plot_alpha_history
from keras_darts.analysis.alpha_plot import plot_alphas
from keras_darts.analysis.cell_plot import cell_names
from keras_darts.analysis.cell_plot import cell_png
from keras_darts.analysis.cell_plot import cell_svg
from keras_darts.analysis.cell_plot import plot_cell
from keras_darts.analysis.hessian import largest_eigenvalue

_COUNTS = ("count_macs", "count_parameters")

__all__ = [
    "alphas_png",
    "cell_names",
    "cell_png",
    "cell_svg",
    "count_macs",
    "count_parameters",
    "largest_eigenvalue",
    "plot_alpha_history",
    "plot_alphas",
    "plot_cell",
]


def __getattr__(name: str) -> Any:
    if name in _COUNTS:
        counts = importlib.import_module("keras_darts.analysis.complexity")
        return getattr(counts, name)
    raise AttributeError(
        f"module 'keras_darts.analysis' has no attribute {name!r}"
    )
