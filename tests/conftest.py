"""Shared by all tests: tiers, how TensorFlow runs, and where real data lies."""

import gc
import os
import pathlib
import signal

import pytest
from tiers import TIERS
from tiers import has_unit_tests
from tiers import tier_of

import keras_darts as kd
from keras_darts.utils.registry import restored_registries

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# As the command line does it, and before any test module makes TensorFlow
# run; the graph optimizer would double the time of whatever is traced.
kd.configure_cpu()
gc.set_threshold(20_000, 20, 50)


# A shell has what it runs in the background ignore Ctrl-C, which tests send.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Longer ones belong to another tier.
_SECONDS_OF_A_UNIT_TEST = 2
_TESTS = pathlib.Path(__file__).parent


def pytest_ignore_collect(collection_path, config):
    """To import all files takes as long as the unit tests of some."""
    if config.getoption("markexpr") == "unit" and collection_path.is_file():
        path = collection_path.relative_to(_TESTS).as_posix()
        if not has_unit_tests(path):
            return True
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Each test is of one tier, and the files that take longest come first."""
    most = {}
    for item in items:
        tiers = [tier for tier in TIERS if item.get_closest_marker(tier)]
        if not tiers:
            path = item.path.relative_to(_TESTS).as_posix()
            tiers = [tier_of(path, item.originalname, item.name)]
            item.add_marker(tiers[0])
        place = TIERS.index(tiers[-1])
        most[item.path] = max(place, most.get(item.path, 0))
    items.sort(key=lambda item: -most[item.path])


def pytest_terminal_summary(terminalreporter):
    """Says which unit tests are none, for the time that they take."""
    for report in terminalreporter.stats.get("passed", ()):
        unit = report.when == "call" and "unit" in report.keywords
        if unit and report.duration > _SECONDS_OF_A_UNIT_TEST:
            terminalreporter.write_line(
                f"not a unit test: {report.duration:.1f} s, {report.nodeid}"
            )


def pytest_runtest_teardown(item, nextitem):
    """What a file leaves alive stays, and is not walked through any more."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def plain_runs():
    """Runs draw no picture of each epoch but in tests of pictures."""
    # Imports TensorFlow, which the tests of genotypes do without.
    from less_work import without_pictures
    from less_work import without_tuned_pipelines

    with without_pictures(), without_tuned_pipelines():
        yield


@pytest.fixture(scope="module", autouse=True)
def own_registrations():
    """What a file registers is gone for the next one."""
    with restored_registries():
        yield


@pytest.fixture(scope="session")
def shared_data():
    """The folder with the real data sets, or a skip that says what to do."""
    folder = os.environ.get("KERAS_DARTS_TEST_DATA")
    if not folder or not pathlib.Path(folder).is_dir():
        pytest.skip("set KERAS_DARTS_TEST_DATA to a folder with the data sets")
    return pathlib.Path(folder)
