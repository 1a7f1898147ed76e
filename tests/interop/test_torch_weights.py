"""Loading weights: whatever holds them, all of them or none."""

import numpy as np
import pytest

from keras_darts.genotypes import get
from keras_darts.interop import load_torch_weights
from keras_darts.interop import to_torch_weights
from keras_darts.networks import CifarNetwork
from keras_darts.primitives import make_primitive
from keras_darts.search import DartsSearch
from keras_darts.search_spaces import darts_cnn
from keras_darts.supernet import MixedOp

IMAGE = (8, 8, 3)


def make_network(filters=4):
    return CifarNetwork(
        get("darts_v2"), 5, filters, 3, auxiliary=False, input_shape=IMAGE
    )


def make_search(seed=0, **arguments):
    names = ("none", "skip_connect", "max_pool_3x3", "dil_conv_3x3")
    return DartsSearch(
        darts_cnn(4, 3, num_nodes=2, primitives=names),
        num_classes=5,
        input_shape=IMAGE,
        seed=seed,
        **arguments,
    )


def noise_like(weights):
    generator = np.random.default_rng(0)
    return {
        name: generator.normal(size=value.shape).astype("float32")
        for name, value in weights.items()
    }


@pytest.fixture(scope="module")
def made():
    return make_network()


@pytest.fixture
def network(made):
    """One network for all tests, of zeros whatever another one has loaded."""
    for variable in made.variables:
        variable.assign(np.zeros(variable.shape, variable.dtype))
    return made


@pytest.fixture(scope="module")
def search():
    """A search for tests that leave it as it is."""
    return make_search()


@pytest.fixture
def weights(network):
    return noise_like(to_torch_weights(network))


def assert_holds(model, weights):
    torch_weights = to_torch_weights(model)
    assert set(torch_weights) == set(weights)
    for name, value in weights.items():
        np.testing.assert_array_equal(torch_weights[name], value, err_msg=name)


def test_a_search_and_its_supernet_take_every_array():
    search = make_search()
    weights = noise_like(to_torch_weights(search))
    load_torch_weights(search, weights)
    assert_holds(search, weights)
    weights = {name: -value for name, value in weights.items()}
    load_torch_weights(search.supernet, weights)
    assert_holds(search, weights)


def test_every_variable_of_a_supernet_has_a_name(search):
    weights = to_torch_weights(search)
    count = sum(value.size for value in weights.values())
    # The temperature of the softmax is no part of the original.
    expected = sum(v.shape.num_elements() for v in search.supernet.variables)
    assert count == expected - 1


def test_every_variable_of_a_network_has_a_name(network):
    count = sum(value.size for value in to_torch_weights(network).values())
    state = [
        *network.trainable_variables,
        *[v for v in network.non_trainable_variables if "moving" in v.name],
    ]
    assert count == sum(v.shape.num_elements() for v in state)


def test_the_names_are_those_of_the_published_code(search, network):
    assert set(to_torch_weights(search)) > {
        "stem.0.weight",
        "stem.1.running_mean",
        "cells.0.preprocess0.op.1.weight",
        "cells.2.preprocess0.conv_1.weight",
        "cells.1._ops.0._ops.1.conv_2.weight",
        "cells.1._ops.0._ops.1.bn.running_var",
        "cells.0._ops.4._ops.2.1.running_mean",
        "cells.0._ops.4._ops.3.op.2.weight",
        "classifier.bias",
        "alphas_normal",
        "alphas_reduce",
    }
    assert set(to_torch_weights(network)) > {
        "stem.1.bias",
        "cells.0._ops.0.op.5.weight",
        "cells.0._ops.7.op.3.weight",
        "classifier.weight",
    }


def test_alphas_stay_where_the_source_has_none():
    search, other = make_search(seed=1), make_search(seed=2)
    weights = to_torch_weights(other)
    alphas = {
        name: value
        for name, value in to_torch_weights(search).items()
        if name.startswith("alphas")
    }
    assert len(alphas) == 2
    load_torch_weights(
        search, {k: v for k, v in weights.items() if k not in alphas}
    )
    assert_holds(search, {**weights, **alphas})


def test_counters_and_the_prefix_of_data_parallel_are_passed_over(
    network, weights
):
    source = {f"module.{name}": value for name, value in weights.items()}
    source["module.stem.1.num_batches_tracked"] = np.array(3)
    load_torch_weights(network, {"epoch": 7, "state_dict": source})
    assert_holds(network, weights)


def test_every_mismatch_is_listed_and_nothing_is_loaded(network, weights):
    before = to_torch_weights(network)
    del weights["stem.0.weight"], weights["cells.0._ops.2.op.1.weight"]
    weights["auxiliary_head.features.2.weight"] = np.zeros((128, 64, 1, 1))
    weights["classifier.bias"] = np.zeros(7)
    with pytest.raises(ValueError, match="`source`.*`model`") as caught:
        load_torch_weights(network, weights)
    message = str(caught.value)
    assert "2 missing: stem.0.weight, cells.0._ops.2.op.1.weight" in message
    assert "1 left over: auxiliary_head.features.2.weight" in message
    assert "classifier.bias (7,) instead of (5,)" in message
    assert_holds(network, before)


def test_a_wider_network_is_refused(weights):
    with pytest.raises(ValueError, match="of another shape: stem.0.weight"):
        load_torch_weights(make_network(filters=8), weights)


def test_a_search_that_knows_no_data_yet_is_refused(weights):
    with pytest.raises(ValueError, match="`num_classes` and `input_shape`"):
        load_torch_weights(DartsSearch(), weights)


def test_a_layer_that_the_original_lacks_is_refused_by_name():
    edge = MixedOp(("skip_connect",), 4)
    edge.candidates["1"] = type("Fancy", (type(make_primitive("none", 4)),), {})
    edge.candidates["1"] = edge.candidates["1"]()
    edge.build((None, 8, 8, 4))
    with pytest.raises(ValueError, match="Fancy as _ops.1"):
        load_torch_weights(edge, {})


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_files_of_arrays_are_read(network, weights, tmp_path, suffix):
    if suffix == ".npz":
        np.savez(tmp_path / "weights.npz", **weights)
    else:
        reason = "pip install keras_darts[torch]"
        numpy = pytest.importorskip("safetensors.numpy", reason=reason)
        numpy.save_file(weights, tmp_path / "weights.safetensors")
    load_torch_weights(network, tmp_path / f"weights{suffix}")
    assert_holds(network, weights)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".pth.tar"])
@pytest.mark.parametrize("zipped", [True, False])
def test_files_of_pytorch_are_read(network, weights, tmp_path, suffix, zipped):
    torch = pytest.importorskip("torch", reason="keras_darts[torch]")
    tensors = {name: torch.from_numpy(v) for name, v in weights.items()}
    checkpoint = {"epoch": 3, "state_dict": tensors}
    file = tmp_path / f"weights{suffix}"
    # The published code is older than the zipped form.
    torch.save(
        checkpoint if suffix == ".pth.tar" else tensors,
        file,
        _use_new_zipfile_serialization=zipped,
    )
    load_torch_weights(network, str(file))
    assert_holds(network, weights)


def test_tensors_of_any_precision_are_taken(network, weights):
    torch = pytest.importorskip("torch", reason="keras_darts[torch]")
    tensors = {
        name: torch.nn.Parameter(torch.from_numpy(value).bfloat16())
        for name, value in weights.items()
    }
    load_torch_weights(network, tensors)
    rounded = {n: t.detach().float().numpy() for n, t in tensors.items()}
    assert_holds(network, rounded)


def test_a_pickled_module_is_refused_with_the_way_out(network, tmp_path):
    torch = pytest.importorskip("torch", reason="keras_darts[torch]")
    file = tmp_path / "model.pt"
    torch.save(torch.nn.Linear(2, 2), file)
    with pytest.raises(ValueError, match="state_dict.*weights_only=False"):
        load_torch_weights(network, file)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (3, "`source` must be a dictionary.*int"),
        ("absent.npz", "does not exist"),
        ("weights.h5", "must be a file of .npz, .safetensors, .pt"),
        ({"state_dict": [1]}, "`source` must be a dictionary.*list"),
        ({"stem.0.weight": "text"}, "arrays of numbers.*stem.0.weight"),
    ],
)
def test_what_holds_no_weights_is_refused(network, source, message):
    with pytest.raises(ValueError, match=message):
        load_torch_weights(network, source)
