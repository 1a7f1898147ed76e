"""Streams and segments: every token once, and exact from any epoch on."""

import numpy as np
import pytest
import tensorflow as tf

from keras_darts.datasets import bilevel_bptt_batches
from keras_darts.datasets import bptt_batches
from keras_darts.datasets import bptt_batches_per_epoch
from keras_darts.datasets import eval_bptt_batches
from keras_darts.datasets import segment_lengths
from keras_darts.datasets import token_streams

LENGTH_DISTRIBUTIONS = ("fixed", "halved", "normal")


def collected(dataset):
    return [tf.nest.flatten(batch) for batch in dataset.as_numpy_iterator()]


def assert_equal(left, right):
    assert len(left) == len(right)
    for one, other in zip(left, right, strict=True):
        assert all(map(np.array_equal, one, other))


@pytest.fixture
def streams():
    return token_streams(np.arange(1203), 3)


def test_rows_hold_the_text_and_its_next_tokens(streams):
    assert streams.inputs.shape == (3, 400) and streams.num_tokens == 1200
    assert streams.inputs[1].tolist() == list(range(401, 801))
    assert np.array_equal(streams.targets, streams.inputs + 1)
    assert streams.inputs.dtype == streams.targets.dtype == "int32"
    left_over = token_streams(np.arange(1205), 3)
    assert np.array_equal(left_over.inputs, streams.inputs)


def test_batches_of_segments_are_joined(streams):
    batches = eval_bptt_batches(streams, 35)
    for source in (batches, (streams.inputs, streams.targets)):
        again = token_streams(source)
        assert np.array_equal(again.inputs, streams.inputs)
        assert np.array_equal(again.targets, streams.targets)
    endless = token_streams(batches.repeat(), 3, steps=2)
    assert np.array_equal(endless.inputs, streams.inputs[:, :70])


@pytest.mark.parametrize(
    "source, options, message",
    [
        (np.arange(9), {}, "`batch_size`"),
        (np.arange(9), {"batch_size": 5}, "two tokens.*9 tokens"),
        (np.ones(9), {"batch_size": 2}, "integers.*float64"),
        (np.arange(10), {"batch_size": 2, "vocabulary_size": 8}, "0 to 8"),
        (np.arange(-1, 9), {"batch_size": 2}, "from -1"),
        ((np.ones((2, 3), int), np.ones((2, 4), int)), {}, "one shape"),
        ((np.ones((2, 0), int), np.ones((2, 0), int)), {}, "one shape"),
        ((np.ones((2, 3), int),) * 2, {"batch_size": 3}, "2 rows"),
    ],
)
def test_ids_that_make_no_streams_are_refused(source, options, message):
    with pytest.raises(ValueError, match=message):
        token_streams(source, **options)


@pytest.mark.parametrize("source", [np.zeros((2, 3), int), "text", 5])
def test_what_is_no_text_is_refused(source):
    with pytest.raises(TypeError, match="`source`"):
        token_streams(source, 2)


def test_data_sets_that_are_no_segments_are_refused():
    ids = np.arange(20, dtype="int32").reshape(5, 4)
    slices = tf.data.Dataset.from_tensor_slices
    for dataset, message in (
        (slices(ids).batch(2), "must give pairs"),
        (slices((ids, ids)), "must give pairs"),
        (slices((ids, ids + 0.5)).batch(2), "must give pairs"),
        (slices((ids, ids)).batch(2), "same number of rows"),
        (slices((ids, ids)).batch(5).repeat(), "`steps`"),
        (slices((ids, ids)).batch(5).take(0), "must not be empty"),
    ):
        with pytest.raises(ValueError, match=message):
            token_streams(dataset)


@pytest.mark.parametrize("length_distribution", LENGTH_DISTRIBUTIONS)
@pytest.mark.parametrize("length", [1, 2, 7, 35])
def test_the_lengths_of_any_text_add_up_to_it_in_every_epoch(
    length_distribution, length
):
    options = {
        "segment_length": length,
        "length_distribution": length_distribution,
    }
    for total in (1, 2, 5, 34, 35, 36, 37, 50, 53, 71, 400, 2001):
        passes = [
            segment_lengths(total, seed=3, epoch=epoch, **options)
            for epoch in range(4)
        ]
        assert len({len(lengths) for lengths in passes}) == 1
        for lengths in passes:
            assert lengths.sum() == total and lengths.min() >= 1
            longest = length + 20 if length_distribution == "normal" else length
            assert lengths.max() <= longest
            if length_distribution == "normal" and total >= length:
                assert lengths.min() >= min(5, length)
            if length_distribution == "halved" and total >= length:
                assert lengths.min() >= length // 2
        if length_distribution != "fixed" and total > 300 and length > 2:
            assert len({lengths.tobytes() for lengths in passes}) > 1


def test_most_halved_lengths_are_whole_or_half():
    lengths = np.concatenate(
        [segment_lengths(14_523, seed=0, epoch=epoch) for epoch in range(20)]
    )
    assert np.mean(lengths == 35) > 0.7
    assert 0.02 < np.mean(lengths < 25) < 0.08


def test_normal_lengths_have_the_moments_of_the_recipe():
    lengths = np.concatenate(
        [
            segment_lengths(14_523, length_distribution="normal", epoch=e)
            for e in range(20)
        ]
    )
    rng = np.random.default_rng(1)
    base = np.where(rng.random(100_000) < 0.95, 35, 17.5)
    drawn = np.minimum(np.maximum(5, rng.normal(base, 5).astype(int)), 55)
    assert abs(lengths.mean() - drawn.mean()) < 0.2
    assert abs(lengths.std() - drawn.std()) < 0.3
    assert 0.03 < np.mean(lengths < 24) < 0.08


def test_lengths_hang_on_seed_and_epoch_alone():
    state = np.random.get_state()[1].copy()
    first = segment_lengths(5000, length_distribution="normal", seed=1, epoch=2)
    np.random.default_rng(0)
    again = segment_lengths(5000, length_distribution="normal", seed=1, epoch=2)
    assert np.array_equal(first, again)
    assert np.array_equal(np.random.get_state()[1], state)
    for other in ({"seed": 2, "epoch": 2}, {"seed": 1, "epoch": 1}):
        lengths = segment_lengths(5000, length_distribution="normal", **other)
        assert not np.array_equal(first, lengths)


@pytest.mark.parametrize("length_distribution", LENGTH_DISTRIBUTIONS)
def test_a_pass_is_the_text_from_its_begin_to_its_end(
    streams, length_distribution
):
    batches = bptt_batches(
        streams, epochs=2, seed=0, length_distribution=length_distribution
    )
    steps = bptt_batches_per_epoch(
        streams, length_distribution=length_distribution
    )
    assert int(batches.cardinality()) == 2 * steps
    assert batches.element_spec[0].shape.as_list() == [3, None]
    rows = collected(batches)
    for one_pass in (rows[:steps], rows[steps:]):
        x, y = (
            np.concatenate(parts, 1) for parts in zip(*one_pass, strict=True)
        )
        assert np.array_equal(x, streams.inputs)
        assert np.array_equal(y, streams.targets)


@pytest.mark.parametrize("length_distribution", LENGTH_DISTRIBUTIONS)
def test_segments_start_at_any_epoch(streams, length_distribution):
    options = {
        "epochs": 3,
        "seed": 5,
        "length_distribution": length_distribution,
    }
    whole = collected(bptt_batches(streams, **options))
    steps = bptt_batches_per_epoch(
        streams, length_distribution=length_distribution
    )
    for start in range(4):
        late = bptt_batches(streams, start_epoch=start, **options)
        assert int(late.cardinality()) == (3 - start) * steps
        assert_equal(whole[start * steps :], collected(late))


def test_search_segments_follow_each_other_and_begin_again(streams):
    search = token_streams(np.arange(240), 3)
    rows = collected(bilevel_bptt_batches(streams, search, epochs=2, seed=0))
    steps = bptt_batches_per_epoch(streams)
    assert len(rows) == 2 * steps
    for step, (_, _, x, y) in enumerate(rows):
        start = step % steps % 2 * 35
        assert np.array_equal(x, search.inputs[:, start : start + 35])
        assert np.array_equal(y, x + 1)
    plain = collected(bptt_batches(streams, epochs=2, seed=0))
    assert_equal([row[:2] for row in rows], plain)


def test_a_short_search_text_is_used_as_a_whole(streams):
    search = token_streams(np.arange(33), 3)
    for row in collected(
        bilevel_bptt_batches(streams, search, epochs=1, seed=0)
    ):
        assert np.array_equal(row[2], search.inputs)


@pytest.mark.parametrize("steps", [4, 30])
def test_pairs_start_at_any_epoch(streams, steps):
    options = {"epochs": 3, "seed": 1, "steps_per_epoch": steps}
    whole = bilevel_bptt_batches(streams, streams, **options)
    late = bilevel_bptt_batches(streams, streams, start_epoch=2, **options)
    assert int(whole.cardinality()) == 3 * steps
    assert_equal(collected(whole)[2 * steps :], collected(late))


def test_evaluation_reads_every_token_once(streams):
    batches = eval_bptt_batches(streams, 150)
    assert int(batches.cardinality()) == 3
    assert [x.shape for x, _ in collected(batches)] == [
        (3, 150),
        (3, 150),
        (3, 100),
    ]


def test_segments_that_cannot_be_are_refused(streams):
    with pytest.raises(
        ValueError, match="`length_distribution` must be one of fixed, halved"
    ):
        bptt_batches(streams, epochs=1, seed=0, length_distribution="half")
    with pytest.raises(ValueError, match="`segment_length`"):
        eval_bptt_batches(streams, 0)
