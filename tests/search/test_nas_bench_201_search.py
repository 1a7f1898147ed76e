"""A search in the space of NAS-Bench-201, from data to a trained network."""

import csv

import numpy as np
import pytest

import keras_darts as kd
from keras_darts.genotypes import NasBench201Genotype


def search_on(images, labels, **options):
    search = kd.DartsSearch("nas_bench_201", filters=2, num_cells=1)
    search.compile(run_eagerly=True)
    options = {"batch_size": 8, "steps_per_epoch": 1, "verbose": 0, **options}
    return search, search.fit(images, labels, **options).history


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of two epochs, and one that was resumed after the first."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (48, 8, 8, 1)).astype("uint8")
    labels, folder = np.arange(48) % 3, tmp_path_factory.mktemp("runs")
    whole, parts = folder / "whole", folder / "parts"
    search, history = search_on(images, labels, epochs=2, output_dir=whole)
    search_on(images, labels, epochs=1, output_dir=parts)
    resumed, _ = search_on(images, labels, epochs=2, resume_from=parts)
    return search, history, whole, resumed


def test_a_run_is_whole(runs):
    search, history, folder, _ = runs
    with np.load(folder / "alphas.npz") as arrays:
        assert arrays.files == ["alphas_cell"]
        assert arrays["alphas_cell"].shape == (2, 6, 5)
        assert np.any(arrays["alphas_cell"][0] != arrays["alphas_cell"][1])
    assert [path.name for path in (folder / "cells").iterdir()] == ["cell.svg"]
    assert "</svg>" in (folder / "cells" / "cell.svg").read_text()
    saved = kd.genotypes.load(folder / "genotype.json")
    assert isinstance(saved, NasBench201Genotype)
    assert saved == search.genotype()
    assert [*(folder / "tensorboard").iterdir()]
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    skips = saved.edges.count("skip_connect")
    assert int(rows[-1]["num_skip_connects"]) == skips
    assert history["num_skip_connects"][-1] == skips
    assert history["alpha_entropy"][0] == pytest.approx(np.log(5), abs=1e-2)


def test_a_resumed_run_comes_to_the_same(runs):
    search, _, _, resumed = runs
    for mine, theirs in zip(
        search.arch_variables, resumed.arch_variables, strict=True
    ):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)
    assert resumed.genotype() == search.genotype()


def test_the_genotype_is_the_largest_alpha_of_each_edge(runs):
    search, *_ = runs
    names = search.search_space.cell.primitives[0]
    chosen = search.arch_variables[0].numpy().argmax(axis=1)
    assert search.genotype().edges == tuple(names[k] for k in chosen)


def test_the_derived_network_has_the_sizes_of_the_benchmark(runs):
    search, *_ = runs
    network = search.derived_network()
    assert (network.filters, network.num_cells) == (16, 5)
    assert network.genotype == search.genotype()
    assert network.num_classes == 3


def test_second_order_and_edge_weights_have_gradients():
    space = kd.search_spaces.nas_bench_201(2, 1, num_nodes=2)
    kd.testing.run_architect_test(kd.architects.Unrolled(), space)
