"""Blur kernels: isotropic and anisotropic Gaussians, their generalized and plateau-shaped variants, and sinc filters.

Source:
    Real-ESRGAN, arXiv:2107.10833, sec. 3.2 to 3.4; generalized and plateau-shaped: Liu et al. 2020, arXiv:2012.12543.
Shape:
    (size, size), float64, sum 1.
"""

from math import cos, pi, sin

import numpy as np
from scipy.special import j1


def offsets(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the offsets (x, y) of each pixel from the center."""
    half = size // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(float)
    return x, y


def mahalanobis_squared(size: int, sigma: tuple[float, float], angle: float) -> np.ndarray:
    """Return the squared Mahalanobis distance of each pixel from the center.

    Args:
        sigma: standard deviations along the two axes of the ellipse, in pixels.
        angle: of the first axis, in radians.
    """
    x, y = offsets(size)
    along, across = x * cos(angle) + y * sin(angle), y * cos(angle) - x * sin(angle)
    return (along / sigma[0]) ** 2 + (across / sigma[1]) ** 2


def gaussian(size: int, sigma: tuple[float, float], angle: float = 0, beta: float = 1) -> np.ndarray:
    """Return the generalized Gaussian exp(-d^beta / 2) of the squared distance d; beta 1 is the Gaussian."""
    return normalize(np.exp(-0.5 * mahalanobis_squared(size, sigma, angle) ** beta))


def plateau(size: int, sigma: tuple[float, float], angle: float = 0, beta: float = 1) -> np.ndarray:
    """Return the plateau-shaped kernel 1 / (1 + d^beta) of the squared distance d."""
    return normalize(1 / (1 + mahalanobis_squared(size, sigma, angle) ** beta))


def sinc(size: int, cutoff: float) -> np.ndarray:
    """Return the ideal circular low-pass filter, truncated to a square.

    It produces ringing, as resampling and oversharpening do.

    Args:
        cutoff: frequency above which nothing passes; 1 is the Nyquist frequency.
    """
    omega = cutoff * pi
    radius = np.hypot(*offsets(size))
    radius[size // 2, size // 2] = 1  # avoids 0/0; the limit is assigned below
    kernel = omega * j1(omega * radius) / (2 * pi * radius)
    kernel[size // 2, size // 2] = omega**2 / (4 * pi)
    return normalize(kernel)


def normalize(kernel: np.ndarray) -> np.ndarray:
    """Scale to sum 1."""
    return kernel / kernel.sum()
