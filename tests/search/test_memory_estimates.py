"""What a search is estimated to need, and the warning if there is less."""

import collections
import multiprocessing
import pathlib
import re
import sys
import warnings

import psutil
import pytest
from small_searches import fitted
from small_searches import make_search

import keras_darts as kd
from keras_darts.search import memory
from keras_darts.search.memory import Settings
from keras_darts.search.memory import memory_limit
from keras_darts.search.memory import predicted_peak

SETTINGS = Settings((32, 32, 3), 16, 1_900_000)
SPACE = kd.search_spaces.darts_cnn(16, 8)
DEEP = kd.search_spaces.darts_cnn(2, 6, 1, ("skip_connect", "max_pool_3x3"))
# Bytes by `benchmarks/step_time.py`: filters, cells, batch, partial channels.
MEASURED = [
    ((4, 3, 16, 1), 1.32e9),
    ((8, 5, 32, 1), 2.08e9),
    ((16, 8, 16, 1), 2.81e9),
    ((16, 8, 64, 1), 6.67e9),
    ((8, 5, 16, 4), 1.60e9),
]


def peak(space=SPACE, **changes):
    return predicted_peak(space, SETTINGS._replace(**changes))


def test_each_image_of_a_batch_needs_as_much_as_the_others():
    peaks = [peak(batch_size=size) for size in (8, 16, 24)]
    first, second = (b - a for a, b in zip(peaks, peaks[1:], strict=False))
    assert first > 0
    assert first == pytest.approx(second, abs=2)


@pytest.mark.parametrize(
    "smaller, larger",
    [((8, 8), (16, 8)), ((16, 5), (16, 8)), ((16, 8, 2), (16, 8, 4))],
)
def test_a_larger_supernet_needs_more(smaller, larger):
    first, second = (
        peak(kd.search_spaces.darts_cnn(*sizes)) for sizes in (smaller, larger)
    )
    assert first < second


@pytest.mark.parametrize(
    "change",
    [
        {"channel_fraction": 0.25},
        {"num_sampled": 1},
        {"rematerialize": True},
        {"bytes_per_number": 2},
        {"input_shape": (16, 16, 3)},
    ],
)
def test_what_saves_memory_is_estimated_to(change):
    # The candidates in the graph take the same, however large the batch.
    assert peak(batch_size=128, **change) < 0.75 * peak(batch_size=128)


@pytest.mark.parametrize("sizes, measured", MEASURED)
def test_the_estimated_peak_is_near_what_was_measured(sizes, measured):
    filters, num_cells, batch_size, partial = sizes
    space = peak(
        kd.search_spaces.darts_cnn(filters, num_cells),
        batch_size=batch_size,
        channel_fraction=1 / partial,
    )
    assert space == pytest.approx(measured, rel=0.25)


def test_the_peak_of_recomputed_cells_is_near_what_was_measured():
    # By `benchmarks/rematerialize.py`.
    space = kd.search_spaces.darts_cnn(8, 5, 2)
    settings = {"batch_size": 128, "num_weights": 100_000}
    assert peak(space, **settings) == pytest.approx(2.61e9, rel=0.25)
    assert peak(space, rematerialize=True, **settings) == pytest.approx(
        1.87e9, rel=0.25
    )


@pytest.mark.parametrize("name", ["nas_bench_201", "text_cnn", "rdarts_s1"])
def test_all_spaces_with_cells_are_estimated(name):
    space = kd.search_spaces.get(name)
    shape = (64,) if space.task == "text_classification" else (32, 32, 3)
    small, large = (
        peak(space, input_shape=shape, batch_size=size) for size in (8, 64)
    )
    assert 0.5e9 < small < large


@pytest.mark.skipif(
    sys.platform != "linux", reason="the peak is read as Linux tells it"
)
def test_a_step_takes_what_is_estimated_within_a_quarter():
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1) as pool:
        measured, estimated = pool.apply(_measured_and_estimated)
    assert estimated == pytest.approx(measured, rel=0.25)


def _measured_and_estimated():
    import numpy as np

    kd.configure_cpu()
    space = kd.search_spaces.darts_cnn(4, 2, num_nodes=2)
    search = kd.DartsSearch(space, num_classes=2, input_shape=(32, 32, 3))
    images = np.zeros((256, 32, 32, 3), "float32")
    search.fit(
        images,
        np.arange(256) % 2,
        batch_size=128,
        epochs=1,
        steps_per_epoch=1,
        augmentation=None,
        verbose=0,
    )
    # What `resource` says would be that of the parent, if that was larger.
    status = pathlib.Path("/proc/self/status").read_text()
    measured = 1024 * int(re.search(r"VmHWM:\s+(\d+)", status)[1])
    return measured, memory.estimate_peak_memory(search, 128)


class Quartered(kd.connections.Connection):
    channel_fraction = 0.25

    def make_edge(self, *settings):
        return kd.connections.PartialConnection(4).make_edge(*settings)


class OneOf(kd.relaxations.GumbelSoftmax):
    """One that samples without being told `hard`."""

    def __init__(self, **kwargs):
        super().__init__(hard=True, **kwargs)

    def get_config(self):
        return {}


class Twice(kd.architects.FirstOrder):
    second_derivatives = True


def estimate(**pieces):
    search = kd.DartsSearch(
        kd.search_spaces.darts_cnn(4, 2, num_nodes=1),
        kd.SearchStrategy(**pieces),
        num_classes=2,
        input_shape=(32, 32, 3),
    )
    return memory.estimate_peak_memory(search, 256)


@pytest.mark.parametrize(
    ("own", "ours"),
    [
        (
            {"connection": Quartered()},
            {"connection": kd.connections.PartialConnection(4)},
        ),
        (
            {"relaxation": OneOf()},
            {"relaxation": kd.relaxations.GumbelSoftmax(hard=True)},
        ),
        (
            {"architect": Twice()},
            {"architect": kd.architects.Unrolled("exact")},
        ),
    ],
)
def test_pieces_of_users_are_estimated_as_ours_are(own, ours):
    assert estimate(**own) == estimate(**ours) != estimate()


def test_what_stands_around_a_connection_sees_as_much_of_the_channels():
    inside = kd.connections.AuxiliarySkip(Quartered())
    around = kd.connections.DropPath(inside)
    assert around.channel_fraction == 0.25
    assert kd.connections.DropPath().channel_fraction == 1.0


def test_a_search_without_enough_memory_says_what_needs_less(monkeypatch):
    monkeypatch.setattr(memory, "memory_limit", lambda: 10**8)
    with pytest.warns(RuntimeWarning, match="may have 0.1 GB") as caught:
        fitted(make_search(space=DEEP), epochs=1)
    (message,) = [
        str(w.message) for w in caught if "estimated" in str(w.message)
    ]
    assert "batch_size=4, and" in message
    assert "with batch_size=2" in message
    assert "with rematerialize=True" in message


def test_a_search_with_enough_memory_says_nothing(monkeypatch):
    monkeypatch.setattr(memory, "memory_limit", lambda: 10**11)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        memory.check_memory(make_search(), 16)


def test_a_recurrent_search_is_not_estimated():
    search = kd.DartsSearch(
        kd.search_spaces.darts_rnn(2, hidden_size=4), vocabulary_size=20
    )
    assert memory.estimate_peak_memory(search, 16) is None
    memory.check_memory(search, 16)


def test_proposals_change_the_least_first_and_leave_out_what_is_chosen():
    search = kd.DartsSearch(
        kd.search_spaces.darts_cnn(4, 2, num_nodes=1),
        "pc_darts",
        num_classes=2,
        input_shape=(8, 8, 3),
        rematerialize=True,
    )
    proposals = memory.proposals(search, 64)
    assert [p.change for p in proposals] == [
        "gradient_accumulation_steps=2",
        "gradient_accumulation_steps=4",
        'dtype="mixed_bfloat16"',
        "batch_size=32",
        "batch_size=16",
    ]
    assert (
        proposals[0].peak
        == proposals[3].peak
        > proposals[1].peak
        == proposals[4].peak
    )
    # As `fit` refuses parts of different sizes.
    search.gradient_accumulation_steps = 3
    proposals = memory.proposals(search, 6)
    assert [p.change for p in proposals] == [
        "gradient_accumulation_steps=6",
        'dtype="mixed_bfloat16"',
        "batch_size=3",
    ]


def test_a_whole_search_is_offered_all_that_saves_memory():
    search = kd.DartsSearch(DEEP, num_classes=2, input_shape=(32, 32, 3))
    search.build_supernet()
    proposals = memory.proposals(search, 2)
    assert [p.change for p in proposals] == [
        "rematerialize=True",
        "gradient_accumulation_steps=2",
        'dtype="mixed_bfloat16"',
        "batch_size=1",
    ]


def test_parts_of_a_batch_and_half_precision_are_heeded():
    space = kd.search_spaces.darts_cnn(16, 3, num_nodes=1)
    search = kd.DartsSearch(space, num_classes=2, input_shape=(8, 8, 3))
    whole = memory.estimate_peak_memory(search, 64)
    search.gradient_accumulation_steps = 4
    assert memory.estimate_peak_memory(search, 64) < whole
    assert memory.estimate_peak_memory(search, 256) == whole
    half = kd.DartsSearch(
        space, num_classes=2, input_shape=(8, 8, 3), dtype="mixed_bfloat16"
    )
    assert memory.estimate_peak_memory(half, 64) < whole


def test_the_limit_is_that_of_the_group_where_it_is_lower(
    tmp_path, monkeypatch
):
    files = {"memory.max": "3000000\n", "memory.current": "1000000\n"}
    group = tmp_path / "sys/fs/cgroup"
    group.mkdir(parents=True)
    for name, text in files.items():
        (group / name).write_text(text)
    memory_of = collections.namedtuple("memory_of", "available")
    process = collections.namedtuple("process", "rss")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory_of(4_096_000))
    monkeypatch.setattr(psutil.Process, "memory_info", lambda _: process(5))
    assert memory_limit(tmp_path) == 2_000_005
    (group / "memory.max").write_text("max\n")
    assert memory_limit(tmp_path) == 4_096_005
