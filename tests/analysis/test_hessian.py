"""Eigenvalues from products alone."""

import numpy as np
import pytest

from keras_darts.analysis import largest_eigenvalue


def symmetric(size, seed=0):
    matrix = np.random.default_rng(seed).normal(size=(size, size))
    return matrix + matrix.T


@pytest.mark.parametrize("size", [1, 2, 7, 60])
def test_it_is_that_of_the_dense_matrix(size):
    matrix = symmetric(size)
    eigenvalue = largest_eigenvalue(lambda v: matrix @ v, size, tolerance=1e-9)
    assert eigenvalue == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-9)


def test_the_largest_by_sign_is_found_where_another_is_larger_by_size():
    matrix = symmetric(40) - 100 * np.eye(40)
    eigenvalue = largest_eigenvalue(lambda v: matrix @ v, 40)
    assert eigenvalue == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-3)


def test_a_few_dozen_products_are_enough_for_a_search():
    """For 224 alphas with a spectrum as searches have: few large values."""
    values = 0.3 * 0.8 ** np.arange(224) - 0.01
    basis, _ = np.linalg.qr(symmetric(224))
    matrix, asked = basis @ np.diag(values) @ basis.T, []

    def product(vector):
        asked.append(1)
        return (matrix @ vector).astype("float32")

    assert largest_eigenvalue(product, 224) == pytest.approx(0.29, rel=1e-4)
    assert len(asked) < 20


def test_an_invariant_space_and_a_zero_matrix_end_it():
    asked = []

    def identity(vector):
        asked.append(1)
        return 3.0 * vector

    assert largest_eigenvalue(identity, 50) == pytest.approx(3.0)
    assert len(asked) == 1
    assert largest_eigenvalue(lambda v: 0 * v, 50) == 0


def test_products_are_bounded():
    matrix, asked = symmetric(60), []

    def product(vector):
        asked.append(1)
        return matrix @ vector

    largest_eigenvalue(product, 60, tolerance=1e-12, max_products=5)
    assert len(asked) == 5


@pytest.mark.parametrize("settings", [{"size": 0}, {"tolerance": 0.0}])
def test_numbers_must_be_positive(settings):
    (name,) = settings
    with pytest.raises(ValueError, match=f"`{name}` must be positive"):
        largest_eigenvalue(lambda v: v, **{"size": 3, **settings})
