"""Whole networks against PyTorch's, in evaluation and in training."""

import numpy as np
import pytest

from keras_darts import genotypes
from keras_darts import networks
from keras_darts.genotypes import Genotype
from keras_darts.interop import load_torch_weights
from keras_darts.interop import to_torch_weights

torch = pytest.importorskip("torch", reason="pip install keras_darts[torch]")
oracle = pytest.importorskip("darts_oracle")

MIXTURE = Genotype(
    normal=[
        ("sep_conv_3x3", 1),
        ("sep_conv_5x5", 0),
        ("sep_conv_7x7", 2),
        ("dil_conv_3x3", 1),
        ("dil_conv_5x5", 0),
        ("conv_7x1_1x7", 3),
        ("avg_pool_3x3", 4),
        ("skip_connect", 1),
    ],
    normal_concat=[3, 4, 5],
    reduce=[
        ("max_pool_3x3", 0),
        ("sep_conv_7x7", 1),
        ("skip_connect", 0),
        ("conv_7x1_1x7", 1),
        ("avg_pool_3x3", 1),
        ("dil_conv_5x5", 0),
        ("skip_connect", 2),
        ("max_pool_3x3", 4),
    ],
    reduce_concat=[2, 3, 4, 5],
)
GENOTYPES = {
    "mixture": MIXTURE,
    **{
        name: genotypes.get(name)
        for name in ("darts_v2", "nasnet_a", "amoebanet_a")
    },
}
# Of "darts_v2" with the auxiliary heads.
CASES = [
    ("mixture", "CifarNetwork", 8),
    ("mixture", "ImageNetNetwork", 64),
    ("nasnet_a", "ImageNetNetwork", 64),
    ("amoebanet_a", "CifarNetwork", 8),
]


def assert_same_outputs(ours, theirs):
    for mine, other in zip(ours, theirs, strict=True):
        other = other.detach().numpy()
        assert np.abs(other).max() > 0.1
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)


def assert_same(network, module, side, channels=3):
    load_torch_weights(network, oracle.shaken(module).state_dict())
    shape = (3, side, side, channels)
    images = np.random.default_rng(0).normal(size=shape).astype("float32")
    theirs = torch.from_numpy(images.transpose(0, 3, 1, 2).copy())
    module.eval()
    assert_same_outputs([network(images)], [module(theirs)])
    module.train()
    ours, expected = network(images, training=True), module(theirs)
    if network.auxiliary:
        assert_same_outputs(ours, expected)
    else:
        assert_same_outputs([ours], [expected])
    state = module.state_dict()
    for name, value in to_torch_weights(network).items():
        np.testing.assert_allclose(
            value, state[name].numpy(), rtol=1e-4, atol=1e-4, err_msg=name
        )


@pytest.mark.parametrize(("name", "cls", "side"), CASES)
def test_a_network_of_any_genotype_is_that_of_pytorch(name, cls, side):
    genotype = GENOTYPES[name]
    network = getattr(networks, cls)(
        genotype, 5, 4, 4, auxiliary=False, input_shape=(side, side, 3)
    )
    module = getattr(oracle, cls)(genotype, 5, 4, 4, auxiliary=False)
    assert_same(network, module, side)


def test_images_of_one_channel_are_taken_as_by_pytorch():
    network = networks.CifarNetwork(
        "darts_v2", 5, 4, 3, auxiliary=False, input_shape=(8, 8, 1)
    )
    module = oracle.CifarNetwork(
        GENOTYPES["darts_v2"], 5, 4, 3, auxiliary=False, rgb=1
    )
    assert_same(network, module, side=8, channels=1)


def test_the_auxiliary_head_for_small_images_is_that_of_pytorch():
    network = networks.CifarNetwork("darts_v2", 5, 4, 3)
    module = oracle.CifarNetwork(GENOTYPES["darts_v2"], 5, 4, 3, auxiliary=True)
    assert_same(network, module, side=32)


def test_the_auxiliary_head_for_large_images_is_that_of_pytorch():
    network = networks.ImageNetNetwork("darts_v2", 5, 4, 3)
    module = oracle.ImageNetNetwork(
        GENOTYPES["darts_v2"], 5, 4, 3, auxiliary=True
    )
    assert_same(network, module, side=224)
