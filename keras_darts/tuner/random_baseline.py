"""What random genotypes of a space would have done."""

import logging

from keras_tuner.src.distribute.utils import has_chief_oracle

from keras_darts.tuner.results_text import number
from keras_darts.tuner.results_text import titled
from keras_darts.utils.errors import positive_integer

_LOG = logging.getLogger("keras_darts")


def check(wished):
    """Refuses what is no number of genotypes.

    Raises:
        ValueError: for that, and for `True` where several processes, each
            with its own clock, would have to agree.
    """
    if wished is True and has_chief_oracle():
        raise ValueError(
            "`random_baseline` must be an integer for several processes. "
            "Received: random_baseline=True"
        )
    if wished is not True and wished != 0:
        positive_integer("random_baseline", wished)


def count(wished, project):
    """How many random genotypes are to be trained.

    Args:
        wished: Integer, or `True` for those that can be trained in the time
            that the trials of the project took.
        project: `Project`.

    Example:

    >>> count(3, project=None)
    3
    """
    if wished is not True:
        return int(wished)
    return len(project.baseline()) or project.trainings_in_time()


def run(trial_run, search, count, project):
    """Trains random genotypes as those of trials are.

    Several processes share the work: each takes what no other one trains, and
    in the end waits for the rest.

    Args:
        trial_run: `TrialRun`.
        search: `DartsSearch`, of the space to draw from.
        count: Integer; the genotypes have the seeds from zero up.
        project: `Project`, which gets the table.
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
                found = trial_run.trained(search, genotype, seconds={})
                rows[seed] = {"seed": seed, **found}
                _LOG.info("random genotype %d: %s", seed, _in_words(found))
    project.keep_baseline([rows[seed] for seed in drawn])


def _in_words(found):
    return ", ".join(
        f"{titled(name)} {number(name, value)}"
        for name, value in found["figures"].items()
    )
