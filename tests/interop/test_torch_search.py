"""Supernets and architecture gradients against PyTorch's."""

import dataclasses

import numpy as np
import pytest

from keras_darts.architects import FirstOrder
from keras_darts.architects import Unrolled
from keras_darts.interop import load_torch_weights
from keras_darts.interop import to_torch_weights
from keras_darts.search import DartsSearch
from keras_darts.search_spaces import darts_cnn
from keras_darts.search_spaces.catalog import CNN_PRIMITIVES
from keras_darts.strategies import SearchStrategy
from keras_darts.training import CoupledAdam
from keras_darts.training import CoupledSGD

torch = pytest.importorskip("torch", reason="pip install keras_darts[torch]")
oracle = pytest.importorskip("darts_oracle")

CLASSES = 5
# One of each kind: without weights, with some, and with statistics.
FEW = ("none", "skip_connect", "max_pool_3x3", "sep_conv_3x3")


@dataclasses.dataclass(frozen=True)
class Size:
    """Of a small search, ours and PyTorch's alike."""

    names: tuple = CNN_PRIMITIVES
    nodes: int = 2
    filters: int = 4
    cells: int = 3
    side: int = 8
    channels: int = 3


def batches(size, count=2, dtype="float32"):
    generator = np.random.default_rng(1)
    shape = (6, size.side, size.side, size.channels)
    return [
        (
            generator.normal(size=shape).astype(dtype),
            generator.integers(CLASSES, size=6),
        )
        for _ in range(count)
    ]


def to_torch(batch):
    images, labels = batch
    images = images.transpose(0, 3, 1, 2).copy()
    return torch.from_numpy(images), torch.from_numpy(labels)


def make_network(size, dtype=torch.float32):
    network = oracle.MixedNetwork(
        size.names, size.nodes, size.filters, size.cells, CLASSES, size.channels
    )
    return oracle.shaken(network.to(dtype))


def make_search(size, network, architect=None, **choices):
    space = darts_cnn(size.filters, size.cells, size.nodes, size.names)
    search = DartsSearch(
        space,
        SearchStrategy(architect=architect or FirstOrder()),
        num_classes=CLASSES,
        input_shape=(size.side, size.side, size.channels),
    )
    search.compile(**{"run_eagerly": True, **choices})
    load_torch_weights(search, network.state_dict())
    return search


def assert_close(ours, theirs, tolerance):
    """All arrays at once, relative to the norm of what PyTorch gives."""
    ours = np.concatenate([np.ravel(a) for a in ours])
    theirs = np.concatenate([a.detach().numpy().ravel() for a in theirs])
    norm = np.linalg.norm(theirs)
    assert norm > 1e-3
    assert np.linalg.norm(ours - theirs) <= tolerance * norm


@pytest.mark.parametrize(
    "size",
    [
        Size(cells=4, side=16),
        Size(FEW, nodes=4, filters=2, channels=1),
        Size(("sep_conv_7x7", "conv_7x1_1x7"), nodes=1),
    ],
)
def test_a_supernet_is_that_of_pytorch(size):
    network = make_network(size)
    search = make_search(size, network)
    (batch,) = batches(size, count=1)
    images, labels = to_torch(batch)
    network.eval()
    expected = network(images).detach().numpy()
    assert np.abs(expected).max() > 0.1
    logits = search.supernet(batch[0])
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4)
    network.train()
    expected = network(images)
    logits = search.supernet(batch[0], training=True)
    np.testing.assert_allclose(
        logits, expected.detach().numpy(), rtol=1e-4, atol=1e-4
    )
    loss = search.compute_loss(None, batch[1], logits)
    theirs = torch.nn.functional.cross_entropy(expected, labels)
    np.testing.assert_allclose(loss, theirs.item(), atol=1e-4)
    state = network.state_dict()
    for name, value in to_torch_weights(search).items():
        np.testing.assert_allclose(
            value, state[name].numpy(), rtol=1e-4, atol=1e-4, err_msg=name
        )


def test_the_first_order_gradient_is_that_of_pytorch():
    size = Size()
    network = make_network(size)
    search = make_search(size, network)
    train, valid = batches(size)
    expected = oracle.first_order(network, to_torch(valid))
    gradients = search.architecture_gradients(train, valid)
    assert_close(gradients, expected.values(), 1e-4)


def with_momentum(search, network, sgd):
    """The same momentum on both sides, made by a step in any direction."""
    generator = torch.Generator().manual_seed(2)
    weights, _ = oracle.parts(network)
    buffers = {
        name: 0.1 * torch.randn(w.shape, generator=generator, dtype=w.dtype)
        for name, w in weights.items()
    }
    # Lent to the network for the stacking that loading does.
    before = to_torch_weights(search)
    scaled = {n: -sgd[0] * b.numpy() for n, b in buffers.items()}
    load_torch_weights(search, {**before, **scaled})
    for momentum, w in zip(
        search.optimizer.momentums, search.weight_variables, strict=True
    ):
        momentum.assign(w)
    load_torch_weights(search, before)
    return buffers


UNROLLED = [("finite_difference", "unrolled"), ("exact", "unrolled_exactly")]


@pytest.mark.parametrize(("hessian", "recipe"), UNROLLED)
@pytest.mark.parametrize(
    ("size", "moving", "decay"),
    [
        (Size(nodes=1), True, 3e-4),
        (Size(FEW, nodes=1), False, 0.0),
    ],
)
def test_the_unrolled_gradient_is_that_of_pytorch(
    float64, hessian, recipe, size, moving, decay
):
    sgd = (0.1, 0.9, decay)
    network = make_network(size, torch.float64)
    search = make_search(
        size,
        network,
        Unrolled(hessian),
        optimizer=CoupledSGD(sgd[0], momentum=sgd[1], weight_decay=decay),
    )
    buffers = with_momentum(search, network, sgd) if moving else {}
    train, valid = batches(size, dtype="float64")
    gradients = search.architecture_gradients(train, valid)
    both = to_torch(train), to_torch(valid)
    expected = getattr(oracle, recipe)(network, *both, sgd=sgd, buffers=buffers)
    assert_close(gradients, expected.values(), 1e-6)


@pytest.mark.parametrize(("hessian", "recipe"), UNROLLED)
def test_the_unrolled_gradient_holds_in_single_precision(hessian, recipe):
    # As users have it: traced, and with the fused batch normalisation. The
    # difference of two nearly equal gradients is noisy here.
    size = Size(FEW, nodes=1)
    sgd = (0.1, 0.9, 3e-4)
    network = make_network(size)
    search = make_search(
        size,
        network,
        Unrolled(hessian),
        run_eagerly=False,
        optimizer=CoupledSGD(sgd[0], momentum=sgd[1], weight_decay=sgd[2]),
    )
    train, valid = batches(size)
    gradients = search.architecture_gradients(train, valid)
    both = to_torch(train), to_torch(valid)
    expected = getattr(oracle, recipe)(network, *both, sgd=sgd, buffers={})
    assert_close(gradients, expected.values(), 1e-2)


ARCHITECTS = {
    "first_order": (FirstOrder(), None),
    "unrolled": (Unrolled(), oracle.unrolled),
}


@pytest.mark.parametrize("name", ARCHITECTS)
def test_search_steps_are_those_of_pytorch(float64, name):
    size = Size(FEW, nodes=1)
    architect, recipe = ARCHITECTS[name]
    sgd, clip = (0.1, 0.9, 3e-4), 2.8
    network = make_network(size, torch.float64)
    search = make_search(
        size,
        network,
        architect,
        optimizer=CoupledSGD(
            sgd[0],
            momentum=sgd[1],
            weight_decay=sgd[2],
            global_clipnorm=clip,
        ),
        arch_optimizer=CoupledAdam(3e-3, beta_1=0.5, weight_decay=1e-3),
    )
    before = to_torch_weights(search)
    pairs = batches(size, count=4, dtype="float64")
    pairs = list(zip(pairs[::2], pairs[1::2], strict=True))
    for train, valid in pairs:
        search.train_step((train, valid))
    norms = oracle.search(
        network,
        [(to_torch(train), to_torch(valid)) for train, valid in pairs],
        sgd=sgd,
        adam={"lr": 3e-3, "betas": (0.5, 0.999), "weight_decay": 1e-3},
        clip=clip,
        recipe=recipe,
    )
    assert min(norms) < clip < max(norms)
    after, weights_and_alphas = to_torch_weights(search), oracle.parts(network)
    for group in weights_and_alphas:
        assert_close(
            [after[n] - before[n] for n in group],
            [p - torch.from_numpy(before[n]) for n, p in group.items()],
            1e-5,
        )
