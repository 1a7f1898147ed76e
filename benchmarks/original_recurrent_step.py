"""The steps of the original's recurrent search, for `step_time.py`.

The code runs as it is in a checkout. It was written for a GPU and for
PyTorch 0.3; what it misses of them is supplied from here. Its own loop of the
training can't be imported, since it is no function; `weight_step` stands for
it.
"""

import argparse
import importlib
import types

import torch
from original_step import descend
from original_step import prepare

LEARNING_RATE = 20.0
SLOWNESS = 1e-3
# In the order of the original's arguments: of the output, the hidden state,
# the cell's input, the embedded words and whole words.
RATES = (0.75, 0.25, 0.75, 0.2, 0.0)
SETTINGS = argparse.Namespace(
    wdecay=5e-7, clip=0.25, arch_lr=3e-3, arch_wdecay=1e-3
)


def build(settings):
    """A function that does one step, and one that knows nothing of it."""
    prepare(settings, "rnn")
    supply_an_embedding()
    units, words = settings["hidden_size"], settings["vocabulary_size"]
    model = importlib.import_module("model_search").RNNModelSearch(
        words, units, units, units, *RATES
    )
    optimizer = torch.optim.SGD(
        model.parameters(), LEARNING_RATE, weight_decay=SETTINGS.wdecay
    )
    architect = importlib.import_module("architect").Architect(model, SETTINGS)
    train, search = (batch(settings) for _ in range(2))
    rows = settings["batch_size"]
    state = {name: model.init_hidden(rows) for name in ("train", "search")}

    def step():
        if settings["step_type"] != "weight":
            after, _ = architect.step(
                state["train"],
                *train,
                state["search"],
                *search,
                optimizer,
                settings["step_type"] == "second_order",
            )
            state["search"] = [hidden.detach() for hidden in after]
        loss, after = weight_step(model, optimizer, train, state["train"])
        state["train"] = [hidden.detach() for hidden in after]
        return loss

    return step, dict


def supply_an_embedding():
    """Of what PyTorch 0.3 kept in a place that is gone."""

    def look_up(words, matrix, *settings):
        return torch.nn.functional.embedding(words, matrix)

    torch.nn.Embedding._backend = types.SimpleNamespace(
        Embedding=types.SimpleNamespace(apply=look_up)
    )


def weight_step(model, optimizer, data, state):
    """What the loss was, slowness included, and the hidden state after it."""
    ids, targets = data
    states = {}

    def loss_of():
        log_probabilities, states["state"], hidden, _ = model(
            ids, state, return_h=True
        )
        slowness = sum(h.diff(dim=0).square().mean() for h in hidden)
        return error(log_probabilities, targets) + SLOWNESS * slowness

    return descend(optimizer, loss_of, SETTINGS.clip), states["state"]


def error(log_probabilities, targets):
    flat = log_probabilities.flatten(0, 1)
    return torch.nn.functional.nll_loss(flat, targets)


def batch(settings):
    """Random words, (T, B), and those that follow, all in a row."""
    shape = (settings["segment_length"] + 1, settings["batch_size"])
    ids = torch.randint(settings["vocabulary_size"], shape)
    return ids[:-1], ids[1:].flatten()
