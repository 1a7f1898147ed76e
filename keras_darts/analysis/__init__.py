"""Pictures of what was found, and what it costs."""

from keras_darts.analysis.alpha_history_plot import plot_alpha_history
from keras_darts.analysis.alpha_plot import alphas_png
from keras_darts.analysis.alpha_plot import plot_alphas
from keras_darts.analysis.cell_plot import cell_png
from keras_darts.analysis.cell_plot import plot_cell

__all__ = [
    "alphas_png",
    "cell_png",
    "plot_alpha_history",
    "plot_alphas",
    "plot_cell",
]
