"""Which tier a test is in that has no mark of its own.

`unit` runs as Python does, in the process of the tests, and takes two seconds
at most: `make check` runs no other. `traced` builds graphs of searches and
trainings, `process` starts other processes, `slow` is all else that takes
longer: whole searches and trainings, exports, commands. `make test` runs all.
"""

import pytest

TIERS = ("unit", "traced", "process", "slow")

# A folder, a file in it, or a function of a file; the longest that fits.
_PLACES = {
    "traced": (
        "export",
        "test_traced_gradients.py",
    ),
    "process": (
        "cli/test_workers_command.py",
        "export/test_c_loader.py",
        "export/test_export_alone.py",
        "export/test_killed_export.py",
        "export/test_serving.py",
        "test_examples.py",
        "test_package.py",
        "test_recorded_numbers.py",
        "test_replicas.py",
        "test_surroundings.py",
        "test_workers.py",
        "tuner/test_tuning_processes.py",
    ),
    "slow": (
        "analysis/test_counts.py::test_published_networks_count_as_published",
        "auto",
        "benchmarks",
        "cli",
        "interop",
        "networks",
        "search",
        "test_conformance.py",
        "test_overwriting.py",
        "test_user_paths.py",
        "training",
        "tuner",
    ),
    "unit": (
        "search/test_steps.py",
        "test_conformance.py::test_piece",
        "test_conformance.py::test_piece_comes_back_from_its_config",
        "training/test_losses.py",
        "training/test_optimizers.py",
    ),
}
_TIER_OF = {place: tier for tier, places in _PLACES.items() for place in places}


def tier_of(path, test):
    """The mark of a test of a file, whose path is one below `tests/`."""
    folder = path.partition("/")[0]
    for place in (f"{path}::{test}", path, folder):
        if place in _TIER_OF:
            return getattr(pytest.mark, _TIER_OF[place])
    return pytest.mark.unit
