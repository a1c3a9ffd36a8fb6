"""Blur kernels: Gaussians that are round or not, sharper or flatter than Gaussian, and the ideal low-pass filter.

Source:
    Real-ESRGAN, arXiv:2107.10833, sec. 3.2 to 3.4; generalised and plateau-shaped: Liu et al. 2020, arXiv:2012.12543.
Shape:
    (size, size), float64, sum 1.
"""

from math import cos, pi, sin

import numpy as np


def grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Offsets (x, y) of each pixel from the middle one."""
    half = size // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(float)
    return x, y


def distance(size: int, sigma: tuple[float, float], angle: float) -> np.ndarray:
    """Squared Mahalanobis distance from the middle.

    Args:
        sigma: widths along the two axes of the ellipse.
        angle: of the first axis, in radians.
    """
    x, y = grid(size)
    along, across = x * cos(angle) + y * sin(angle), y * cos(angle) - x * sin(angle)
    return (along / sigma[0]) ** 2 + (across / sigma[1]) ** 2


def gaussian(size: int, sigma: tuple[float, float], angle: float = 0, beta: float = 1) -> np.ndarray:
    """Generalised Gaussian exp(-d^beta / 2); the Gaussian itself for beta 1."""
    return normalised(np.exp(-0.5 * distance(size, sigma, angle) ** beta))


def plateau(size: int, sigma: tuple[float, float], angle: float = 0, beta: float = 1) -> np.ndarray:
    """1 / (1 + d^beta): flat in the middle."""
    return normalised(1 / (1 + distance(size, sigma, angle) ** beta))


def sinc(size: int, cutoff: float) -> np.ndarray:
    """The circular low-pass filter, cut off to a square: it rings, as resampled and oversharpened images do.

    Args:
        cutoff: frequency from which nothing passes, in units of the highest one.
    """
    from scipy.special import j1  # here because scipy is slow to import

    omega = cutoff * pi
    radius = np.hypot(*grid(size))
    radius[size // 2, size // 2] = 1  # the limit is put there below
    kernel = omega * j1(omega * radius) / (2 * pi * radius)
    kernel[size // 2, size // 2] = omega**2 / (4 * pi)
    return normalised(kernel)


def normalised(kernel: np.ndarray) -> np.ndarray:
    """Of sum 1."""
    return kernel / kernel.sum()
