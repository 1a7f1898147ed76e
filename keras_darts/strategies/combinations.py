"""Pieces that can't do together what each of them is for."""

from keras_darts.strategies.architects import Unrolled
from keras_darts.strategies.callbacks import Guard
from keras_darts.strategies.connections import AuxiliarySkip
from keras_darts.strategies.discretizers import Perturbation
from keras_darts.strategies.discretizers import Threshold
from keras_darts.strategies.regularizers import DirichletDivergence
from keras_darts.strategies.regularizers import ZeroOne
from keras_darts.strategies.relaxations import BinaryGates
from keras_darts.strategies.relaxations import Dirichlet
from keras_darts.strategies.relaxations import Sigmoid

# What a piece needs as relaxation, and why.
_RELAXATIONS = (
    (
        ZeroOne,
        Sigmoid,
        "it pushes gates to zero and one, each by itself, where weights that "
        "sum to one can't follow",
    ),
    (
        Threshold,
        Sigmoid,
        "weights that sum to one seldom reach a threshold that gates do",
    ),
    (
        DirichletDivergence,
        Dirichlet,
        "the logits are the concentrations of no distribution otherwise",
    ),
)


def check_combination(strategy):
    """Raises a `ValueError` for pieces of a strategy that contradict."""
    for piece in (*strategy.regularizers, strategy.discretizer):
        for kind, needed, reason in _RELAXATIONS:
            if isinstance(piece, kind):
                _check_relaxation(strategy.relaxation, piece, needed, reason)
    if isinstance(strategy.relaxation, BinaryGates):
        _refuse_unrolled(strategy.architect)
    if isinstance(strategy.connection, AuxiliarySkip):
        _refuse_two_ways_round(strategy.connection)
    if isinstance(strategy.discretizer, Perturbation):
        _refuse_what_prevents_decisions(strategy)


def _check_relaxation(relaxation, piece, needed, reason):
    if not isinstance(relaxation, needed):
        raise ValueError(
            f"`relaxation` must be {needed.__name__} for "
            f"{type(piece).__name__}: {reason}. Received: "
            f"relaxation={type(relaxation).__name__}"
        )


def _refuse_unrolled(architect):
    if isinstance(architect, Unrolled):
        raise ValueError(
            "`architect` must look at one loss for BinaryGates, such as "
            "'first_order': a step of the weights runs one path, so that the "
            "coming one says nothing of the two that are compared. Received: "
            "architect=Unrolled"
        )


def _refuse_two_ways_round(connection):
    if isinstance(connection.base, AuxiliarySkip):
        raise ValueError(
            "`base` must be another connection than AuxiliarySkip: one way "
            "round an edge is enough. Received: base=AuxiliarySkip"
        )


def _refuse_what_prevents_decisions(strategy):
    if getattr(strategy.relaxation, "draws", False):
        raise ValueError(
            "`relaxation` must weigh all candidates for Perturbation, as "
            "'softmax' does: one that runs those it draws by chance knows "
            "nothing of what is left out or decided. Received: "
            f"relaxation={type(strategy.relaxation).__name__}"
        )
    for callback in strategy.callbacks:
        if isinstance(callback, Guard):
            raise ValueError(
                "`callbacks` must not end a search with Perturbation, which "
                "decides in its last epochs. Received: "
                f"callbacks=[{type(callback).__name__}]"
            )
