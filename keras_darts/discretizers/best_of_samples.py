"""The derivation rule of random search and of ENAS."""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING

import keras
import numpy as np

from keras_darts.callbacks.base import SearchCallback
from keras_darts.discretizers.argmax import Argmax
from keras_darts.discretizers.base import Discretizer
from keras_darts.discretizers.base import TopK
from keras_darts.relaxations import Policy
from keras_darts.relaxations.base import wrong_relaxation
from keras_darts.utils.errors import positive_integer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Logs

_LOG = logging.getLogger("keras_darts")


@dataclasses.dataclass(frozen=True)
class BestOfSamples(Discretizer):
    """The best of some drawn architectures, with the weights they share.

    After the last epoch of a search, or the one after which it is stopped,
    architectures are drawn from the relaxation, a `relaxations.Policy`, and
    each is judged by its reward (see `architects.Reinforce`) on batches of the
    search part, all on the same ones. Normalisations use the statistics of the
    batch, as the shared ones fit no single architecture. The best one is what
    `search.genotype()` returns from then on, also after the run was resumed,
    and what the supernet is outside of training. Of equals the first wins.

    Before that, the genotype is the most likely one: of each node the edges
    with the largest mixing weights, as many as the space keeps.

    The published random search judges 1,000 draws on ten batches each, and
    the best ten on the whole search part; the code of NAS-Bench-201 judges 100
    on one batch each, every one on another.

    Args:
        num_samples: Integer, architectures. Defaults to `100`.
        num_batches: Integer, batches that each is judged on, of the size of
            the training's; a search part may have fewer. Defaults to `10`.

    Raises:
        ValueError: for a number that is not positive.

    Example:

    >>> strategy = kd.SearchStrategy(
    ...     "uniform_draws",
    ...     architect="frozen",
    ...     discretizer=BestOfSamples(num_samples=1000),
    ... )
    >>> strategy.discretizer.num_batches
    10

    Reference: Li and Talwalkar, 2019, Random search and reproducibility for
    neural architecture search, section 3.3; Pham et al., 2018, Efficient
    neural architecture search via parameter sharing, section 2.2.
    """

    num_samples: int = 100
    num_batches: int = 10

    def __post_init__(self) -> None:
        positive_integer("num_samples", self.num_samples)
        positive_integer("num_batches", self.num_batches)

    def __call__(
        self,
        space: Any,
        weights: Mapping[str, np.ndarray],
        edge_weights: Mapping[str, np.ndarray],
    ) -> BaseGenotype:
        """Mixing weights (E, K) and edge weights (E,) by cell type."""
        kept = {spec.edges_per_node for spec in space.cells.values()}
        rule = Argmax() if kept == {None} else TopK(max(kept))
        return rule(space, weights, edge_weights)

    @property
    def decides_by(self) -> str:
        return f"by the rewards of {self.num_samples} drawn architectures"

    def callback(self) -> SearchCallback:
        return ChooseBestSample(self.num_samples, self.num_batches)

    def check_strategy(self, strategy: Any) -> None:
        if not isinstance(strategy.relaxation, Policy):
            raise wrong_relaxation(
                self,
                strategy,
                needed="Policy",
                reason="it draws the architectures of which it keeps the best",
            )


@keras.saving.register_keras_serializable(package="keras_darts")
class ChooseBestSample(SearchCallback):
    """Chooses the best of some drawn architectures after the last epoch.

    `BestOfSamples` brings it along.

    Args:
        num_samples: Integer.
        num_batches: Integer.

    Attributes:
        rewards: List of the rewards of all that were drawn, or `None`.

    Example:

    >>> ChooseBestSample(100, 10).rewards is None
    True
    """

    def __init__(self, num_samples: int, num_batches: int) -> None:
        super().__init__()
        self.num_samples = num_samples
        self.num_batches = num_batches

    def reset(self) -> None:
        self.rewards: list[float] | None = None

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        # A run that is extended decides again.
        self.rewards = None
        self.model.strategy.relaxation.choose(None)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if epoch == self.params["epochs"] - 1 or self.model.stop_training:
            self._choose(self.model.search_batches(epoch, self.num_batches))
            if logs is not None and "num_skip_connects" in logs:
                genotype = self.model.genotype()
                logs["num_skip_connects"] = genotype.num_skip_connects()

    def get_state(self) -> dict[str, Any]:
        return {"rewards": self.rewards}

    def set_state(self, state: dict[str, Any]) -> None:
        self.rewards = state["rewards"]

    def get_config(self) -> Config:
        return {
            "num_samples": self.num_samples,
            "num_batches": self.num_batches,
        }

    def _choose(self, batches):
        sampled, rewards = self.model.problem.samples(self.num_samples, batches)
        best = int(np.argmax(np.nan_to_num(rewards, nan=-np.inf)))
        self.rewards = rewards.tolist()
        self.model.strategy.relaxation.choose(
            {cell_type: samples[best] for cell_type, samples in sampled.items()}
        )
        _LOG.info(
            "the best of %d drawn architectures has a reward of %.4g, their "
            "mean is %.4g",
            self.num_samples,
            rewards[best],
            rewards.mean(),
        )
