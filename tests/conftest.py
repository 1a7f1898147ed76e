"""Shared by all tests: tiers, how TensorFlow runs, and where real data lies."""

import gc
import os
import pathlib
import signal

import pytest
from tiers import TIERS
from tiers import tier_of

import keras_darts as kd

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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Each test gets its tier; those that take longest come first."""
    tests = pathlib.Path(__file__).parent
    tiers = {}
    for item in items:
        if not any(map(item.get_closest_marker, TIERS)):
            path = item.path.relative_to(tests).as_posix()
            item.add_marker(tier_of(path, item.originalname))
        tiers[item] = max(
            TIERS.index(mark.name)
            for mark in item.iter_markers()
            if mark.name in TIERS
        )
    longest = {}
    for item, tier in tiers.items():
        longest[item.path] = max(tier, longest.get(item.path, 0))
    # A file stays together, since its fixtures are made once.
    items.sort(key=lambda item: -longest[item.path])


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

    with without_pictures():
        yield


@pytest.fixture(scope="session")
def shared_data():
    """The folder with the real data sets, or a skip that says what to do."""
    folder = os.environ.get("KERAS_DARTS_TEST_DATA")
    if not folder or not pathlib.Path(folder).is_dir():
        pytest.skip("set KERAS_DARTS_TEST_DATA to a folder with the data sets")
    return pathlib.Path(folder)
