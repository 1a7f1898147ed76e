"""Pieces that can't do together what each of them is for."""

from keras_darts.architects import FirstOrder
from keras_darts.architects import Frozen
from keras_darts.architects import Reinforce
from keras_darts.architects import SingleLevel
from keras_darts.architects import Unrolled
from keras_darts.callbacks import ArchitectureEarlyStopping
from keras_darts.callbacks import StopOnEigenvalue
from keras_darts.connections import AuxiliarySkip
from keras_darts.connections import DropPath
from keras_darts.discretizers import BestOfSamples
from keras_darts.discretizers import Perturbation
from keras_darts.discretizers import Threshold
from keras_darts.regularizers import DirichletDivergence
from keras_darts.regularizers import ZeroOne
from keras_darts.relaxations import BinaryGates
from keras_darts.relaxations import Dirichlet
from keras_darts.relaxations import Policy
from keras_darts.relaxations import Sigmoid
from keras_darts.relaxations import UniformDraws

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
    (
        Reinforce,
        Policy,
        "it draws whole architectures and asks how likely they were",
    ),
    (
        BestOfSamples,
        Policy,
        "it draws the architectures of which it keeps the best",
    ),
)
_BY_GRADIENT = (FirstOrder, SingleLevel, Unrolled)

# Connections that can stand around others but not around themselves.
_ONCE = (
    (AuxiliarySkip, "one way round an edge is enough"),
    (DropPath, "its rate alone says how much is dropped"),
)


def check_combination(strategy):
    """Raises a `ValueError` for pieces of a strategy that contradict."""
    pieces = (strategy.architect, strategy.discretizer)
    for piece in (*strategy.regularizers, *pieces):
        for kind, needed, reason in _RELAXATIONS:
            if isinstance(piece, kind):
                _check_relaxation(strategy.relaxation, piece, needed, reason)
    if isinstance(strategy.relaxation, BinaryGates):
        _refuse_unrolled(strategy.architect)
    if isinstance(strategy.relaxation, Policy):
        _check_policy(strategy)
    if isinstance(strategy.architect, Frozen) and strategy.regularizers:
        raise ValueError(
            "`regularizers` must be left out for Frozen: nothing moves by "
            f"them. Received: regularizers={list(strategy.regularizers)}"
        )
    for kind, reason in _ONCE:
        _refuse_twice(strategy.connection, kind, reason)
    if strategy.stages:
        _check_stages(strategy)
    if isinstance(strategy.discretizer, Perturbation):
        _refuse_what_prevents_decisions(strategy)


def _check_relaxation(relaxation, piece, needed, reason):
    if not isinstance(relaxation, needed):
        raise ValueError(
            f"`relaxation` must be {needed.__name__} for "
            f"{type(piece).__name__}: {reason}. Received: "
            f"relaxation={type(relaxation).__name__}"
        )


def _check_policy(strategy):
    name = type(strategy.relaxation).__name__
    architect = type(strategy.architect).__name__
    if isinstance(strategy.architect, _BY_GRADIENT):
        raise ValueError(
            f"`architect` must be 'reinforce' or 'frozen' for {name}: no "
            "gradient of the loss goes through its draws. Received: "
            f"architect={architect}"
        )
    if isinstance(strategy.relaxation, UniformDraws) and isinstance(
        strategy.architect, Reinforce
    ):
        raise ValueError(
            f"`architect` must be 'frozen' for {name}, whose draws nothing "
            f"makes more likely. Received: architect={architect}"
        )
    if strategy.edge_normalization:
        raise ValueError(
            f"`edge_normalization` must be False for {name}, which keeps an "
            "edge or doesn't. Received: edge_normalization=True"
        )
    if any(isinstance(c, StopOnEigenvalue) for c in strategy.callbacks):
        raise ValueError(
            f"`callbacks` must go without StopOnEigenvalue for {name}: the "
            "loss of what was drawn doesn't bend in the alphas. Received: "
            f"callbacks={list(strategy.callbacks)}"
        )


def _check_stages(strategy):
    if isinstance(strategy.discretizer, Perturbation):
        raise ValueError(
            "`stages` must be left out for Perturbation, which decides on the "
            "candidates in its own way. Received: "
            f"{len(strategy.stages)} stages"
        )
    going_on = not all(stage.fresh for stage in strategy.stages[1:])
    if going_on and isinstance(strategy.relaxation, Policy):
        name = type(strategy.relaxation).__name__
        raise ValueError(
            f"`stages` must be fresh for {name}, whose own weights are of no "
            "use for other candidates. Received: fresh=False"
        )


def _refuse_unrolled(architect):
    if isinstance(architect, Unrolled):
        raise ValueError(
            "`architect` must look at one loss for BinaryGates, such as "
            "'first_order': a step of the weights runs one path, so that the "
            "coming one says nothing of the two that are compared. Received: "
            "architect=Unrolled"
        )


def _refuse_twice(connection, kind, reason):
    """Connections stand within one another: each kind once."""
    found = []
    while connection is not None:
        found.append(type(connection))
        connection = getattr(connection, "base", None)
    if found.count(kind) > 1:
        raise ValueError(
            f"`base` must be another connection than {kind.__name__}: "
            f"{reason}. Received: base={kind.__name__}"
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
        if isinstance(callback, ArchitectureEarlyStopping):
            raise ValueError(
                "`callbacks` must not end a search with Perturbation, which "
                "decides in its last epochs. Received: "
                f"callbacks=[{type(callback).__name__}]"
            )
