"""Which sizes fit, by what is measured on this machine."""

import dataclasses

from keras_darts.auto import sizes

# A search is measured where its graph takes no more of the time; otherwise
# it is taken to be as much slower than foretold as a training is.
_SHARE_OF_PROBE = 0.1


def measured(adapter, facts, probe, seconds):
    """The rung, and its `Pace` by a few real steps.

    Args:
        adapter: `Images` or `Texts`.
        facts: `Facts`.
        probe: Function of a `Rung` that gives a `Probe`.
        seconds: Function that gives those which can be planned with.
    """
    rungs = adapter.rungs
    tried = sizes.first_rung(rungs, facts, seconds())
    pace = sizes.foretold(rungs[tried], facts)
    probed = probe(rungs[tried])
    start, step = probed.training(
        adapter.derived(rungs[tried]), adapter.recipe()
    )
    slower = start / pace.train_start, step / pace.train_step
    rung = sizes.first_rung(rungs, facts, seconds(), slower)
    pace = sizes.foretold(rungs[rung], facts).times(*slower)
    if pace.search_start > _SHARE_OF_PROBE * seconds():
        return rung, pace
    if rung != tried:
        probed = probe(rungs[rung])
    start, step = probed.searching()
    pace = dataclasses.replace(pace, search_start=start, search_step=step)
    good = sizes.planned(rung, pace, facts, seconds()).is_good(facts)
    if good or not rung:
        return rung, pace
    # Without a further probe: a smaller one is no more off than this was.
    guess = sizes.foretold(rungs[rung], facts)
    slower = start / guess.search_start, step / guess.search_step
    rung = sizes.first_rung(rungs[:rung], facts, seconds(), slower)
    return rung, sizes.foretold(rungs[rung], facts).times(*slower)
