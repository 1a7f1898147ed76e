"""The brief training of a derived network, and what comes of it."""

import dataclasses
import time

import keras_tuner

from keras_darts import training
from keras_darts.genotypes import Genotype
from keras_darts.runs import manifest
from keras_darts.tuner import objectives
from keras_darts.utils.seeding import seeded

_SEED = 0
_SIZES = ("filters", "num_cells", "embedding_size", "hidden_size")


@dataclasses.dataclass(frozen=True, kw_only=True)
class BriefTraining:
    """How derived networks are trained to be compared.

    All have the same first values and see the data in the same order, so
    that they differ by their genotypes alone.

    Args:
        epochs: Integer.
        sizes: Dictionary, arguments of the derived network.
        options: Dictionary, arguments of the recipe.
        objectives: Tuple of strings, the figures that are asked for.
        max_parameters: Integer, or `None` for networks of any size.
        verbose: As in Keras.
        callbacks: List of Keras callbacks. Defaults to none.
    """

    epochs: int
    sizes: dict
    options: dict
    objectives: tuple
    max_parameters: int | None
    verbose: object
    callbacks: list = dataclasses.field(default_factory=list)

    def settings(self, search, genotype, data):
        """All that decides the result, as plain values."""
        return {
            "genotype": canonical(genotype),
            "space": search.whole_space.get_config(),
            "sizes": self.sizes_for(search),
            "epochs": self.epochs,
            "recipe": self.options,
            "data": data.describe(),
            "figures": self.objectives,
        }

    def sizes_for(self, search):
        """The network's arguments: those given, or the search's own."""
        space = search.whole_space
        own = {
            name: getattr(space, name)
            for name in _SIZES
            if getattr(space, name, None) is not None
        }
        return {**own, **self.sizes}

    def run(self, search, genotype, data, folder):
        """Trains a network and measures it.

        Args:
            search: `DartsSearch` that knows the data.
            genotype: What the network is made of.
            data: As `trial_data.read` gives them.
            folder: Path, which gets the run.

        Returns:
            Dictionary of the figures, and of `seconds`.
        """
        begin = time.monotonic()
        task = data.settle(search)
        with seeded(_SEED), search.distribute_strategy.scope():
            network = data.network(search, genotype, self.sizes_for(search))
        count = self._checked_size(network)
        options = {"seed": _SEED, "epochs": self.epochs, **self.options}
        recipe = data.recipe(network, task, options)
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


def canonical(genotype):
    """Text that is the same for all genotypes of the same network.

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
        kind: [sorted(node) for node in genotype.nodes(kind)]
        for kind in ("normal", "reduce")
    }
    concats = genotype.normal_concat, genotype.reduce_concat
    return f"{cells}, {[sorted(concat) for concat in concats]}"
