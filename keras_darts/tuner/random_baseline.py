"""What random genotypes of a space would have done."""

from keras_darts.errors import non_negative
from keras_darts.errors import positive_integer


def count(wished, project):
    """How many random genotypes are to be trained.

    Args:
        wished: Integer, or `True` for those that can be trained in the time
            that the trials of the project took.
        project: `Project`.

    Raises:
        ValueError: for anything else.

    Example:

    >>> count(3, project=None)
    3
    """
    if wished is True:
        earlier = project.baseline()
        if earlier:
            return len(earlier)
        whole, each = project.seconds()
        return max(1, round(whole / each))
    if not wished:
        return int(non_negative("random_baseline", wished))
    return positive_integer("random_baseline", wished)


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
    for waits in (False, True):
        for seed, genotype in drawn.items():
            if seed in rows:
                continue
            if waits or trial_run.is_free(search, genotype):
                found = trial_run.trained(search, genotype, seconds={})
                rows[seed] = {"seed": seed, **found}
    project.keep_baseline([rows[seed] for seed in drawn])
