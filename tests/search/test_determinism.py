"""What a run that is equal to the last bit asks for."""

import pytest
import tensorflow as tf
from small_searches import TINY
from small_searches import fitted

import keras_darts as kd


@pytest.fixture
def calls(monkeypatch):
    """How often TensorFlow was asked to be deterministic; it never is."""
    calls = []
    monkeypatch.setattr(
        tf.config.experimental,
        "enable_op_determinism",
        lambda: calls.append(1),
    )
    return calls


def test_it_is_asked_for_only_where_it_is_chosen(calls):
    kd.DartsSearch(TINY)
    assert not calls
    search = kd.DartsSearch(TINY, "darts_second_order", deterministic=True)
    assert calls
    again = kd.DartsSearch.from_config(search.get_config())
    assert again.deterministic and len(calls) == 2


@pytest.mark.parametrize(
    ("strategy", "piece"),
    [
        (
            kd.SearchStrategy(
                architect=kd.architects.Unrolled(hessian="exact")
            ),
            "`architect`.*Unrolled",
        ),
        ("robust_darts_es", "`callbacks`.*StopOnEigenvalue"),
    ],
    ids=["exact", "eigenvalue"],
)
def test_second_derivatives_are_refused(calls, strategy, piece):
    with pytest.raises(ValueError, match=piece):
        kd.DartsSearch(TINY, strategy, deterministic=True)
    assert not calls


def test_second_derivatives_of_a_callback_are_refused_in_fit(calls):
    search = kd.DartsSearch(TINY, deterministic=True)
    with pytest.raises(ValueError, match="`callbacks`.*StopOnEigenvalue"):
        fitted(search, epochs=1, callbacks=[kd.callbacks.StopOnEigenvalue()])
    assert not hasattr(search, "optimizer")
