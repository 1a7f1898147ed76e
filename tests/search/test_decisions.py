"""A search says how sure it is of its cell."""

import json

import numpy as np
import pytest
from small_searches import SPACE
from small_searches import TINY
from small_searches import Script
from small_searches import driven
from small_searches import fitted
from small_searches import make_search
from small_searches import prefer

import keras_darts as kd
from keras_darts import strategies
from keras_darts.callbacks.decisions import Watched
from keras_darts.callbacks.decisions import decisions_of

SPACES = {
    "cells": kd.search_spaces.darts_cnn(),
    "nas_bench_201": kd.search_spaces.nas_bench_201(),
    "recurrent": kd.search_spaces.darts_rnn(),
    "text": kd.search_spaces.text_cnn(),
    "other candidates an edge": kd.search_spaces.get("rdarts_s1"),
}


def of_weights(space, weights, rule=None, **options):
    derive = kd.discretizers.get(rule or space.discretizer)
    genotype = derive(space, weights, {})
    names = genotype.edge_primitives()
    options = {"competes": True, "watched": Watched(), **options}
    return decisions_of(
        space,
        genotype,
        weights,
        skip_connects=names.count("skip_connect"),
        kept=len(names),
        **options,
    )


def weights_of(space, sharp):
    """Even weights, but for a share of the edges that have decided."""
    results = {}
    for cell_type, spec in space.cells.items():
        rows = np.zeros((len(spec.edges), spec.num_candidates))
        decided = round(sharp * len(spec.edges))
        for edge, names in enumerate(spec.primitives):
            rows[edge, : len(names)] = 1 / len(names)
            if edge < decided:
                rows[edge] = 0
                rows[edge, len(names) - 1] = 1
        results[cell_type] = rows
    return results


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize(
    ("sharp", "verdict"),
    [
        (0.0, "close to a draw"),
        (0.5, "close to a draw"),
        (0.7, "partly decided"),
        (1.0, "decided"),
    ],
)
def test_the_verdict_follows_the_weights(space, sharp, verdict):
    space = SPACES[space]
    decisions = of_weights(space, weights_of(space, sharp))
    assert decisions.verdict == verdict
    assert f"the cell is {verdict}" in str(decisions)
    count = sum(len(spec.edges) for spec in space.cells.values())
    assert len(decisions.edges) == count
    assert decisions.entropy == pytest.approx(1 - sharp, abs=0.1)
    json.dumps(decisions.get_config())


def test_a_tie_of_two_is_a_draw():
    space = SPACES["nas_bench_201"]
    rows = np.tile([0.0, 0.0, 0.5, 0.5, 0.0], (6, 1))
    decisions = of_weights(space, {"cell": rows})
    assert decisions.entropy < 0.5 and decisions.verdict == "close to a draw"
    assert "hardly leads on 6 of 6 edges" in str(decisions)


def test_an_edge_says_what_it_keeps_and_by_how_much():
    space = SPACES["nas_bench_201"]
    rows = np.tile([0.1, 0.1, 0.1, 0.1, 0.6], (6, 1))
    rows[1] = [0.5, 0.1, 0.1, 0.2, 0.1]
    decisions = of_weights(space, {"cell": rows}).edges
    assert (decisions[0].kept, decisions[0].lead) == ("avg_pool_3x3", 0.5)
    assert (decisions[1].kept, decisions[1].candidate) == ("none", "none")
    assert decisions[1].lead == pytest.approx(0.3)
    # A rule that never keeps `none` does not count it as a rival.
    kept = of_weights(space, {"cell": rows}, "top_k").edges[1]
    assert kept.candidate == "nor_conv_3x3"
    assert kept.lead == pytest.approx(0.1)


def test_gates_decide_each_for_itself():
    space = SPACES["cells"]
    rule = kd.discretizers.Threshold()
    for gate, entropy in ((0.5, 1.0), (0.999, 0.011)):
        gates = {
            cell_type: np.full((len(spec.edges), spec.num_candidates), gate)
            for cell_type, spec in space.cells.items()
        }
        decisions = of_weights(space, gates, rule, competes=False)
        assert decisions.entropy == pytest.approx(entropy, abs=1e-3)


def test_what_stands_for_long_is_said_beside_even_weights():
    space = SPACES["nas_bench_201"]
    weights = weights_of(space, 0.0)
    for epochs, stable in ((2, None), (8, 4)):
        watched = Watched({"cell": [8, 5, 4, 4, 3, None]}, epochs=epochs)
        decisions = of_weights(space, weights, watched=watched)
        assert decisions.stable_edges == stable
        assert ("4 of 6 have kept their candidate" in str(decisions)) == bool(
            stable
        )
        assert decisions.verdict == "close to a draw"


def test_help_is_named_where_it_is_needed():
    space = SPACES["cells"]
    draw = of_weights(space, weights_of(space, 0.0))
    assert "within 3 % of uniform on 28 of 28 edges" in str(draw)
    assert "More epochs" in str(draw) and "arch_learning_rate" in str(draw)
    decided = of_weights(space, weights_of(space, 1.0))
    assert "would help" not in str(decided)


def test_what_decides_otherwise_is_said():
    space = SPACES["cells"]
    for rule in (
        kd.discretizers.Perturbation(),
        kd.discretizers.BestOfSamples(7),
    ):
        words = str(
            of_weights(
                space, weights_of(space, 0.0), decides_by=rule.decides_by
            )
        )
        assert rule.decides_by in words and "draw:" not in words
    assert "7 drawn architectures" in words


def test_a_fit_ends_with_its_sentence(tmp_path, caplog):
    caplog.set_level("INFO", "keras_darts")
    search = make_search(space=TINY)
    search.compile(
        run_eagerly=True, arch_optimizer=kd.training.CoupledAdam(1e-6)
    )
    fitted(search, epochs=2, output_dir=tmp_path)
    last = caplog.records[-1].getMessage()
    assert last == str(search.decisions())
    assert "the cell is close to a draw" in last
    saved = json.loads((tmp_path / "decisions.json").read_text())
    assert saved == json.loads(json.dumps(search.decisions().get_config()))
    assert saved["sentence"] == last


def test_a_decided_cell_is_called_so(tmp_path):
    def script(search, epoch):
        for cell_type in search.search_space.cells:
            prefer(search, cell_type=cell_type)
            alphas = search.supernet.arch.alphas[cell_type]
            alphas.assign(10 * alphas.numpy())

    search = make_search()
    fitted(search, epochs=2, callbacks=[Script(script)], output_dir=tmp_path)
    saved = json.loads((tmp_path / "decisions.json").read_text())
    assert saved["verdict"] == search.decisions().verdict == "decided"
    assert saved["skip_connects"] == 0


def test_epochs_since_the_last_change_are_counted():
    def script(search, epoch):
        for cell_type in search.search_space.cells:
            # The first edge turns in the third epoch, the others in the first.
            prefer(search, *["skip_connect"] * (epoch < 2), cell_type=cell_type)

    monitor = kd.callbacks.DecisionMonitor()
    search = make_search()
    driven(monitor, script, epochs=6, search=search)
    for counts in monitor.unchanged_epochs.values():
        assert counts[0] == 3
        assert set(counts[1:]) <= {5, 6}
    edges = search.decisions().edges
    assert edges[0].unchanged_epochs == 3


def test_a_resumed_run_has_counted_on(tmp_path):
    def run(epochs, **options):
        search = make_search(space=SPACE)
        optimizer = kd.training.CoupledAdam(1e-9)
        search.compile(run_eagerly=True, arch_optimizer=optimizer)
        fitted(search, epochs=epochs, **options)
        return search.decisions()

    whole = run(4)
    run(2, output_dir=tmp_path)
    resumed = run(4, resume_from=tmp_path)
    counts = [
        [edge.unchanged_epochs for edge in result.edges]
        for result in (whole, resumed)
    ]
    assert counts[0] == counts[1] and set(counts[0]) == {4}


def test_a_collapse_is_of_one_voice(caplog):
    caplog.set_level("INFO", "keras_darts")

    def collapsed(search, epoch):
        prefer(search, *["skip_connect"] * 5)

    for warn in (True, False):
        caplog.clear()
        search = make_search()
        fitted(
            search,
            epochs=3,
            callbacks=[Script(collapsed)],
            warn_on_collapse=warn,
        )
        assert ("a collapse" in caplog.records[-1].getMessage()) == warn
        assert "4 of the 4 edges it keeps are skip-connects" in caplog.text


@pytest.mark.parametrize("name", ["fair_darts", "gdas", "enas", "darts_pt"])
def test_every_kind_of_method_has_decisions(name, tmp_path):
    methods = strategies.methods
    strategy = {
        "enas": lambda: methods.enas(num_samples=2),
        "darts_pt": lambda: methods.darts_pt(tune_epochs=0),
    }.get(name, lambda: strategies.get(name))()
    search = kd.DartsSearch(
        TINY, strategy, num_classes=2, input_shape=(8, 8, 1)
    )
    search.compile(run_eagerly=True)
    fitted(search, epochs=1, output_dir=tmp_path)
    saved = json.loads((tmp_path / "decisions.json").read_text())
    assert saved["sentence"].startswith("the cell")
    assert (saved["decides_by"] is not None) == (name in ("enas", "darts_pt"))
