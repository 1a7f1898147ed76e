"""The original's derived networks, for `derived_step_time.py`.

The code runs as it is in a checkout, with what `original_step.py` and
`original_recurrent_step.py` supply and what is supplied here. The loops of its
training can't be imported, since they are no functions.
"""

import contextlib
import importlib
import io
import sys
import types

import numpy as np
import torch
from original_recurrent_step import batch as text_batch
from original_recurrent_step import error
from original_recurrent_step import supply_an_embedding
from original_recurrent_step import weight_step
from original_step import CLIP_NORM
from original_step import NUM_CLASSES
from original_step import batch
from original_step import descend
from original_step import layout
from original_step import prepare
from original_step import sgd

# Those of its `cnn/train.py`, half-way through the training.
AUXILIARY_WEIGHT = 0.4
DROP_PATH = 0.1
# Those of its `rnn/train.py`, in the order of the model's arguments.
RATES = (0.75, 0.25, 0.75, 0.2, 0.1)
LEARNING_RATE = 20.0
WEIGHT_DECAY = 8e-7


def build(settings):
    """A function that does one step, and one that knows nothing of it."""
    return {"image": image, "language": language}[settings["network"]](settings)


def image(settings):
    prepare(settings, "cnn")
    supply_drop_path()
    genotype = importlib.import_module("genotypes").DARTS_V2
    # It prints the sizes of its cells.
    with contextlib.redirect_stdout(io.StringIO()):
        network = importlib.import_module("model").NetworkCIFAR(
            settings["filters"],
            NUM_CLASSES,
            settings["num_cells"],
            True,
            genotype,
        )
    network = network.to(memory_format=layout(settings))
    network.drop_path_prob = DROP_PATH
    images, labels = batch(np.random.default_rng(0), settings)
    optimizer = sgd(network)
    criterion = torch.nn.CrossEntropyLoss()

    def loss_of():
        logits, auxiliary = network(images)
        loss = criterion(logits, labels)
        return loss + AUXILIARY_WEIGHT * criterion(auxiliary, labels)

    if settings["step_type"] == "training":
        return lambda: descend(optimizer, loss_of, CLIP_NORM), dict
    network.eval()
    return torch.no_grad()(lambda: network(images)[0].numpy()), dict


def supply_drop_path():
    """A mask that isn't on a GPU, and an import that isn't used here."""
    torch.cuda.FloatTensor = torch.FloatTensor
    module = types.ModuleType("torchvision")
    module.transforms = types.ModuleType("torchvision.transforms")
    for stub in (module, module.transforms):
        sys.modules.setdefault(stub.__name__, stub)


def language(settings):
    prepare(settings, "rnn")
    supply_an_embedding()
    units, words = settings["hidden_size"], settings["vocabulary_size"]
    module = importlib.import_module("model")
    model = module.RNNModel(
        words,
        units,
        units,
        units,
        *RATES,
        cell_cls=module.DARTSCell,
        genotype=importlib.import_module("genotypes").DARTS_V2,
    )
    optimizer = torch.optim.SGD(
        model.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY
    )
    data = ids, targets = text_batch(settings)
    state = model.init_hidden(settings["batch_size"])

    def train():
        nonlocal state
        loss, after = weight_step(model, optimizer, data, state)
        state = [hidden.detach() for hidden in after]
        return loss

    @torch.no_grad()
    def evaluate():
        nonlocal state
        log_probabilities, state = model(ids, state)
        return error(log_probabilities, targets).item()

    if settings["step_type"] == "training":
        return train, dict
    model.eval()
    return evaluate, dict
