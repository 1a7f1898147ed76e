"""The steps of the original code, quark0/darts, for `step_time.py`.

The code runs as it is in a checkout. It was written for a GPU and for
PyTorch 0.3; what it misses of them is supplied from here.
"""

import argparse
import importlib
import pathlib
import sys
import warnings

import numpy as np
import torch

NUM_CLASSES = 10
LEARNING_RATE = 0.025
CLIP_NORM = 5.0
SETTINGS = argparse.Namespace(
    momentum=0.9,
    weight_decay=3e-4,
    arch_learning_rate=3e-4,
    arch_weight_decay=1e-3,
)


def build(settings):
    """A function that does one step, and one that knows nothing of it."""
    prepare(settings, "cnn")
    criterion = torch.nn.CrossEntropyLoss()
    model = (
        importlib.import_module("model_search")
        .Network(
            settings["filters"], NUM_CLASSES, settings["num_cells"], criterion
        )
        .to(memory_format=layout(settings))
    )
    optimizer = sgd(model)
    architect = importlib.import_module("architect").Architect(model, SETTINGS)
    draw = np.random.default_rng(0)
    train, search = (batch(draw, settings) for _ in range(2))

    def step():
        if settings["step_type"] != "weight":
            architect.step(
                *train,
                *search,
                LEARNING_RATE,
                optimizer,
                unrolled=settings["step_type"] == "second_order",
            )
        return descend(optimizer, lambda: model._loss(*train), CLIP_NORM)

    return step, dict


def prepare(settings, folder):
    """PyTorch as the original needs it, whose modules can be imported now."""
    torch.set_num_threads(settings["cores"])
    torch.manual_seed(0)
    supply_what_is_missing()
    supply_views_of_any_layout()
    sys.path.insert(0, str(pathlib.Path(settings["original"], folder)))


def layout(settings):
    if settings["code"].endswith("channels_last"):
        return torch.channels_last
    return torch.contiguous_format


def sgd(model):
    return torch.optim.SGD(
        model.parameters(),
        LEARNING_RATE,
        momentum=SETTINGS.momentum,
        weight_decay=SETTINGS.weight_decay,
    )


def descend(optimizer, loss_of, clip_norm):
    """What the loss was before a step with clipped gradients."""
    optimizer.zero_grad()
    loss = loss_of()
    loss.backward()
    (group,) = optimizer.param_groups
    torch.nn.utils.clip_grad_norm_(group["params"], clip_norm)
    optimizer.step()
    return loss.item()


def supply_what_is_missing():
    """There is no GPU to go to, and some forms of calls are deprecated."""
    warnings.filterwarnings("ignore", "This overload of", UserWarning)
    torch.Tensor.cuda = torch.nn.Module.cuda = lambda self: self


def supply_views_of_any_layout():
    """Channels may stand last.

    Then `view` would fail on gradients and momenta of that layout, which the
    original would take for a first step without momentum.
    """
    view = torch.Tensor.view

    def view_of_any_layout(self, *shape):
        if self.is_contiguous():
            return view(self, *shape)
        return self.reshape(*shape)

    torch.Tensor.view = view_of_any_layout


def batch(draw, settings):
    size, side = settings["batch_size"], settings["image_size"]
    images = torch.from_numpy(
        draw.normal(size=(size, 3, side, side)).astype("float32")
    ).contiguous(memory_format=layout(settings))
    return images, torch.from_numpy(draw.integers(0, NUM_CLASSES, size))
