"""The advised strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_darts.strategies.methods.beta_darts import beta_darts
from keras_darts.strategies.strategy import register_strategy

if TYPE_CHECKING:
    from keras_darts.strategies.strategy import SearchStrategy


@register_strategy("auto", guards_against="alphas that run away")
def auto() -> SearchStrategy:
    """What is advised to begin with: at present beta-DARTS.

    It costs what `darts` does, fits all search spaces, has no warm-up that a
    short run could miss and no threshold to choose, and kept every search of
    `benchmarks/nas_bench_201.py` from skip-connects. What it stands for may
    change with what is measured; a run keeps its pieces in `config.json`.
    """
    return beta_darts()
