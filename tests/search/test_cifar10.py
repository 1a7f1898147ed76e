"""A whole search on real images."""

import numpy as np

import keras_darts as kd

EPOCHS = 3
SPACE = kd.search_spaces.darts_cnn(
    8,
    3,
    num_nodes=1,
    primitives=("none", "max_pool_3x3", "skip_connect", "sep_conv_3x3"),
)


def test_a_small_search_on_cifar10_learns_and_moves_the_alphas(
    shared_data, tmp_path
):
    data = kd.datasets.load("cifar10", shared_data / "tfds")
    search = kd.DartsSearch(SPACE)
    search.compile()
    history = search.fit(
        data.train.take(1200).batch(40),
        epochs=EPOCHS,
        verbose=0,
        output_dir=tmp_path,
    ).history
    losses = history["loss"]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] - 0.1
    assert history["val_accuracy"][-1] > 0.2
    with np.load(tmp_path / "alphas.npz") as saved:
        for name in ("alphas_normal", "alphas_reduce"):
            course = saved[name]
            assert course.shape == (EPOCHS, 2, 4)
            moved = np.abs(course[-1] - course[0])
            # Adam moves each by at most its rate a step, here some 30 steps
            # at the largest rate that so short a search gets.
            assert 0.1 < moved.max() < 30 * 0.05 * 1.1
    genotype = search.genotype()
    assert len(genotype.normal) == len(genotype.reduce) == 2
    assert "none" not in genotype.primitives()
    network = search.derived_network(filters=4, num_cells=3)
    assert network(np.zeros((1, 32, 32, 3))).shape == (1, 10)
