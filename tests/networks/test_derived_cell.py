"""What a genotype becomes, cell by cell."""

import keras
import numpy as np
import pytest

from keras_darts import genotypes
from keras_darts.networks import DerivedCell
from keras_darts.primitives import DropPath
from keras_darts.primitives import Identity
from keras_darts.primitives import register_primitive

SKIPS = genotypes.Genotype(
    normal=[("skip_connect", 0), ("skip_connect", 1)],
    normal_concat=[2],
    reduce=[("skip_connect", 0), ("max_pool_3x3", 1)],
    reduce_concat=[2],
)
POOLS = genotypes.Genotype(
    normal=[("max_pool_3x3", 0), ("skip_connect", 1)],
    normal_concat=[2],
    reduce=[("max_pool_3x3", 0), ("max_pool_3x3", 1)],
    reduce_concat=[2],
)


def images(shape=(2, 8, 8, 3), seed=0):
    values = np.random.default_rng(seed).standard_normal(shape)
    return values.astype("float32")


def test_node_is_the_sum_of_its_primitives():
    cell = DerivedCell(SKIPS, filters=4)
    before, last = images(seed=1), images(seed=2)
    outputs = cell((before, last))
    expected = cell.preprocess0(before) + cell.preprocess1(last)
    np.testing.assert_array_equal(outputs, expected)


@pytest.mark.parametrize(
    "name", [n for n in genotypes.list() if "rnn" not in n]
)
@pytest.mark.parametrize("reduction", [False, True])
def test_every_published_cell_runs_and_its_concat_sets_the_channels(
    name, reduction
):
    genotype = genotypes.get(name)
    cell = DerivedCell(genotype, 2, reduction, reduction_before=reduction)
    side = 16 if reduction else 8
    outputs = cell((images((1, side, side, 3)), images((1, 8, 8, 5))))
    live = genotype.without_isolated_nodes()
    concat = live.reduce_concat if reduction else live.normal_concat
    side = 4 if reduction else 8
    assert outputs.shape == (1, side, side, 2 * len(concat))
    assert (
        outputs.shape[1:]
        == cell.compute_output_shape(((None, 99, 99, 3), (None, 8, 8, 5)))[1:]
    )


def test_triples_with_an_isolated_node_give_the_live_nodes():
    genotype = genotypes.Genotype(
        normal=[
            ("skip_connect", 2, 0),
            ("sep_conv_3x3", 2, 0),
            ("skip_connect", 4, 3),
            ("max_pool_3x3", 5, 2),
        ],
        normal_concat=range(2, 6),
        reduce=[("max_pool_3x3", 2, 1)],
        reduce_concat=[2],
    )
    cell = DerivedCell(genotype, filters=4)
    before = images()
    outputs = cell((before, before))
    assert outputs.shape[-1] == 2 * 4
    first = cell.preprocess0(before)
    skip, separable, pool = cell.ops
    node = skip(first) + separable(first)
    expected = keras.ops.concatenate([node, pool(node)], axis=-1)
    np.testing.assert_allclose(outputs, expected, rtol=1e-6)


def test_only_edges_from_the_inputs_of_a_reduction_cell_have_stride_2():
    genotype = genotypes.get("darts_v2")
    strides = [
        getattr(operation, "stride", 1)
        for operation in DerivedCell(genotype, 4, reduction=True).ops
    ]
    sources = [s for node in genotype.nodes("reduce") for _, s in node]
    assert strides == [2 if source < 2 else 1 for source in sources]
    normal = DerivedCell(genotype, 4).ops
    assert {getattr(operation, "stride", 1) for operation in normal} == {1}


def test_drop_path_takes_every_path_but_identities():
    drop_path = DropPath(0.999, seed=1)
    inputs = (images(seed=1), images(seed=2))
    skips = DerivedCell(SKIPS, 4, drop_path=drop_path)
    outputs = skips(inputs, training=True)
    np.testing.assert_array_equal(
        outputs,
        skips.preprocess0(inputs[0], training=True)
        + skips.preprocess1(inputs[1], training=True),
    )
    pools = DerivedCell(POOLS, 4, drop_path=drop_path)
    outputs = pools(inputs, training=True)
    assert isinstance(pools.ops[1], Identity)
    np.testing.assert_array_equal(
        outputs, pools.preprocess1(inputs[1], training=True)
    )


def test_reducing_skip_is_no_identity_to_drop_path():
    cell = DerivedCell(SKIPS, 4, True, drop_path=DropPath(0.999, seed=1))
    outputs = cell((images(), images()), training=True)
    np.testing.assert_array_equal(outputs, np.zeros((2, 4, 4, 4)))


# Keras reads its scalar variables in a way that NumPy is about to drop.
@pytest.mark.filterwarnings("ignore:__array__ implementation")
def test_cell_is_saved_and_loaded_with_its_arguments(tmp_path):
    inputs = [keras.Input((16, 16, 3)), keras.Input((8, 8, 5))]
    cell = DerivedCell(
        genotypes.get("fair_darts_a"),
        4,
        True,
        reduction_before=True,
        drop_path=DropPath(0.25, seed=3),
    )
    model = keras.Model(inputs, cell(inputs))
    model.save(tmp_path / "cell.keras")
    loaded = keras.saving.load_model(tmp_path / "cell.keras")
    assert loaded.layers[-1].get_config() == cell.get_config()
    batch = [images((2, 16, 16, 3)), images((2, 8, 8, 5))]
    np.testing.assert_array_equal(loaded(batch), model(batch))


@register_primitive("test_lazy_primitive")
class Lazy(keras.layers.Layer):
    """As users write them: no `build`, a layer inside that builds itself."""

    def __init__(self, filters, stride, affine, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(filters)
        self.stride = stride

    def call(self, inputs):
        return self.dense(inputs[:, :: self.stride, :: self.stride])


def test_primitive_of_a_user_has_its_weights_when_the_cell_is_built():
    pairs = [("test_lazy_primitive", 0), ("test_lazy_primitive", 1)]
    genotype = genotypes.Genotype(pairs, [2], pairs, [2])
    cell = DerivedCell(genotype, 4, reduction=True)
    cell.build(((None, 8, 8, 3), (None, 8, 8, 3)))
    before = len(cell.trainable_variables)
    assert len(cell.ops[0].trainable_variables) == 2
    assert cell((images(), images())).shape == (2, 4, 4, 4)
    assert len(cell.trainable_variables) == before
