"""Blur kernels agree with their formulas."""

from math import cos, exp, pi, sin

import numpy as np
import pytest

from sr_lightning.degradations import blur_kernels
from sr_lightning.degradations.blur import kernel


@pytest.mark.parametrize("size", [1, 7, 21])
@pytest.mark.parametrize("kind", ["gaussian", "generalized", "plateau"])
def test_elliptic_kernels_agree_with_their_formulas(size, kind):
    """By the inverse of the covariance matrix R diag(sigma²) R', pixel by pixel."""
    sigma, angle, beta = (0.7, 2.5), 0.6, 1 if kind == "gaussian" else 1.8
    rotation = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    inverse = np.linalg.inv(rotation @ np.diag(np.square(sigma)) @ rotation.T)
    expected = np.zeros((size, size))
    for row in range(size):
        for column in range(size):
            place = np.array([column - size // 2, row - size // 2])
            power = (place @ inverse @ place) ** beta
            expected[row, column] = 1 / (1 + power) if kind == "plateau" else exp(-power / 2)
    shape = {} if kind == "gaussian" else {"beta": beta}
    actual = kernel(f"{kind}_anisotropic", size, sigma=sigma, angle=angle, **shape)
    np.testing.assert_allclose(actual, expected / expected.sum(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cutoff", [0.2, 1 / 3, 0.9])
def test_sinc_is_the_inverse_fourier_transform_of_a_disk(cutoff):
    """Numerically: the mean of cos(u x + v y) over frequencies within the radius cutoff·pi."""
    angles = np.arange(128) * 2 * pi / 128
    nodes, shares = np.polynomial.legendre.leggauss(48)
    radii = (nodes + 1) / 2 * cutoff * pi
    expected = np.zeros((13, 13))
    for row in range(13):
        for column in range(13):
            phase = np.outer(radii, (column - 6) * np.cos(angles) + (row - 6) * np.sin(angles))
            expected[row, column] = (np.cos(phase) * (radii * shares)[:, None]).sum()
    np.testing.assert_allclose(blur_kernels.sinc(13, cutoff), expected / expected.sum(), rtol=0, atol=1e-12)
