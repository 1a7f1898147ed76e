"""The networks and the search step of DARTS once more, in PyTorch.

Written from the published definitions, to test ours against. The modules are
named so that the keys of their `state_dict` are those of the published code.
"""

import math

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F

WINDOWS = {
    "sep_conv_3x3": 3,
    "sep_conv_5x5": 5,
    "sep_conv_7x7": 7,
    "dil_conv_3x3": 3,
    "dil_conv_5x5": 5,
}


class Chain(nn.Module):
    """Modules one after the other, under the name `op`."""

    def __init__(self, *parts):
        super().__init__()
        self.op = nn.Sequential(*parts)

    def forward(self, x):
        return self.op(x)


class Halving(nn.Module):
    """Two strided 1x1 convolutions, the second a pixel further on."""

    def __init__(self, before, after, affine=True):
        super().__init__()
        self.conv_1 = conv(before, after // 2, stride=2)
        self.conv_2 = conv(before, after // 2, stride=2)
        self.bn = nn.BatchNorm2d(after, affine=affine)

    def forward(self, x):
        x = F.relu(x)
        shifted = x[..., 1:, 1:]
        return self.bn(torch.cat([self.conv_1(x), self.conv_2(shifted)], 1))


class Nothing(nn.Module):
    def __init__(self, stride):
        super().__init__()
        self.stride = stride

    def forward(self, x):
        return 0 * x[..., :: self.stride, :: self.stride]


def conv(before, after, kernel=1, stride=1, **settings):
    return nn.Conv2d(
        before, after, kernel, stride=stride, bias=False, **settings
    )


def relu_conv_bn(before, after, affine=True):
    return Chain(
        nn.ReLU(), conv(before, after), nn.BatchNorm2d(after, affine=affine)
    )


def separable(channels, window, stride, *, dilation, affine):
    """ReLU, each channel by itself, all channels together, BN."""
    return [
        nn.ReLU(),
        conv(
            channels,
            channels,
            window,
            stride,
            padding=dilation * (window // 2),
            dilation=dilation,
            groups=channels,
        ),
        conv(channels, channels),
        nn.BatchNorm2d(channels, affine=affine),
    ]


def primitive(name, channels, stride, affine):
    operation = name.rpartition("_")[0]
    if operation == "sep_conv":
        halves = [
            separable(channels, WINDOWS[name], step, dilation=1, affine=affine)
            for step in (stride, 1)
        ]
        return Chain(*halves[0], *halves[1])
    if operation == "dil_conv":
        return Chain(
            *separable(
                channels, WINDOWS[name], stride, dilation=2, affine=affine
            )
        )
    return {
        "none": lambda: Nothing(stride),
        "skip_connect": lambda: (
            nn.Identity()
            if stride == 1
            else Halving(channels, channels, affine)
        ),
        "max_pool_3x3": lambda: nn.MaxPool2d(3, stride, padding=1),
        "avg_pool_3x3": lambda: nn.AvgPool2d(
            3, stride, padding=1, count_include_pad=False
        ),
        "conv_7x1_1x7": lambda: nn.Sequential(
            nn.ReLU(),
            conv(channels, channels, (1, 7), (1, stride), padding=(0, 3)),
            conv(channels, channels, (7, 1), (stride, 1), padding=(3, 0)),
            nn.BatchNorm2d(channels, affine=affine),
        ),
    }[name]()


class MixedEdge(nn.Module):
    def __init__(self, names, channels, stride):
        super().__init__()
        self._ops = nn.ModuleList()
        for name in names:
            op = primitive(name, channels, stride, affine=False)
            if "pool" in name:
                bn = nn.BatchNorm2d(channels, affine=False)
                op = nn.Sequential(op, bn)
            self._ops.append(op)

    def forward(self, x, weights):
        return sum(w * op(x) for w, op in zip(weights, self._ops, strict=True))


class MixedCell(nn.Module):
    def __init__(self, names, nodes, before, channels, *, halves, after_half):
        super().__init__()
        first = Halving if after_half else relu_conv_bn
        self.preprocess0 = first(before[0], channels, affine=False)
        self.preprocess1 = relu_conv_bn(before[1], channels, affine=False)
        self._ops = nn.ModuleList(
            MixedEdge(names, channels, 2 if halves and source < 2 else 1)
            for node in range(nodes)
            for source in range(node + 2)
        )
        self.nodes = nodes
        self.cell_type = "reduce" if halves else "normal"

    def forward(self, before, last, mixing):
        states = [self.preprocess0(before), self.preprocess1(last)]
        edges = iter(zip(self._ops, mixing, strict=True))
        for _ in range(self.nodes):
            pairs = [(state, *next(edges)) for state in states]
            states.append(sum(edge(s, w) for s, edge, w in pairs))
        return torch.cat(states[2:], 1)


class MixedNetwork(nn.Module):
    """The network of a search, with its alphas."""

    def __init__(self, names, nodes=4, channels=4, cells=4, classes=10, rgb=3):
        super().__init__()
        self.stem = nn.Sequential(
            conv(rgb, 3 * channels, 3, padding=1), nn.BatchNorm2d(3 * channels)
        )
        before, after_half = [3 * channels, 3 * channels], False
        self.cells = nn.ModuleList()
        for index in range(cells):
            halves = index in (cells // 3, 2 * cells // 3)
            channels *= 2 if halves else 1
            self.cells.append(
                MixedCell(
                    names,
                    nodes,
                    before,
                    channels,
                    halves=halves,
                    after_half=after_half,
                )
            )
            before, after_half = [before[1], nodes * channels], halves
        self.classifier = nn.Linear(before[1], classes)
        edges = nodes * (nodes + 3) // 2
        self.alphas_normal = nn.Parameter(torch.zeros(edges, len(names)))
        self.alphas_reduce = nn.Parameter(torch.zeros(edges, len(names)))

    def forward(self, images):
        mixing = {
            "normal": self.alphas_normal.softmax(-1),
            "reduce": self.alphas_reduce.softmax(-1),
        }
        before = last = self.stem(images)
        for cell in self.cells:
            before, last = last, cell(before, last, mixing[cell.cell_type])
        return self.classifier(last.mean((2, 3)))


class Cell(nn.Module):
    def __init__(self, genotype, before, channels, *, halves, after_half):
        super().__init__()
        first = Halving if after_half else relu_conv_bn
        self.preprocess0 = first(before[0], channels)
        self.preprocess1 = relu_conv_bn(before[1], channels)
        self.pairs = genotype.reduce if halves else genotype.normal
        self.concat = (
            genotype.reduce_concat if halves else genotype.normal_concat
        )
        self._ops = nn.ModuleList(
            primitive(name, channels, 2 if halves and source < 2 else 1, True)
            for name, source in self.pairs
        )

    def forward(self, before, last):
        states = [self.preprocess0(before), self.preprocess1(last)]
        for k in range(0, len(self.pairs), 2):
            states.append(
                sum(self._ops[i](states[self.pairs[i][1]]) for i in (k, k + 1))
            )
        return torch.cat([states[i] for i in self.concat], 1)


class Head(nn.Module):
    """The auxiliary classifier."""

    def __init__(self, channels, classes, stride, second_bn):
        super().__init__()
        bn = [nn.BatchNorm2d(768)] if second_bn else []
        self.features = nn.Sequential(
            nn.ReLU(),
            nn.AvgPool2d(5, stride),
            conv(channels, 128),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            conv(128, 768, 2),
            *bn,
            nn.ReLU(),
        )
        self.classifier = nn.Linear(768, classes)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class CellNetwork(nn.Module):
    """The cells of a genotype, below a stem that a subclass makes."""

    def add_cells(self, genotype, cells, channels, before, *, after_half):
        widths = []
        self.cells = nn.ModuleList()
        for index in range(cells):
            halves = index in (cells // 3, 2 * cells // 3)
            channels *= 2 if halves else 1
            self.cells.append(
                Cell(
                    genotype,
                    before,
                    channels,
                    halves=halves,
                    after_half=after_half,
                )
            )
            widths.append(len(self.cells[-1].concat) * channels)
            before, after_half = [before[1], widths[-1]], halves
        self.tapped = 2 * cells // 3
        return widths

    def run(self, before, last):
        for index, cell in enumerate(self.cells):
            before, last = last, cell(before, last)
            if index == self.tapped:
                features = last
        logits = self.classifier(last.mean((2, 3)))
        if self.training and self.auxiliary_head is not None:
            return logits, self.auxiliary_head(features)
        return logits


class CifarNetwork(CellNetwork):
    def __init__(self, genotype, classes, channels, cells, *, auxiliary, rgb=3):
        super().__init__()
        self.stem = nn.Sequential(
            conv(rgb, 3 * channels, 3, padding=1), nn.BatchNorm2d(3 * channels)
        )
        before = [3 * channels, 3 * channels]
        widths = self.add_cells(
            genotype, cells, channels, before, after_half=False
        )
        self.classifier = nn.Linear(widths[-1], classes)
        self.auxiliary_head = (
            Head(widths[self.tapped], classes, 3, True) if auxiliary else None
        )

    def forward(self, images):
        stem = self.stem(images)
        return self.run(stem, stem)


class ImageNetNetwork(CellNetwork):
    def __init__(self, genotype, classes, channels, cells, *, auxiliary, rgb=3):
        super().__init__()
        halved = {"kernel": 3, "stride": 2, "padding": 1}
        self.stem0 = nn.Sequential(
            conv(rgb, channels // 2, **halved),
            nn.BatchNorm2d(channels // 2),
            nn.ReLU(),
            conv(channels // 2, channels, **halved),
            nn.BatchNorm2d(channels),
        )
        self.stem1 = nn.Sequential(
            nn.ReLU(),
            conv(channels, channels, **halved),
            nn.BatchNorm2d(channels),
        )
        widths = self.add_cells(
            genotype, cells, channels, [channels, channels], after_half=True
        )
        self.classifier = nn.Linear(widths[-1], classes)
        self.auxiliary_head = (
            Head(widths[self.tapped], classes, 2, False) if auxiliary else None
        )

    def forward(self, images):
        stem = self.stem0(images)
        return self.run(stem, self.stem1(stem))


def shaken(module, seed=0):
    """The module with values in which no two things are equal or neutral."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in module.state_dict().items():
        if not value.is_floating_point():
            continue
        noise = torch.randn(value.shape, generator=generator).to(value.dtype)
        if name.endswith("running_var") or value.ndim == 1:
            value.copy_(1 + 0.1 * noise if "mean" not in name else 0.1 * noise)
        elif name.startswith("alphas"):
            value.copy_(0.3 * noise)
        else:
            value.copy_(noise / math.sqrt(value[0].numel()))
    return module


def parts(network):
    """Weights and alphas, by name."""
    named = dict(network.named_parameters())
    alphas = {n: p for n, p in named.items() if n.startswith("alphas")}
    return {n: p for n, p in named.items() if n not in alphas}, alphas


def loss_at(network, weights, alphas, batch):
    logits = functional_call(network, {**weights, **alphas}, (batch[0],))
    return F.cross_entropy(logits, batch[1])


def gradients(loss, values, **settings):
    gradients = torch.autograd.grad(loss, list(values.values()), **settings)
    return dict(zip(values, gradients, strict=True))


def first_order(network, valid):
    weights, alphas = parts(network)
    return gradients(loss_at(network, weights, alphas, valid), alphas)


def stepped(weights, result, sgd, buffers):
    """Where SGD is about to go, without a clip."""
    lr, momentum, decay = sgd
    return {
        n: w - lr * (momentum * buffers.get(n, 0.0) + result[n] + decay * w)
        for n, w in weights.items()
    }


def unrolled(network, train, valid, *, sgd, buffers):
    """The published recipe: the second derivative by two shifts of w."""
    weights, alphas = parts(network)
    gradient = gradients(loss_at(network, weights, alphas, train), weights)
    ahead = {
        n: w.detach().requires_grad_()
        for n, w in stepped(weights, gradient, sgd, buffers).items()
    }
    both = gradients(
        loss_at(network, ahead, alphas, valid), {**alphas, **ahead}
    )
    norm = torch.cat([both[n].flatten() for n in weights]).norm()
    epsilon = 0.01 / norm
    plus, minus = (
        gradients(
            loss_at(
                network,
                {n: w + sign * epsilon * both[n] for n, w in weights.items()},
                alphas,
                train,
            ),
            alphas,
        )
        for sign in (1, -1)
    )
    return {
        n: both[n] - sgd[0] * (plus[n] - minus[n]) / (2 * epsilon)
        for n in alphas
    }


def unrolled_exactly(network, train, valid, *, sgd, buffers):
    """The derivative of the loss at w'(alphas), by differentiating w'."""
    weights, alphas = parts(network)
    gradient = gradients(
        loss_at(network, weights, alphas, train), weights, create_graph=True
    )
    ahead = stepped(weights, gradient, sgd, buffers)
    return gradients(loss_at(network, ahead, alphas, valid), alphas)


def search(network, pairs, *, sgd, adam, clip, recipe=None):
    """Steps of a search; gives the norms of the weights' gradients.

    Args:
        network: `MixedNetwork`.
        pairs: List of (training batch, search batch).
        sgd: Learning rate, momentum and weight decay of the weights.
        adam: Settings of the alphas' optimizer.
        clip: Bound on the norm of the weights' gradient.
        recipe: `unrolled` or `unrolled_exactly`; else first order.
    """
    weights, alphas = parts(network)
    lr, momentum, decay = sgd
    by_weights = torch.optim.SGD(
        weights.values(), lr, momentum=momentum, weight_decay=decay
    )
    by_alphas = torch.optim.Adam(alphas.values(), **adam)
    norms = []
    for train, valid in pairs:
        if recipe is None:
            result = first_order(network, valid)
        else:
            state = by_weights.state
            buffers = {
                n: state[w]["momentum_buffer"]
                for n, w in weights.items()
                if w in state
            }
            result = recipe(network, train, valid, sgd=sgd, buffers=buffers)
        for n, alpha in alphas.items():
            alpha.grad = result[n]
        by_alphas.step()
        by_weights.zero_grad()
        loss_at(network, weights, alphas, train).backward()
        norm = nn.utils.clip_grad_norm_(weights.values(), clip)
        norms.append(float(norm))
        by_weights.step()
    return norms
