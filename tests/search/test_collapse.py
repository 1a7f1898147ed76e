"""A search that collapses says so, once."""

import logging

import pytest
from small_searches import Script
from small_searches import driven
from small_searches import fitted
from small_searches import make_search
from small_searches import prefer

import keras_darts as kd

SKIP, POOL = "skip_connect", "max_pool_3x3"


def warnings_of(caplog):
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno == logging.WARNING
    ]


def collapsed(search, epoch):
    prefer(search, *[SKIP] * 5)


def sliding(search, epoch):
    """Of four kept edges none is a skip-connect, then two, then three."""
    count = 0 if epoch < 1 else 2 if epoch < 4 else 3
    prefer(search, *[SKIP] * count, *[POOL] * (4 - count))


def test_a_search_warns_by_default_and_not_if_it_is_told(caplog):
    for warn in (True, False):
        search = make_search()
        options = {} if warn else {"warn_on_collapse": False}
        fitted(search, epochs=3, callbacks=[Script(collapsed)], **options)
    (message,) = warnings_of(caplog)
    assert "the normal cell collapses: after epoch 2" in message
    assert "4 of its 4 edges" in message
    assert "StopOnSkipConnects" in message
    assert "warn_on_collapse=False" in message


@pytest.mark.parametrize(
    ("script", "epoch"),
    [
        # Two of four in the epochs 1, 2 and 3.
        (sliding, 3),
        # Half of the edges in two epochs, and then fewer.
        (lambda s, e: sliding(s, 2 if e % 3 else 0), None),
        # One of four.
        (lambda s, e: prefer(s, SKIP, POOL, POOL, POOL), None),
        (collapsed, 2),
    ],
)
def test_the_rule(script, epoch):
    monitor = kd.callbacks.DecisionMonitor()
    driven(monitor, script, epochs=8)
    assert monitor.warned_epoch == epoch


def test_skip_connects_that_recede_are_no_slide():
    def script(search, epoch):
        prefer(search, *[SKIP] * 5)
        alphas = search.supernet.arch.alphas["normal"]
        alphas.assign(alphas.numpy() / (1 + epoch))

    monitor = kd.callbacks.DecisionMonitor()
    driven(monitor, script, epochs=8)
    assert monitor.warned_epoch is None


def test_a_resumed_search_does_not_warn_again(caplog):
    monitor, again = (kd.callbacks.DecisionMonitor() for _ in range(2))
    driven(monitor, sliding, epochs=5)
    again.set_state(monitor.get_state())
    driven(again, sliding, epochs=10, first=5)
    assert len(warnings_of(caplog)) == 1


def test_a_cell_that_knows_no_skip_connects_is_left_alone(caplog):
    space = kd.search_spaces.darts_rnn(2, hidden_size=4)
    search = kd.DartsSearch(space, vocabulary_size=7)
    search.compile(run_eagerly=True)
    monitor = kd.callbacks.DecisionMonitor()
    driven(monitor, lambda search, epoch: None, epochs=4, search=search)
    assert warnings_of(caplog) == []
