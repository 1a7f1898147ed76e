"""A signal ends a search with its work intact, and says how to go on."""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import keras
import pytest
from small_searches import TINY
from small_searches import fitted
from small_searches import make_search

from keras_darts.runs import manifest
from keras_darts.runs.monitor import GracefulShutdown
from keras_darts.runs.monitor import Terminated

TESTS = pathlib.Path(__file__).parent
BY_SIGNAL = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}


class Send(keras.callbacks.Callback):
    """Raises a signal at the start of a step, once or twice."""

    def __init__(self, number, epoch=1, step=1, times=1):
        super().__init__()
        self.number, self.at, self.times = number, (epoch, step), times
        self.begun, self.steps = 0, []

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        self.steps.append((self.epoch, batch))
        if (self.epoch, batch) == self.at:
            for _ in range(self.times):
                signal.raise_signal(self.number)


@pytest.mark.parametrize("number", BY_SIGNAL, ids=lambda number: number.name)
def test_the_step_is_finished_and_the_message_says_how_to_go_on(
    tmp_path, number
):
    send = Send(number)
    with pytest.raises(BY_SIGNAL[number]) as caught:
        fitted(
            make_search(space=TINY),
            epochs=3,
            steps=3,
            output_dir=tmp_path,
            callbacks=[send],
        )
    assert send.steps[-1] == (1, 1)
    message = str(caught.value)
    assert f"{number.name}: the search has stopped in epoch 2" in message
    assert "after 2 of 3 steps" in message
    assert f"fit(resume_from={str(tmp_path)!r})" in message
    history = fitted(
        make_search(space=TINY), epochs=3, steps=3, resume_from=tmp_path
    )
    assert history.epoch == [1, 2]


def test_the_second_one_stops_at_once():
    send = Send(signal.SIGINT, times=2)
    with pytest.raises(KeyboardInterrupt) as caught:
        fitted(make_search(space=TINY), epochs=2, steps=3, callbacks=[send])
    assert not str(caught.value)


def test_a_signal_in_the_last_step_ends_a_search_that_is_whole(tmp_path):
    send = Send(signal.SIGTERM, epoch=0, step=2)
    with pytest.raises(Terminated, match="after epoch 1") as caught:
        fitted(
            make_search(space=TINY),
            epochs=1,
            steps=3,
            output_dir=tmp_path,
            callbacks=[send],
        )
    assert caught.value.code == 143
    assert (tmp_path / "genotype.json").exists()


def test_without_a_folder_the_message_promises_nothing():
    with pytest.raises(KeyboardInterrupt, match="without `output_dir`"):
        fitted(
            make_search(space=TINY),
            epochs=2,
            steps=3,
            callbacks=[Send(signal.SIGINT)],
        )


def test_what_handled_signals_before_a_search_does_so_afterwards():
    before = [signal.getsignal(number) for number in BY_SIGNAL]
    with GracefulShutdown() as requests:
        assert [signal.getsignal(n) for n in BY_SIGNAL] != before
        signal.raise_signal(signal.SIGTERM)
        assert [signal.getsignal(n) for n in BY_SIGNAL] == before
    assert requests.received == signal.SIGTERM
    with pytest.raises(ZeroDivisionError), GracefulShutdown():
        1 / 0  # noqa: B018
    assert [signal.getsignal(number) for number in BY_SIGNAL] == before


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None])
def test_a_handler_of_the_program_stays(handler):
    before = signal.signal(signal.SIGTERM, handler)
    try:
        with GracefulShutdown() as requests:
            assert signal.getsignal(signal.SIGTERM) == handler
            signal.raise_signal(signal.SIGTERM)
        assert requests.received is None
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_search_in_another_thread_leaves_signals_alone():
    results = []

    def enter():
        with GracefulShutdown():
            results.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert results == [signal.getsignal(signal.SIGTERM)]


@pytest.mark.parametrize(
    "number, code, word",
    [(signal.SIGINT, 130, "SIGINT"), (signal.SIGTERM, 143, "terminated")],
    ids=["SIGINT", "SIGTERM"],
)
def test_the_command_ends_with_its_code_and_goes_on(
    tmp_path, number, code, word
):
    process = started(tmp_path, "--epochs=5000")
    while not manifest.manifests(tmp_path / "checkpoints"):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(number)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == code, errors
    assert word in errors
    assert f"keras-darts search --output_dir={tmp_path} --resume" in output
    if number == signal.SIGTERM:
        resumes(tmp_path)


def resumes(tmp_path):
    rows = len((tmp_path / "history.csv").read_text().splitlines()) - 1
    process = started(tmp_path, "--resume", f"--epochs={rows + 1}")
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert f"Epoch {rows + 1}/{rows + 1}" in output


def started(folder, *arguments):
    """The command `search` on a tiny space, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, TESTS / "tiny_command.py", f"--output_dir={folder}"]
        + list(arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
