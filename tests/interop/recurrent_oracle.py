"""The recurrent half of DARTS once more, in PyTorch.

Written from the published equations, to test ours against: the search's cell
and language model, the derived ones, and the search step. Batches are pairs
(ids, next ids), each (B, T); the state is (B, H). Without any dropout. The
modules are named so that the keys of their `state_dict` are those of the
published code; the alphas, which it does not save, are called `weights`.
"""

import torch
from darts_oracle import gradients
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F

ACTIVATIONS = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "identity": lambda u: u,
}
PRIMITIVES = ("none", *ACTIVATIONS)
# A learning rate is meant for segments of this many words.
SEGMENT = 35


def highway(state, product, activation):
    """From `state` towards the activation, as far as the gate lets it."""
    gate, candidate = product.chunk(2, -1)
    return torch.lerp(state, activation(candidate), gate.sigmoid())


class Recurrence(nn.Module):
    """What the cells share: their matrices and the loop over time."""

    def __init__(self, inputs, units, nodes):
        super().__init__()
        self._W0 = nn.Parameter(torch.zeros(inputs + units, 2 * units))
        self._Ws = nn.ParameterList(
            torch.zeros(units, 2 * units) for _ in range(nodes)
        )

    def forward(self, words, state, *mixing):
        states = []
        for word in words.unbind(1):
            product = torch.cat([word, state], -1) @ self._W0
            state = self.step(highway(state, product, torch.tanh), *mixing)
            states.append(state)
        return torch.stack(states, 1)


class MixedCell(Recurrence):
    def __init__(self, names, units, nodes, normalized=True):
        super().__init__(units, units, nodes)
        self.names = names
        self.bn = (
            nn.BatchNorm1d(units, affine=False) if normalized else nn.Identity()
        )

    def step(self, first, mixing):
        nodes, edges = [self.bn(first)], iter(mixing)
        for matrix in self._Ws:
            terms = [
                p * highway(state, state @ matrix, ACTIVATIONS[name])
                for state in nodes
                for name, p in zip(self.names, next(edges), strict=True)
                if name != "none"
            ]
            nodes.append(self.bn(sum(terms)))
        return sum(nodes[1:]) / len(self._Ws)


class Cell(Recurrence):
    def __init__(self, genotype, units):
        super().__init__(units, units, len(genotype.recurrent))
        self.genotype = genotype

    def step(self, first):
        nodes = [first]
        pairs = zip(self._Ws, self.genotype.recurrent, strict=True)
        for matrix, (name, source) in pairs:
            state = nodes[source]
            nodes.append(highway(state, state @ matrix, ACTIVATIONS[name]))
        return sum(nodes[i] for i in self.genotype.concat) / len(
            self.genotype.concat
        )


class LanguageModel(nn.Module):
    """Words in, logits of the next words out, through one recurrent cell."""

    def __init__(self, cell, words, units):
        super().__init__()
        self.encoder = nn.Embedding(words, units)
        self.rnns = nn.ModuleList([cell])
        self.decoder = nn.Linear(units, words)
        self.decoder.weight = self.encoder.weight

    def forward(self, ids, state):
        """Logits, and the hidden state after every word."""
        states = self.rnns[0](self.encoder(ids), state, *self.mixing())
        return self.decoder(states), states

    def mixing(self):
        return ()


class MixedLanguageModel(LanguageModel):
    """The network of a search, with its alphas."""

    def __init__(self, words, units, nodes, *, names=PRIMITIVES, bn=True):
        super().__init__(MixedCell(names, units, nodes, bn), words, units)
        edges = nodes * (nodes + 1) // 2
        self.weights = nn.Parameter(torch.zeros(edges, len(names)))

    def mixing(self):
        return (self.weights.softmax(-1),)


def zero_state(network, batch):
    rows, units = len(batch[0]), network.encoder.weight.shape[1]
    return torch.zeros(rows, units, dtype=network.encoder.weight.dtype)


def parts(network):
    """Weights and alphas, by name."""
    named = dict(network.named_parameters())
    alphas = {"weights": named.pop("weights")}
    return named, alphas


def loss_at(network, weights, alphas, batch, state):
    """The cross entropy, and the hidden state after every word."""
    values = {**weights, **alphas}
    logits, states = functional_call(network, values, (batch[0], state))
    return F.cross_entropy(logits.flatten(0, 1), batch[1].flatten()), states


def clipped(result, bound):
    """The arrays at a global norm of at most `bound`, and the factor."""
    norm = torch.cat([g.detach().flatten() for g in result.values()]).norm()
    factor = (bound / (norm + 1e-6)).clamp(max=1.0)
    return {n: factor * g for n, g in result.items()}, factor


def first_order(network, train, valid, states):
    """The alphas' gradient, and the state after the search batch."""
    weights, alphas = parts(network)
    loss, after = loss_at(network, weights, alphas, valid, states[1])
    return gradients(loss, alphas), after[:, -1].detach()


def unrolled(network, train, valid, states, *, rate, decay, clip, exact=False):
    """The alphas' gradient at the weights after one step of clipped SGD.

    The clip counts as a factor that does not move with the alphas.
    """
    weights, alphas = parts(network)
    loss, _ = loss_at(network, weights, alphas, train, states[0])
    gradient = gradients(loss, weights, create_graph=exact)
    gradient, factor = clipped(gradient, clip)
    ahead = {
        n: w - rate * (gradient[n] + decay * w.detach())
        for n, w in weights.items()
    }
    there = {n: w.detach().requires_grad_() for n, w in ahead.items()}
    loss, after = loss_at(network, there, alphas, valid, states[1])
    both = gradients(loss, {**alphas, **there})
    direction, _ = clipped({n: both[n] for n in weights}, clip)
    if exact:
        implicit = gradients(
            list(ahead.values()),
            alphas,
            grad_outputs=[direction[n] for n in ahead],
        )
    else:
        implicit = difference(network, train, states[0], direction)
        implicit = {n: -rate * factor * h for n, h in implicit.items()}
    total = {n: both[n] + implicit[n] for n in alphas}
    return total, after[:, -1].detach()


def difference(network, batch, state, direction):
    """The second derivative by two shifts of w along `direction`."""
    weights, alphas = parts(network)
    norm = torch.cat([v.flatten() for v in direction.values()]).norm()
    shift = 0.01 / norm
    plus, minus = (
        gradients(
            loss_at(
                network,
                {
                    n: w + sign * shift * direction[n]
                    for n, w in weights.items()
                },
                alphas,
                batch,
                state,
            )[0],
            alphas,
        )
        for sign in (1, -1)
    )
    return {n: (plus[n] - minus[n]) / (2 * shift) for n in alphas}


def weight_step(network, sgd, batch, state, *, rate, clip, slowness):
    """Moves the weights; their gradient's norm and the state thereafter."""
    sgd.param_groups[0]["lr"] = rate
    sgd.zero_grad()
    values = dict(network.named_parameters())
    loss, hidden = loss_at(network, values, {}, batch, state)
    loss = loss + slowness * hidden.diff(dim=1).square().mean()
    loss.backward()
    weights = sgd.param_groups[0]["params"]
    norm = nn.utils.clip_grad_norm_(weights, clip)
    sgd.step()
    return float(norm), hidden[:, -1].detach()


def search(network, pairs, *, sgd, adam, clip, slowness, recipe=None):
    """Steps along two texts; gives the norms of the weights' gradients.

    Args:
        network: `MixedLanguageModel`.
        pairs: List of (training segment, search segment).
        sgd: Learning rate and weight decay of the weights.
        adam: Settings of the alphas' optimizer.
        clip: Bound on the norm of the weights' gradient, in the unroll too.
        slowness: Factor of the temporal activation regularisation.
        recipe: Settings of `unrolled`; else first order.
    """
    weights, alphas = parts(network)
    by_weights = torch.optim.SGD(weights.values(), 1.0, weight_decay=sgd[1])
    by_alphas = torch.optim.Adam(alphas.values(), **adam)
    states, norms = [zero_state(network, batch) for batch in pairs[0]], []
    for train, valid in pairs:
        rate = sgd[0] * train[0].shape[1] / SEGMENT
        if recipe is None:
            result, after_valid = first_order(network, train, valid, states)
        else:
            result, after_valid = unrolled(
                network,
                train,
                valid,
                states,
                rate=rate,
                decay=sgd[1],
                clip=clip,
                **recipe,
            )
        alphas["weights"].grad = result["weights"]
        by_alphas.step()
        norm, after_train = weight_step(
            network,
            by_weights,
            train,
            states[0],
            rate=rate,
            clip=clip,
            slowness=slowness,
        )
        norms.append(norm)
        states = [after_train, after_valid]
    return norms
