"""Cells that are computed again in the backward pass: the same numbers."""

import json

import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.runs.folder import check_same
from keras_darts.runs.writer import comparable
from keras_darts.search import steps
from keras_darts.search.fit_plan import FREE
from keras_darts.supernet import MixedOp
from keras_darts.testing.small import small_batch
from keras_darts.testing.small import small_search

NAMES = ("none", "skip_connect", "max_pool_3x3", "dil_conv_3x3")
IMAGES = kd.search_spaces.darts_cnn(4, 2, num_nodes=1, primitives=NAMES)
SPACES = {
    "nas_bench_201": kd.search_spaces.nas_bench_201(2, 1, num_nodes=2),
    "text": kd.search_spaces.text_cnn(
        2, 2, num_nodes=1, primitives=("conv_1d_3", "skip_connect")
    ),
}
STRATEGIES = {
    "first order": kd.SearchStrategy(),
    "second order": kd.SearchStrategy(architect=kd.architects.Unrolled()),
    "exact": kd.SearchStrategy(architect=kd.architects.Unrolled("exact")),
    "drop path": kd.SearchStrategy(
        connection=kd.connections.DropPath(rate=0.4)
    ),
    "skip dropout": kd.SearchStrategy(
        connection=kd.connections.FullConnection(skip_dropout=0.4)
    ),
    "partial": "pc_darts",
    "drawn": "gdas",
}


def made(space, strategy, rematerialize, eager=True):
    sizes = small_search(space).data_sizes.as_dict()
    search = kd.DartsSearch(
        space, strategy, **sizes, rematerialize=rematerialize
    )
    search.compile(run_eagerly=eager)
    search.compile_for()
    return search


def pair(space):
    return [small_batch(space, 4, seed) for seed in range(2)]


def stepped(search, batches):
    """The gradients of the architecture, then everything after a step."""
    gradients = search.architecture_gradients(*batches)
    steps.weight_step(search, batches[0])
    return [*gradients, *[v.value for v in search.variables]]


def assert_same(kept, again):
    assert len(kept) == len(again)
    for one, other in zip(kept, again, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_search_that_recomputes_its_cells_gives_the_same_numbers(strategy):
    results = [
        stepped(made(IMAGES, STRATEGIES[strategy], again), pair(IMAGES))
        for again in (False, True)
    ]
    assert_same(*results)


@pytest.mark.parametrize("space", ["nas_bench_201", "text"])
def test_every_space_with_cells_gives_the_same_numbers(space):
    space = SPACES[space]
    results = [
        stepped(made(space, STRATEGIES["drop path"], again), pair(space))
        for again in (False, True)
    ]
    assert_same(*results)


def test_a_traced_step_gives_the_same_numbers():
    results = []
    for again in (False, True):
        search = made(IMAGES, STRATEGIES["drop path"], again, eager=False)
        search.make_train_function()
        data = tf.data.Dataset.from_tensors(tuple(pair(IMAGES))).repeat(3)
        stream = iter(data)
        for _ in range(3):
            search.train_function(stream)
        results.append([v.value for v in search.supernet.variables])
    assert_same(*results)


@pytest.mark.parametrize("again", [False, True])
def test_the_backward_pass_calls_each_edge_once_more(monkeypatch, again):
    search = made(IMAGES, "darts", again)
    calls = []
    from_shared = MixedOp.from_shared

    def counted(*args, **kwargs):
        calls.append(1)
        return from_shared(*args, **kwargs)

    monkeypatch.setattr(MixedOp, "from_shared", counted)
    steps.weight_step(search, pair(IMAGES)[0])
    edges = sum(len(cell.spec.edges) for cell in search.supernet.cells)
    assert len(calls) == edges * (2 if again else 1)


def test_the_curvature_is_the_same():
    x, y = small_batch(IMAGES, 4)
    results = []
    for again in (False, True):
        search = made(IMAGES, "darts", again)
        size = sum(np.prod(v.shape) for v in search.arch_variables)
        vector = np.linspace(-1, 1, size).astype("float32")
        results.append(search.hessian_product((x, y))(vector))
    assert np.abs(results[0]).max() > 0
    np.testing.assert_allclose(*results, rtol=1e-4, atol=1e-6)


def test_the_config_keeps_the_choice():
    search = made(IMAGES, "darts", True)
    config = json.loads(json.dumps(search.get_config()))
    assert config["rematerialize"] is True
    again = kd.DartsSearch.from_config(config)
    assert all(cell.rematerialize for cell in again.supernet.cells)


def test_a_run_may_go_on_with_less_memory():
    config = {"fit": {}, "task": {}}
    saved = {**config, "search": {"seed": 0, "rematerialize": False}}
    present = {**config, "search": {"seed": 0, "rematerialize": True}}
    earlier = {**config, "search": {"seed": 0}}
    for before in (saved, earlier):
        check_same(comparable(before, FREE), comparable(present, FREE))


def test_a_recurrent_search_refuses_it():
    with pytest.raises(ValueError, match="`rematerialize` must be left out"):
        kd.DartsSearch(
            kd.search_spaces.darts_rnn(2, hidden_size=4),
            vocabulary_size=20,
            rematerialize=True,
        )
