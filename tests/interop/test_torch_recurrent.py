"""Recurrent searches and language models against PyTorch's."""

import dataclasses

import keras
import numpy as np
import pytest

from keras_darts import genotypes
from keras_darts.architects import FirstOrder
from keras_darts.architects import Unrolled
from keras_darts.interop import load_torch_weights
from keras_darts.interop import to_torch_weights
from keras_darts.networks import RecurrentLanguageModel
from keras_darts.search import DartsSearch
from keras_darts.search_spaces import darts_rnn
from keras_darts.strategies import SearchStrategy
from keras_darts.training import CoupledAdam
from keras_darts.training import CoupledSGD

torch = pytest.importorskip("torch", reason="pip install keras_darts[torch]")
oracle = pytest.importorskip("recurrent_oracle")
shaken = pytest.importorskip("darts_oracle").shaken

NO_DROPOUT = {
    "output_dropout": 0.0,
    "hidden_dropout": 0.0,
    "cell_input_dropout": 0.0,
    "input_dropout": 0.0,
    "embedding_dropout": 0.0,
}
WORDS, ROWS = 11, 4
# The first bound is never reached, the second always is.
BOUNDS = (float("inf"), 0.05)
HESSIANS = ("finite_difference", "exact")


@dataclasses.dataclass(frozen=True)
class Size:
    """Of a small search, ours and PyTorch's alike."""

    nodes: int = 3
    units: int = 6
    normalization: str = "batch"


def segments(count, steps=3):
    """Batches (ids, next ids) of texts that go on from one to the next."""
    generator = np.random.default_rng(1)
    ids = generator.integers(WORDS, size=(ROWS, count * steps + 1))
    starts = range(0, count * steps, steps)
    return [
        (ids[:, t : t + steps], ids[:, t + 1 : t + 1 + steps]) for t in starts
    ]


def to_torch(batch):
    return tuple(torch.from_numpy(part.copy()) for part in batch)


def make_network(size, dtype=torch.float32):
    network = oracle.MixedLanguageModel(
        WORDS, size.units, size.nodes, bn=size.normalization == "batch"
    )
    return stirred(network.to(dtype))


def stirred(network):
    """With values of which none is neutral, and gates that open and close."""
    shaken(network)
    with torch.no_grad():
        for matrix in network.rnns[0].parameters():
            matrix.mul_(2.0)
    return network


def make_search(size, network, architect=None, **choices):
    space = darts_rnn(
        size.nodes,
        embedding_size=size.units,
        hidden_size=size.units,
        normalization=size.normalization,
        **NO_DROPOUT,
    )
    search = DartsSearch(
        space,
        SearchStrategy(architect=architect or FirstOrder()),
        vocabulary_size=WORDS,
    )
    search.compile(**{"run_eagerly": True, **choices})
    load_torch_weights(search, network.state_dict())
    return search


def make_model(name, units=6, dtype=torch.float32):
    genotype = genotypes.get(name)
    network = oracle.LanguageModel(oracle.Cell(genotype, units), WORDS, units)
    network = stirred(network.to(dtype))
    model = RecurrentLanguageModel(
        genotype, WORDS, hidden_size=units, **NO_DROPOUT
    )
    load_torch_weights(model, network.state_dict())
    return model, network


def some_state(units=6):
    generator = np.random.default_rng(2)
    return generator.uniform(-1, 1, size=(ROWS, units)).astype("float32")


def assert_close(ours, theirs, tolerance):
    """All arrays at once, relative to the norm of what PyTorch gives."""
    ours = np.concatenate([np.ravel(a) for a in ours])
    theirs = np.concatenate([a.detach().numpy().ravel() for a in theirs])
    norm = np.linalg.norm(theirs)
    assert norm > 1e-3
    assert np.linalg.norm(ours - theirs) <= tolerance * norm


def assert_same_weights(model, network):
    state = network.state_dict()
    for name, value in to_torch_weights(model).items():
        np.testing.assert_allclose(
            value, state[name].numpy(), rtol=1e-4, atol=1e-4, err_msg=name
        )


@pytest.mark.parametrize(
    ("size", "training"),
    [
        (Size(), False),
        (Size(nodes=8, units=5), True),
        (Size(normalization=None), True),
    ],
)
def test_a_supernet_is_that_of_pytorch(float64, size, training):
    network = make_network(size, torch.float64).train(training)
    search = make_search(size, network)
    ((ids, targets),) = segments(1)
    state = some_state(size.units).astype("float64")
    expected, states = network(to_torch([ids])[0], torch.from_numpy(state))
    logits, after = search.supernet(ids, state, training=training)
    assert_close([logits], [expected], 1e-5)
    assert_close([after], [states[:, -1]], 1e-5)
    # In training, the running statistics have moved at each of the steps.
    assert_same_weights(search, network)
    loss = search.compute_loss(None, targets, logits)
    theirs = torch.nn.functional.cross_entropy(
        expected.transpose(1, 2), *to_torch([targets])
    )
    np.testing.assert_allclose(loss, theirs.item(), rtol=1e-4)


def test_the_first_order_gradient_is_that_of_pytorch(float64):
    size = Size(nodes=4)
    network = make_network(size, torch.float64)
    search = make_search(size, network)
    train, valid = segments(2)
    both = to_torch(train), to_torch(valid)
    states = [oracle.zero_state(network, batch) for batch in both]
    expected, _ = oracle.first_order(network, *both, states)
    gradients = search.architecture_gradients(train, valid)
    assert_close(gradients, expected.values(), 1e-6)


def assert_unrolled_is_that_of_pytorch(size, hessian, bound, dtype, **choices):
    rate, decay = 20.0, 5e-2
    network = make_network(size, dtype)
    search = make_search(
        size,
        network,
        Unrolled(hessian, clip_norm=bound),
        optimizer=CoupledSGD(rate, weight_decay=decay),
        **choices,
    )
    train, valid = segments(1)[0], segments(2, steps=4)[1]
    both = to_torch(train), to_torch(valid)
    expected, _ = oracle.unrolled(
        network,
        *both,
        [oracle.zero_state(network, batch) for batch in both],
        # By the length of the training segment alone.
        rate=rate * 3 / oracle.SEGMENT,
        decay=decay,
        clip=bound,
        exact=hessian == "exact",
    )
    gradients = search.architecture_gradients(train, valid)
    single = dtype == torch.float32
    assert_close(gradients, expected.values(), 1e-3 if single else 1e-6)


@pytest.mark.parametrize(
    ("hessian", "size", "bound"),
    [
        *[(h, Size(nodes=2), bound) for h in HESSIANS for bound in BOUNDS],
        *[(h, Size(2, normalization=None), BOUNDS[1]) for h in HESSIANS],
        ("finite_difference", Size(nodes=4, units=5), BOUNDS[1]),
    ],
)
def test_the_unrolled_gradient_is_that_of_pytorch(
    float64, hessian, size, bound
):
    assert_unrolled_is_that_of_pytorch(size, hessian, bound, torch.float64)


@pytest.mark.parametrize("hessian", HESSIANS)
def test_the_unrolled_gradient_holds_in_a_traced_loop(hessian):
    # As users have it. Differences of single precision are noisy.
    assert_unrolled_is_that_of_pytorch(
        Size(nodes=1), hessian, BOUNDS[1], torch.float32, run_eagerly=False
    )


@pytest.mark.parametrize(
    ("architect", "recipe"), [(FirstOrder(), None), (Unrolled(), {})]
)
def test_search_steps_are_those_of_pytorch(float64, architect, recipe):
    # `Unrolled` clips by the recurrent recipe's bound without being told.
    size, sgd, clip = Size(nodes=2), (20.0, 1e-3), 0.25
    network = make_network(size, torch.float64)
    search = make_search(
        size,
        network,
        architect,
        optimizer=CoupledSGD(sgd[0], weight_decay=sgd[1], global_clipnorm=clip),
        arch_optimizer=CoupledAdam(3e-3, weight_decay=1e-3),
    )
    before = to_torch_weights(search)
    batches = segments(6)
    pairs = list(zip(batches[:3], batches[3:], strict=True))
    for train, valid in pairs:
        search.train_step((train, valid))
    norms = oracle.search(
        network,
        [(to_torch(train), to_torch(valid)) for train, valid in pairs],
        sgd=sgd,
        adam={"lr": 3e-3, "weight_decay": 1e-3},
        clip=clip,
        slowness=1e-3,
        recipe=recipe,
    )
    assert min(norms) > clip
    after, weights_and_alphas = to_torch_weights(search), oracle.parts(network)
    for group in weights_and_alphas:
        assert_close(
            [after[n] - before[n] for n in group],
            [p - torch.from_numpy(before[n]) for n, p in group.items()],
            1e-5,
        )


@pytest.mark.parametrize("name", ["rnn_darts_v2", "rnn_enas"])
def test_a_language_model_is_that_of_pytorch(name):
    model, network = make_model(name)
    state = theirs = None
    for ids, _ in segments(3):
        if state is None:
            state = some_state()
            theirs = torch.from_numpy(state)
        logits, state = model((ids, state))
        expected, states = network(*to_torch([ids]), theirs)
        theirs = states[:, -1]
        assert_close([logits], [expected], 1e-5)
        assert_close([state], [theirs], 1e-5)
    zero = oracle.zero_state(network, [ids])
    expected, _ = network(*to_torch([ids]), zero)
    assert_close([model(ids, training=True)], [expected], 1e-5)


def test_training_steps_of_a_language_model_are_those_of_pytorch(float64):
    model, network = make_model("rnn_darts_v2", dtype=torch.float64)
    rate, decay, clip = 20.0, 1e-3, 0.25
    model.compile(
        CoupledSGD(rate, weight_decay=decay, global_clipnorm=clip),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    before = to_torch_weights(model)
    sgd = torch.optim.SGD(network.parameters(), rate, weight_decay=decay)
    state = oracle.zero_state(network, segments(1)[0])
    norms = []
    for batch in segments(3, steps=4):
        model.train_step(batch)
        norm, state = oracle.weight_step(
            network,
            sgd,
            to_torch(batch),
            state,
            rate=rate * 4 / oracle.SEGMENT,
            clip=clip,
            slowness=1e-3,
        )
        norms.append(norm)
    assert min(norms) < clip < max(norms)
    after = to_torch_weights(model)
    assert_close(
        [after[n] - before[n] for n, _ in network.named_parameters()],
        [
            p - torch.from_numpy(before[n])
            for n, p in network.named_parameters()
        ],
        1e-5,
    )


def make_weights(name="rnn_darts_v2"):
    """A model, and the arrays of another one."""
    model, network = make_model(name)
    weights = {n: v.numpy() for n, v in network.state_dict().items()}
    return model, {n: v[::-1].copy() for n, v in weights.items()}


def assert_holds(model, weights):
    torch_weights = to_torch_weights(model)
    assert set(torch_weights) == set(weights)
    for name, value in weights.items():
        np.testing.assert_array_equal(torch_weights[name], value, err_msg=name)


AROUND = {"encoder.weight", "decoder.weight", "decoder.bias"}


def test_a_search_and_its_supernet_take_every_array():
    network = make_network(Size())
    search = make_search(Size(), make_network(Size()))
    weights = {
        n: v.numpy()[::-1].copy()
        for n, v in network.state_dict().items()
        if v.ndim
    }
    assert set(weights) == {
        *AROUND,
        "rnns.0._W0",
        *(f"rnns.0._Ws.{node}" for node in range(3)),
        "rnns.0.bn.running_mean",
        "rnns.0.bn.running_var",
        "weights",
    }
    load_torch_weights(search.supernet, weights)
    assert_holds(search, weights)


def test_alphas_are_optional_and_go_by_two_names():
    search = make_search(Size(), make_network(Size()))
    weights = to_torch_weights(search)
    alphas = weights.pop("weights")
    load_torch_weights(search, weights)
    assert_holds(search, {**weights, "weights": alphas})
    load_torch_weights(search, {**weights, "alphas": -alphas})
    assert_holds(search, {**weights, "weights": -alphas})
    with pytest.raises(ValueError, match="'weights' and 'alphas'.*differ"):
        load_torch_weights(
            search, {**weights, "weights": alphas, "alphas": -alphas}
        )


def test_a_language_model_takes_every_array():
    model, weights = make_weights("rnn_enas")
    assert set(weights) == {
        *AROUND,
        "rnns.0._W0",
        *(f"rnns.0._Ws.{node}" for node in range(11)),
    }
    load_torch_weights(model, weights)
    assert_holds(model, weights)


@pytest.mark.parametrize("name", ["encoder.weight", "decoder.weight"])
def test_one_of_the_tied_matrices_suffices(name):
    model, weights = make_weights()
    load_torch_weights(model, {n: v for n, v in weights.items() if n != name})
    assert_holds(model, weights)


def test_two_tied_matrices_that_differ_are_refused():
    model, weights = make_weights()
    before = to_torch_weights(model)
    weights["decoder.weight"] = weights["decoder.weight"] + 1
    message = "`source`.*'encoder.weight' and 'decoder.weight'.*`model`"
    with pytest.raises(ValueError, match=message):
        load_torch_weights(model, weights)
    assert_holds(model, before)


def test_weights_of_another_size_are_refused_with_every_name():
    model, weights = make_weights()
    _, network = make_model("rnn_darts_v2", units=5)
    other = network.state_dict()
    with pytest.raises(ValueError, match="Nothing was loaded") as caught:
        load_torch_weights(model, other)
    for name, value in other.items():
        # The bias has the size of the vocabulary.
        assert (name in str(caught.value)) == (value.ndim > 1)
    assert "rnns.0._W0 (10, 10) instead of (12, 12)" in str(caught.value)
    del weights["encoder.weight"], weights["decoder.weight"]
    with pytest.raises(ValueError) as caught:
        load_torch_weights(model, {**weights, "rnns.0._Ws.8": np.zeros((6, 6))})
    assert "2 missing: encoder.weight, decoder.weight" in str(caught.value)
    assert "1 left over: rnns.0._Ws.8" in str(caught.value)
