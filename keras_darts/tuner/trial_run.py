"""A trial: a search, the brief training of what it found, and its figures."""

import shutil
import time

from keras_darts import genotypes
from keras_darts.runs import manifest
from keras_darts.tuner import longer_run


class TrialRun:
    """Runs the searches of trials, and has their genotypes trained.

    Each phase finds in its folder what was done before the process ended.

    Args:
        brief: `BriefTraining`.
        cache: `GenotypeCache` of the project.
        data: As `trial_data.read` gives them.
    """

    def __init__(self, brief, cache, data):
        self.brief = brief
        self.cache = cache
        self.data = data

    def run(self, search, folder, fit, *, epochs=None, earlier=None):
        """One search with one seed, and what comes of it.

        Args:
            search: `DartsSearch` that has done no step.
            folder: Path of the run of the search.
            fit: Function that searches; it takes `output_dir` or
                `resume_from`.
            epochs: Integer, where a run that is finished may have to be made
                longer. Defaults to `None`.
            earlier: Path of the run that this one goes on from. Defaults to
                `None`.

        Returns:
            Dictionary of `genotype`, `network`, the name of the folder of the
            training, `seconds` of each phase, and the `figures`.
        """
        begin = time.monotonic()
        if earlier is not None and not search.stages:
            longer_run.take_over(earlier, folder)
        if longer_run.is_done(folder, epochs):
            genotype = genotypes.load(folder / "genotype.json")
        else:
            longer = manifest.is_finished(folder)
            fit(**{"resume_from" if longer else "output_dir": folder})
            genotype = search.genotype()
        seconds = {"search": time.monotonic() - begin}
        return self.trained(search, genotype, seconds)

    def trained(self, search, genotype, seconds):
        """The same of a genotype that is known."""
        settings = self.brief.settings(search, genotype, self.data)
        figures = self.cache.trained(
            settings,
            lambda folder: self.brief.run(search, genotype, self.data, folder),
        )
        folder = self.cache.folder_of(settings)
        # The network itself is kept.
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
        seconds = {**seconds, "training": figures["seconds"]}
        return {
            "genotype": genotype.to_text(),
            "network": folder.name,
            "seconds": seconds,
            "figures": {k: v for k, v in figures.items() if k != "seconds"},
        }

    def is_free(self, search, genotype):
        """Whether no other process trains a genotype now."""
        settings = self.brief.settings(search, genotype, self.data)
        return self.cache.is_free(settings)
