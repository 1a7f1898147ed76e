"""What the tests of the benchmarks compare with, and what saves them time."""

import multiprocessing
import os
import threading
import types
from multiprocessing.connection import Connection

import pytest

import keras_darts as kd


@pytest.fixture(scope="session")
def original():
    """A checkout of quark0/darts with PyTorch, or a skip."""
    folder = os.environ.get("KERAS_DARTS_TEST_ORIGINAL")
    if not folder:
        pytest.skip(
            "set KERAS_DARTS_TEST_ORIGINAL to a checkout of quark0/darts"
        )
    pytest.importorskip("torch")
    return folder


class Thread(threading.Thread):
    """In the place of a worker's process, which would import TensorFlow."""

    def __init__(self, *, target, args, daemon):
        pipe, *others = args
        # The caller closes its own end.
        pipe = Connection(os.dup(pipe.fileno()))
        super().__init__(target=target, args=(pipe, *others), daemon=daemon)


@pytest.fixture
def in_threads(monkeypatch):
    """Workers of measurements are threads of this process."""
    context = types.SimpleNamespace(Pipe=multiprocessing.Pipe, Process=Thread)
    monkeypatch.setattr(multiprocessing, "get_context", lambda name: context)
    # It came too late.
    monkeypatch.setattr(kd, "configure_cpu", lambda **options: None)
