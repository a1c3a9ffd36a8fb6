"""MATLAB's imresize as a product of matrices in float64, as a reference."""

from fractions import Fraction

import numpy as np


def imresize(image: np.ndarray, scale: Fraction | int | None = None, size: tuple[int, int] | None = None) -> np.ndarray:
    """Resize by bicubic interpolation as MATLAB's ``imresize(image, scale)`` or ``imresize(image, size)`` does.

    A scale gives ceil(scale · size) pixels; a size is met exactly and sets a scale for each side.

    Args:
        image: (H, W, C) float64 of any range; the result is not clipped.
        scale: output pixels for each input pixel.
        size: output height and width.
    """
    if (scale is None) == (size is None):
        raise ValueError("give a scale or a size")
    rows, columns = (
        weights(length, -(-length * Fraction(scale) // 1), Fraction(scale))
        if size is None
        else weights(length, size[axis], Fraction(size[axis], length))
        for axis, length in enumerate(image.shape[:2])
    )
    return np.einsum("ih,jw,hwc->ijc", rows, columns, image.astype(np.float64), optimize=True)


def weights(length: int, out_length: int, scale: Fraction) -> np.ndarray:
    """Return the matrix (out_length, length) that resizes one side.

    Pixels are unit squares, so the center of output pixel i lies at (i + 1/2) / scale - 1/2. Downscaling stretches the
    kernel by 1 / scale. Positions beyond the border mirror into the image, the border pixel included.
    """
    stretch = max(1.0, 1 / float(scale))
    centers = (np.arange(out_length) + 0.5) / float(scale) - 0.5
    reach = int(np.ceil(2 * stretch)) + 1
    positions = np.floor(centers)[:, None].astype(int) + np.arange(-reach, reach + 2)
    values = cubic((centers[:, None] - positions) / stretch)
    values /= values.sum(axis=1, keepdims=True)
    mirrored = positions % (2 * length)
    mirrored = np.minimum(mirrored, 2 * length - 1 - mirrored)
    matrix = np.zeros((out_length, length))
    np.add.at(matrix, (np.arange(out_length)[:, None], mirrored), values)
    return matrix


def cubic(x: np.ndarray) -> np.ndarray:
    """Return Keys' cubic convolution kernel with a = -1/2."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0))
