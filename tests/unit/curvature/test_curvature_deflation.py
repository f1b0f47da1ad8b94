"""The trace outside a Krylov space: right on average, with an honest error, from fewer probes than Hutchinson needs."""

import numpy as np
import pytest
import torch
from clm.curvature.lanczos import extreme_eigenvalues
from clm.curvature.trace import deflated_trace


@pytest.fixture(scope="module")
def matrix():
    """A symmetric matrix with five outliers on a bulk, as Hessians have, in a random basis."""
    rng = np.random.default_rng(0)
    values = np.concatenate([[30.0, 20, 12, 9, -7], rng.uniform(-0.05, 0.25, 295)])
    basis, _ = np.linalg.qr(rng.standard_normal((300, 300)))
    return torch.from_numpy(basis * values @ basis.T)


def spectrum_of(matrix, seed=0, steps=20):
    start = torch.randn(len(matrix), generator=torch.Generator().manual_seed(seed), dtype=matrix.dtype)
    return extreme_eigenvalues(lambda v: matrix @ v, start, 5, 1e-12, steps)


def test_the_krylov_space_is_orthonormal_and_its_trace_exact(matrix):
    found = spectrum_of(matrix)
    basis = torch.cat(found.basis.rows())
    assert basis.shape == (found.steps, len(matrix))
    torch.testing.assert_close(basis @ basis.T, torch.eye(found.steps, dtype=matrix.dtype), rtol=0, atol=1e-10)
    assert found.block_trace == pytest.approx(float((basis @ matrix @ basis.T).trace()), rel=1e-9)


def test_a_krylov_space_that_is_everything_leaves_nothing_to_the_probes():
    matrix = torch.diag(torch.tensor([5.0, 1.0, -2.0], dtype=torch.float64))
    estimate, _ = deflated_trace(lambda v: matrix @ v, spectrum_of(matrix), 1e-6, 10, 0)
    assert estimate.mean == pytest.approx(4.0, abs=1e-9) and estimate.standard_error < 1e-9


def test_the_standard_error_covers_the_trace(matrix):
    truth, covered, means = float(matrix.trace()), 0, []
    for repeat in range(200):
        estimate, probes = deflated_trace(lambda v: matrix @ v, spectrum_of(matrix, 1000 + repeat), 0.0, 12, repeat)
        covered += abs(estimate.mean - truth) < 2.2 * estimate.standard_error  # t with 11 degrees of freedom
        means.append(estimate.mean)
        assert probes == 12
    assert 0.90 < covered / 200 < 0.99
    assert abs(np.mean(means) - truth) < 4 * np.std(means) / np.sqrt(200)


def test_outliers_cost_no_probes(matrix):
    estimate, probes = deflated_trace(lambda v: matrix @ v, spectrum_of(matrix), 0.02, 1000, 0)
    assert estimate.standard_error <= 0.02 * estimate.mean
    off_diagonal = float((matrix**2).sum() - (matrix.diagonal() ** 2).sum())
    hutchinson = 2 * off_diagonal / (0.02 * float(matrix.trace())) ** 2  # probes for the same error (Hutchinson 1989)
    assert probes < hutchinson / 10
