"""The largest eigenvalue of a matrix that is known by its products alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def largest_eigenvalue(
    product: Callable[..., Any],
    size: int,
    *,
    tolerance: float = 1e-3,
    max_products: int | None = None,
    seed: int = 0,
) -> float:
    """The largest eigenvalue, by sign, of a symmetric matrix.

    Lanczos' method with full reorthogonalisation: each product adds a vector
    to an orthonormal basis, and the eigenvalue is that of the matrix within
    the basis. It ends when the residual of its eigenvector is small, which
    for a Hessian of a few hundred rows takes a few dozen products.

    Args:
        product: Function of a vector (n,), returns the matrix times it.
        size: Integer n.
        tolerance: Float > 0, how large the residual may be, as a share of the
            eigenvalue. The error of the eigenvalue is smaller than that: it
            goes with the square of the residual. Defaults to `1e-3`.
        max_products: Integer. Defaults to `None`: `size`, which is exact.
        seed: Integer, of the first vector. Defaults to `0`.

    Raises:
        ValueError: if `size` or `tolerance` is not positive.

    Example:

    >>> matrix = np.diag([-5.0, 1.0, 2.0])
    >>> round(largest_eigenvalue(lambda v: matrix @ v, 3), 6)
    2.0

    Reference: Lanczos, 1950, An iteration method for the solution of the
    eigenvalue problem of linear differential and integral operators.
    """
    for name, value in (("size", size), ("tolerance", tolerance)):
        if not value > 0:
            raise ValueError(
                f"`{name}` must be positive. Received: {name}={value}"
            )
    vector = np.random.default_rng(seed).normal(size=size)
    basis = [vector / np.linalg.norm(vector)]
    diagonal, off_diagonal = [], []
    for _ in range(min(size, max_products or size)):
        image = np.asarray(product(basis[-1]), "float64")
        diagonal.append(basis[-1] @ image)
        rest = _orthogonal(image, basis)
        norm = np.linalg.norm(rest)
        value, share = _top(diagonal, off_diagonal)
        # What is left of the product is zero where the basis holds all of it.
        if norm * share <= tolerance * abs(value) or norm <= 1e-12:
            break
        off_diagonal.append(norm)
        basis.append(rest / norm)
    return value


def _orthogonal(vector, basis):
    """What is left of a vector outside of a basis; twice, against round-off."""
    basis = np.stack(basis)
    for _ in range(2):
        vector = vector - (basis @ vector) @ basis
    return vector


def _top(diagonal, off_diagonal):
    """The largest eigenvalue of a tridiagonal matrix.

    With it comes the last entry of its eigenvector, which times the norm of
    the next vector is the norm of the residual.
    """
    matrix = (
        np.diag(diagonal) + np.diag(off_diagonal, 1) + np.diag(off_diagonal, -1)
    )
    values, vectors = np.linalg.eigh(matrix)
    return float(values[-1]), abs(float(vectors[-1, -1]))
