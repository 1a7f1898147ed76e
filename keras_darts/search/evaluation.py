"""What is known of a search after its loss was computed."""

import typing


class Evaluation(typing.NamedTuple):
    """A loss and what came with it.

    Gradients that were not asked for are empty lists, and those of the weights
    are packed; `state` holds the new values of
    `search.supernet.non_trainable_variables`, and `mixing` the gradients of
    mixing weights that were given. `reward` is that of an architecture that
    was drawn.
    """

    loss: object
    weights: list
    arch: list
    outputs: object
    state: list
    mixing: dict = None
    reward: object = None


class Setting(typing.NamedTuple):
    """In what traces of an evaluation differ."""

    wrt: str
    penalized: bool = False
    searching: bool = False
    training: bool = True
    full_precision: bool = False
