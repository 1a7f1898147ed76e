"""Steps whose batch is computed in parts."""

import dataclasses

import keras
import numpy as np
import pytest
from small_searches import TINY
from small_searches import fitted
from small_searches import make_search

import keras_darts as kd
from keras_darts.testing.small import small_data
from keras_darts.testing.small import small_search

PLAIN = dataclasses.replace(
    kd.search_spaces.darts_cnn(
        4, 1, num_nodes=1, primitives=("skip_connect", "dil_conv_3x3")
    ),
    normalization=None,
)


def moved(steps, architect="first_order", eager=True):
    """Alphas, weights and what was logged after two steps."""
    search = small_search(PLAIN, kd.SearchStrategy(architect=architect))
    search.compile(
        optimizer=keras.optimizers.SGD(0.1, momentum=0.9),
        arch_optimizer=keras.optimizers.SGD(1.0),
        run_eagerly=eager,
    )
    before = flat(search)
    history = search.fit(
        *small_data(PLAIN),
        batch_size=4,
        epochs=1,
        steps_per_epoch=2,
        augmentation=None,
        gradient_accumulation_steps=steps,
        verbose=0,
    )
    return flat(search) - before, history.history


def flat(search):
    variables = [*search.arch_variables, *search.weight_variables]
    return np.concatenate([v.numpy().ravel() for v in variables])


@pytest.mark.parametrize(
    "architect", ["first_order", "unrolled", kd.architects.Unrolled("exact")]
)
def test_parts_move_a_search_as_the_whole_batch_does(architect):
    (whole, logs), (parts, same) = (moved(n, architect) for n in (1, 2))
    assert np.abs(whole).max() > 1e-3
    np.testing.assert_allclose(parts, whole, atol=1e-5)
    for name in ("loss", "arch_loss", "accuracy"):
        np.testing.assert_allclose(same[name], logs[name], rtol=1e-4)


def test_a_graph_runs_the_parts_in_one_trace():
    (eager, _), (traced, _) = (moved(4, eager=eager) for eager in (True, False))
    np.testing.assert_allclose(traced, eager, atol=1e-5)


def test_state_goes_from_part_to_part():
    counts = []
    for steps in (1, 2):
        search = make_search(space=TINY)
        fitted(search, epochs=1, gradient_accumulation_steps=steps)
        batch_statistics = [
            v for v in search.supernet.variables if "moving_mean" in v.path
        ]
        assert all(np.isfinite(v.numpy()).all() for v in batch_statistics)
        counts.append(batch_statistics[0].numpy())
    # Two steps towards a mean go further than one.
    first, second = (np.linalg.norm(count) for count in counts)
    assert second > 1.3 * first


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(
        ValueError, match="`gradient_accumulation_steps` must divide"
    ):
        fitted(make_search(space=TINY), epochs=1, gradient_accumulation_steps=3)
    loss = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="sum"
    )
    with pytest.raises(ValueError, match="`loss` must be a mean over"):
        fitted(
            make_search(space=TINY, loss=loss),
            epochs=1,
            gradient_accumulation_steps=2,
        )
    space = kd.search_spaces.darts_rnn(hidden_size=4, num_nodes=1)
    with pytest.raises(
        ValueError, match="`gradient_accumulation_steps` must be 1"
    ):
        small_search(space).fit(
            *small_data(space),
            batch_size=4,
            epochs=1,
            gradient_accumulation_steps=2,
        )
