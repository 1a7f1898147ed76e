"""What `configure_cpu` sets, and what it leaves to the user."""

import os

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


def graph_optimizer():
    options = tf.config.optimizer.get_experimental_options()
    return not options["disable_meta_optimizer"]


def test_the_users_environment_prevails(monkeypatch):
    monkeypatch.setenv(ONEDNN, "0")
    kd.configure_cpu()
    assert os.environ[ONEDNN] == "0"


@pytest.mark.parametrize("wanted", [False, True])
def test_the_graph_optimizer_is_as_wanted(wanted, monkeypatch):
    monkeypatch.setenv(ONEDNN, "1")
    kd.configure_cpu(graph_optimizer=wanted)
    assert graph_optimizer() == wanted


def test_too_late_for_onednn_is_a_warning_and_the_rest_is_done(monkeypatch):
    monkeypatch.delenv(ONEDNN, raising=False)
    with pytest.warns(RuntimeWarning, match="`onednn` has no effect once"):
        kd.configure_cpu()
    assert ONEDNN not in os.environ
    assert not graph_optimizer()
