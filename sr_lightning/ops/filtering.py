"""Filtering by kernels that are too wide for a convolution to be quick."""

from torch import Tensor, device
from torch.fft import irfft2, rfft2
from torch.nn import functional as F

from sr_lightning.ops.resize import mirror

CHUNK = 32  # pixels of a line that one product of matrices gives
GRID = 16  # sizes of transforms are multiples of it: few, and of small factors


def filtered(image: Tensor, kernel: Tensor) -> Tensor:
    """Correlation with one kernel, by Fourier transforms; edges are mirrored.

    Shape:
        (..., H, W) and (k, k), k odd -> (..., H, W)
    """
    pad = len(kernel) // 2
    rows, columns = (mirror(length, pad, image.device) for length in image.shape[-2:])
    padded = image.index_select(-2, rows).index_select(-1, columns)
    shape = [-(-length // GRID) * GRID for length in padded.shape[-2:]]
    product = rfft2(padded, s=shape) * rfft2(kernel.flip(0, 1), s=shape)
    return irfft2(product, s=shape)[..., 2 * pad : padded.shape[-2], 2 * pad : padded.shape[-1]]


def separable(image: Tensor, line: Tensor) -> Tensor:
    """Correlation with one line of weights down and across, by products with a banded matrix; edges are mirrored.

    Shape:
        (..., H, W) and (k,), k odd -> (..., H, W)
    """
    band = F.pad(line, (CHUNK - 1, CHUNK - 1)).unfold(0, CHUNK - 1 + len(line), 1).flip(0)  # a row for each pixel
    height, width = image.shape[-2:]
    for axis, length in ((-2, height), (-1, width)):
        window = windows(length, len(line), image.device)
        parts = image.index_select(axis, window.flatten()).unflatten(axis, window.shape)
        image = (band @ parts).flatten(-3, -2) if axis == -2 else (parts @ band.T).flatten(-2)
        image = image.narrow(axis, 0, length)
    return image


def windows(length: int, size: int, device: device) -> Tensor:
    """The pixels that each chunk of a line is made of. Shape: (chunks, CHUNK - 1 + size)"""
    pad, missing = size // 2, -length % CHUNK
    return mirror(length, pad + missing, device)[missing:].unfold(0, CHUNK - 1 + size, CHUNK)
