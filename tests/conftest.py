"""Shared by all tests: how TensorFlow runs, and where real data lies."""

import gc
import os
import pathlib
import signal

import pytest

import keras_darts as kd

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# As the command line does it, and before any test module makes TensorFlow
# run; the graph optimizer would double the time of whatever is traced.
kd.configure_cpu()

# What is imported by now stays; to walk through it again and again costs a
# tenth of the time.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)


# A shell has what it runs in the background ignore Ctrl-C, which tests send.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Files of slow tests alone come first: none is left for the end."""
    quick = {i.path for i in items if not i.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path in quick)


@pytest.fixture(scope="session")
def shared_data():
    """The folder with the real data sets, or a skip that says what to do."""
    text = pathlib.Path(__file__).parents[2] / "shared" / "data"
    folder = pathlib.Path(os.environ.get("KERAS_DARTS_TEST_DATA", text))
    if not folder.is_dir():
        pytest.skip("set KERAS_DARTS_TEST_DATA to a folder with the data sets")
    return folder
