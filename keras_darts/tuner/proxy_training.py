"""The proxy training that compares genotypes, found or drawn at random."""

from __future__ import annotations

import dataclasses
import logging
import time
from typing import TYPE_CHECKING

import keras_tuner

from keras_darts import training
from keras_darts.genotypes import Genotype
from keras_darts.runs import manifest
from keras_darts.tuner import objectives
from keras_darts.tuner import private_api
from keras_darts.tuner.results_text import figures_line
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.private_api import seeded

if TYPE_CHECKING:
    import pathlib
    from typing import Any

    import keras

    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.search.darts_search import DartsSearch
    from keras_darts.tasks import TrainingData
    from keras_darts.tuner.project import Project
    from keras_darts.tuner.search_trials import TrialRun

_LOG = logging.getLogger("keras_darts")
_SEED = 0
_SIZES = ("filters", "num_cells", "embedding_size", "hidden_size")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProxyTraining:
    """The training by which derived networks are compared.

    All have the same first values and see the data in the same order, so
    that they differ by their genotypes alone.

    Args:
        epochs: Integer.
        sizes: Dictionary, arguments of the derived network.
        options: Dictionary, arguments of the recipe.
        objectives: Tuple of strings, the figures to measure.
        max_parameters: Integer, or `None` for networks of any size.
        verbose: As in Keras.
        callbacks: List of Keras callbacks. Defaults to none.
    """

    epochs: int
    sizes: dict[str, Any]
    options: dict[str, Any]
    objectives: tuple[str, ...]
    max_parameters: int | None
    verbose: int | str
    callbacks: list[keras.callbacks.Callback] = dataclasses.field(
        default_factory=list
    )

    def settings(
        self, search: DartsSearch, genotype: BaseGenotype, data: TrainingData
    ) -> dict[str, Any]:
        """All that determines the result, as plain values."""
        return {
            "genotype": canonical(genotype),
            "space": search.whole_space.get_config(),
            "sizes": self.sizes_for(search),
            "epochs": self.epochs,
            "recipe": self.options,
            "data": data.describe(),
            "figures": self.objectives,
        }

    def sizes_for(self, search: DartsSearch) -> dict[str, Any]:
        """The network's arguments: those given, otherwise the search's own."""
        space = search.whole_space
        own = {
            name: getattr(space, name)
            for name in _SIZES
            if getattr(space, name, None) is not None
        }
        return {**own, **self.sizes}

    def run(
        self,
        search: DartsSearch,
        genotype: BaseGenotype,
        data: TrainingData,
        folder: pathlib.Path,
    ) -> dict[str, Any]:
        """Trains a network and measures it.

        Args:
            search: `DartsSearch` that knows the data.
            genotype: Genotype of the network.
            data: `tasks.TrainingData`.
            folder: Path of the run.

        Returns:
            Dictionary of the figures, and of `seconds`.
        """
        begin = time.monotonic()
        task = data.settle(search)
        with seeded(_SEED), search.distribute_strategy.scope():
            network = data.network(search, genotype, self.sizes_for(search))
        count = self._checked_size(network)
        options = {"seed": _SEED, "epochs": self.epochs, **self.options}
        recipe = data.recipe(search, network, task, options)
        # What was trained, but not measured, needs no step.
        done = manifest.is_finished(folder, "network")
        begun = (folder / "config.json").exists()
        shown = [training.ETALogger()] if self.verbose else []
        recipe.fit(
            network,
            data.train,
            data.validation,
            verbose=self.verbose,
            callbacks=[*self.callbacks, *shown],
            config={"data": data.describe(), "parameters": count},
            **data.kept,
            **{"resume_from" if begun and done else "output_dir": folder},
        )
        with search.distribute_strategy.scope():
            batches = recipe.pipeline(data.validation, training=False)
        logs = network.evaluate(batches, return_dict=True, verbose=0)
        logs = {f"val_{name}": float(value) for name, value in logs.items()}
        asked = objectives.measure(network, self.objectives, logs)
        return {**logs, **asked, "seconds": time.monotonic() - begin}

    def _checked_size(self, network):
        count = objectives.measure(network, ["parameters"], {})["parameters"]
        if self.max_parameters is not None and count > self.max_parameters:
            raise keras_tuner.errors.FailedTrialError(
                "`max_model_size` must not be exceeded. Received: a derived "
                f"network of {count} parameters, "
                f"max_model_size={self.max_parameters}"
            )
        return count


def canonical(genotype: BaseGenotype) -> str:
    """A text that is equal for all genotypes of the same network.

    Example:

    >>> from keras_darts.genotypes import Genotype
    >>> one, other = [
    ...     Genotype(normal=edges, normal_concat=[2], reduce=edges,
    ...              reduce_concat=[2])
    ...     for edges in ([("a", 0), ("b", 1)], [("b", 1), ("a", 0)])
    ... ]
    >>> one == other, canonical(one) == canonical(other)
    (False, True)
    """
    if not isinstance(genotype, Genotype):
        return genotype.to_text()
    cells = {
        cell_type: [sorted(node) for node in genotype.nodes(cell_type)]
        for cell_type in ("normal", "reduce")
    }
    concats = genotype.normal_concat, genotype.reduce_concat
    return f"{cells}, {[sorted(concat) for concat in concats]}"


def check_baseline(wished: int | bool) -> None:
    """Checks the argument `random_baseline`.

    Raises:
        ValueError: if it is no number of genotypes, or `True` for several
            processes, which have a clock each.
    """
    if wished is True and private_api.has_chief_oracle():
        raise ValueError(
            "`random_baseline` must be an integer for several processes. "
            "Received: random_baseline=True"
        )
    if wished is not True and wished != 0:
        positive_integer("random_baseline", wished)


def baseline_size(wished: int | bool, project: Project) -> int:
    """The number of random genotypes to train.

    Args:
        wished: Integer, or `True` for those that can be trained in the time
            that the trials of the project took.
        project: `Project`.

    Example:

    >>> baseline_size(3, project=None)
    3
    """
    if wished is not True:
        return int(wished)
    return len(project.baseline()) or project.trainings_in_time()


def train_baseline(
    trial_run: TrialRun, search: DartsSearch, count: int, project: Project
) -> None:
    """Trains random genotypes in the same way as those of trials.

    Several processes share the work: each takes genotypes that no other one
    trains, and waits for the rest at the end.

    Args:
        trial_run: `TrialRun`.
        search: `DartsSearch`, of the space to draw from.
        count: Integer; the genotypes have the seeds from zero up.
        project: `Project`, to which the table is written.
    """
    drawn = {
        seed: search.whole_space.random_genotype(seed) for seed in range(count)
    }
    rows = {}
    _LOG.info(
        "random baseline: %d random genotypes are trained as those of the "
        "trials are",
        count,
    )
    for waits in (False, True):
        for seed, genotype in drawn.items():
            if seed in rows:
                continue
            if waits or trial_run.is_free(search, genotype):
                result = trial_run.trained(search, genotype, seconds={})
                rows[seed] = {"seed": seed, **result}
                figures = result["figures"]
                line = figures_line(figures, figures)
                _LOG.info("random genotype %d: %s", seed, line)
    project.keep_baseline([rows[seed] for seed in drawn])
