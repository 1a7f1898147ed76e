"""A search in stages, from its begin to its end on disk."""

import csv
import dataclasses
import json

import keras
import numpy as np
import pytest
from small_searches import alphas
from small_searches import fitted

import keras_darts as kd
from keras_darts import strategies
from keras_darts.strategies import Stage
from keras_darts.supernet.weight_inheritance import Inheritance

SPACE = kd.search_spaces.darts_cnn(
    4,
    2,
    num_nodes=1,
    primitives=("none", "max_pool_3x3", "skip_connect", "avg_pool_3x3"),
)
WITH_WEIGHTS = kd.search_spaces.darts_cnn(
    4, 2, num_nodes=1, primitives=("none", "skip_connect", "sep_conv_3x3")
)
STAGES = (
    Stage(1),
    Stage(1, num_candidates=3, depth_multiplier=1.5),
    Stage(2, num_candidates=2),
)


def make_search(*stages, **pieces):
    search = kd.DartsSearch(
        SPACE,
        kd.SearchStrategy(stages=stages, **pieces),
        num_classes=2,
        input_shape=(8, 8, 1),
    )
    search.compile(run_eagerly=True)
    return search


class Recorder(keras.callbacks.Callback):
    """What a search is like at the end of each epoch."""

    def __init__(self):
        super().__init__()
        self.stages, self.sizes, self.fewest = [], [], []

    def on_epoch_end(self, epoch, logs=None):
        space = self.model.search_space
        self.stages.append((self.model.stage, epoch))
        self.sizes.append((space.num_cells, space.normal.num_candidates))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A search that went through its stages, what it went through, a run."""
    recorder, search = Recorder(), make_search(*STAGES)
    folder = tmp_path_factory.mktemp("stages")
    history = fitted(search, epochs=4, callbacks=[recorder], output_dir=folder)
    return search, recorder, history, folder


def test_each_stage_searches_in_what_the_one_before_has_left(whole):
    search, recorder, history, _ = whole
    assert recorder.stages == [(0, 0), (1, 0), (2, 0), (2, 1)]
    assert recorder.sizes == [(2, 4), (3, 3), (2, 2), (2, 2)]
    assert len(history.epoch) == len(history.history["loss"]) == 4
    assert [a.shape for a in alphas(search)] == [(2, 2), (2, 2)]
    known = {
        name for edge in search.search_space.normal.primitives for name in edge
    }
    assert set(search.genotype().primitives()) <= known | {
        name for edge in search.search_space.reduce.primitives for name in edge
    }


def test_no_variable_of_an_earlier_stage_is_left(whole):
    search = whole[0]
    mine = {id(v) for v in search.supernet.variables}
    kept = [v for v in search.trainable_variables if id(v) not in mine]
    assert not kept
    assert len(search.optimizer.momentums) == len(search.weight_variables)


def test_a_fresh_stage_has_first_values_of_its_own():
    search = make_search(Stage(1), Stage(1))
    first = [v.numpy() for v in search.weight_variables]
    search.enter_stage(1)
    second = [v.numpy() for v in search.weight_variables]
    assert any(
        not np.array_equal(a, b) for a, b in zip(first, second, strict=True)
    )


def test_a_second_fit_begins_with_the_first_stage():
    search = make_search(Stage(1), Stage(1, num_candidates=3))
    fitted(search, epochs=2)
    recorder = Recorder()
    fitted(search, epochs=2, callbacks=[recorder])
    assert recorder.sizes == [(2, 4), (2, 3)]


def test_a_stage_that_is_not_fresh_goes_on_with_weights_and_momentum():
    search = make_search(
        Stage(1, connection=kd.connections.PartialConnection(4)),
        Stage(
            1,
            num_candidates=2,
            connection=kd.connections.PartialConnection(2),
            reinitialize=False,
        ),
    )
    fitted(search, epochs=2)
    assert int(search.optimizer.iterations) == 2
    assert int(search.arch_optimizer.iterations) == 2
    search = make_search(
        Stage(1), Stage(1, num_candidates=2, reinitialize=False)
    )
    fitted(search, epochs=2)
    assert int(search.optimizer.iterations) == 2


def test_what_is_inherited_is_by_name_and_copies_channels():
    narrow, wide = (
        kd.DartsSearch(
            space,
            kd.SearchStrategy(connection=kd.connections.PartialConnection(k)),
            num_classes=2,
            input_shape=(8, 8, 1),
            seed=k,
        ).supernet
        for space, k in (
            (WITH_WEIGHTS, 4),
            (WITH_WEIGHTS.without(["none"]), 2),
        )
    )
    ways = [{id(v): v for v in net.variables} for net in (narrow, wide)]
    Inheritance(narrow, wide, seed=0).transfer_weights(*ways)
    old, new = (net.arch.alphas["normal"].numpy() for net in (narrow, wide))
    assert np.array_equal(old[:, 1:], new)
    for cell, heir in zip(narrow.cells, wide.cells, strict=True):
        before, after = (
            [
                v.numpy()
                for v in c.stacks[0].trainable_variables
                if "pointwise" in v.path or "kernel" in v.path
            ]
            for c in (cell, heir)
        )
        assert len(before) == len(after) > 0
        for small, large in zip(before, after, strict=True):
            cut = tuple(slice(side) for side in small.shape)
            assert np.array_equal(small, large[cut])
            # What is new is made of what was there.
            assert set(large.ravel()) == set(small.ravel())
    assert np.array_equal(
        narrow.classifier.kernel.numpy(), wide.classifier.kernel.numpy()
    )


def test_a_run_in_stages_is_resumed_to_the_same_alphas(whole, tmp_path):
    class Cut(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if (self.model.stage, epoch) == self.when:
                raise KeyboardInterrupt

    for name, when in (("early", (1, 0)), ("late", (2, 1))):
        cut = Cut()
        cut.when = when
        with pytest.raises(KeyboardInterrupt):
            fitted(
                make_search(*STAGES),
                epochs=4,
                output_dir=tmp_path / name,
                callbacks=[cut],
            )
        search = make_search(*STAGES)
        fitted(search, epochs=4, resume_from=tmp_path / name)
        for a, b in zip(alphas(whole[0]), alphas(search), strict=True):
            assert np.array_equal(a, b)


def test_a_run_leaves_each_stage_in_a_folder(whole):
    search, _, _, run = whole
    for folder, cells in (("stages/0", 2), ("stages/1", 3), (".", 2)):
        config = json.loads((run / folder / "config.json").read_text())
        assert config["search"]["search_space"]["num_cells"] == cells
        assert (run / folder / "genotype.json").exists()
    with (run / "history.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 2
    with np.load(run / "alphas.npz") as arrays:
        assert arrays["alphas_normal"].shape == (2, 2, 2)
    again = make_search(*STAGES)
    history = fitted(again, epochs=4, output_dir=run)
    # Nothing is trained: the epochs of all stages are read.
    assert history.epoch == [0, 0, 0, 1]
    assert again.stage == search.stage == 2
    for a, b in zip(search.variables, again.variables, strict=True):
        assert np.array_equal(a.numpy(), b.numpy())


def test_a_run_in_stages_is_not_made_longer(whole):
    with pytest.raises(ValueError, match="stage_epochs"):
        fitted(make_search(*STAGES), epochs=8, resume_from=whole[-1])


def test_a_search_in_a_later_stage_comes_back_from_its_config(whole):
    search = whole[0]
    config = json.loads(json.dumps(search.get_config()))
    again = kd.DartsSearch.from_config(config)
    assert again.get_config() == search.get_config()
    assert again.stage == 2 and again.whole_space == SPACE
    again.set_weights(search.get_weights())
    assert again.genotype() == search.genotype()


@pytest.mark.parametrize("name", ("p_darts", "dr_nas_progressive"))
def test_a_variant_goes_through_its_stages(name):
    strategy = strategies.get(name)
    # The published warm-up is longer than this run.
    stages = [dataclasses.replace(s, callbacks=()) for s in strategy.stages]
    strategy = dataclasses.replace(strategy, stages=stages, callbacks=())
    search = kd.DartsSearch(
        SPACE, strategy, num_classes=2, input_shape=(8, 8, 1), filters=12
    )
    search.compile(run_eagerly=True)
    recorder = Recorder()
    fitted(search, epochs=len(stages), callbacks=[recorder])
    assert len(recorder.sizes) == len(stages)
    assert recorder.sizes[-1][1] <= stages[-1].num_candidates


def test_each_stage_has_a_graph_of_its_own():
    search = make_search(Stage(1), Stage(1, num_candidates=2))
    search.compile(run_eagerly=False)
    recorder = Recorder()
    history = fitted(search, epochs=2, callbacks=[recorder])
    assert np.isfinite(history.history["loss"]).all()
    assert recorder.sizes == [(2, 4), (2, 2)]
    assert int(search.arch_optimizer.iterations) == 1
