"""What `configure_cpu` sets, and what it leaves to the user."""

import os
import subprocess
import sys

import pytest
import tensorflow as tf

import keras_darts as kd

ONEDNN = "TF_ENABLE_ONEDNN_OPTS"


@pytest.fixture(autouse=True)
def put_back():
    yield
    tf.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": False}
    )


def grappler():
    options = tf.config.optimizer.get_experimental_options()
    return not options["disable_meta_optimizer"]


def test_the_users_environment_prevails(monkeypatch):
    monkeypatch.setenv(ONEDNN, "0")
    kd.configure_cpu()
    assert os.environ[ONEDNN] == "0"


@pytest.mark.parametrize("wanted", [False, True])
def test_the_graph_optimizer_is_as_wanted(wanted, monkeypatch):
    monkeypatch.setenv(ONEDNN, "1")
    kd.configure_cpu(grappler=wanted)
    assert grappler() == wanted


def test_too_late_for_onednn_is_a_warning_and_the_rest_is_done(monkeypatch):
    monkeypatch.delenv(ONEDNN, raising=False)
    with pytest.warns(RuntimeWarning, match="`onednn` has no effect once"):
        kd.configure_cpu()
    assert ONEDNN not in os.environ
    assert not grappler()


def threads_within(arguments):
    """The threads of each operation in a process of its own."""
    code = (
        f"import keras_darts as kd; kd.configure_cpu({arguments})\n"
        "import tensorflow as tf\n"
        "assert float(tf.reduce_sum(tf.ones((3, 3)))) == 9\n"
        "print(tf.config.threading.get_intra_op_parallelism_threads())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    return int(done.stdout)


@pytest.mark.parametrize(
    ("arguments", "expected"), [("", 1), ("threads='intra_op'", 0)]
)
def test_threads_run_across_operations_or_within_them(arguments, expected):
    assert threads_within(arguments) == expected


def test_too_late_for_threads_is_a_warning(monkeypatch):
    monkeypatch.setenv(ONEDNN, "1")
    tf.zeros(()).numpy()
    with pytest.warns(RuntimeWarning, match="`threads` has no effect once"):
        kd.configure_cpu(threads="intra_op")
    kd.configure_cpu(threads=None)
    assert not grappler()


def test_unknown_threads_are_refused():
    with pytest.raises(ValueError, match=r"`threads`.*'beside'"):
        kd.configure_cpu(threads="beside")
