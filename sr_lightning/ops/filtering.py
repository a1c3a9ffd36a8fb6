"""Filtering with large kernels, by FFT or by matrix products."""

from torch import Tensor, device
from torch.fft import irfft2, rfft2
from torch.nn import functional as F

from sr_lightning.ops.resize import mirror

CHUNK = 32  # pixels of a row that one matrix product computes
GRID = 16  # FFT sizes are multiples of it: few distinct sizes, with small prime factors


def filter2d(image: Tensor, kernel: Tensor) -> Tensor:
    """Correlate with one kernel, by FFT; edges are mirrored.

    Shape:
        (..., H, W) and (k, k), k odd -> (..., H, W)
    """
    pad = len(kernel) // 2
    rows, columns = (mirror(length, pad, image.device) for length in image.shape[-2:])
    padded = image.index_select(-2, rows).index_select(-1, columns)
    shape = [-(-length // GRID) * GRID for length in padded.shape[-2:]]
    product = rfft2(padded, s=shape) * rfft2(kernel.flip(0, 1), s=shape)
    return irfft2(product, s=shape)[..., 2 * pad : padded.shape[-2], 2 * pad : padded.shape[-1]]


def separable_filter2d(image: Tensor, kernel: Tensor) -> Tensor:
    """Correlate with one 1D kernel along both axes, by products with a banded matrix; edges are mirrored.

    Shape:
        (..., H, W) and (k,), k odd -> (..., H, W)
    """
    band = F.pad(kernel, (CHUNK - 1, CHUNK - 1)).unfold(0, CHUNK - 1 + len(kernel), 1).flip(0)  # one row per pixel
    height, width = image.shape[-2:]
    for axis, length in ((-2, height), (-1, width)):
        indices = chunk_indices(length, len(kernel), image.device)
        chunks = image.index_select(axis, indices.flatten()).unflatten(axis, indices.shape)
        image = (band @ chunks).flatten(-3, -2) if axis == -2 else (chunks @ band.T).flatten(-2)
        image = image.narrow(axis, 0, length)
    return image


def chunk_indices(length: int, size: int, device: device) -> Tensor:
    """Return the indices of the pixels that contribute to each chunk. Shape: (chunks, CHUNK - 1 + size)."""
    pad, missing = size // 2, -length % CHUNK
    return mirror(length, pad + missing, device)[missing:].unfold(0, CHUNK - 1 + size, CHUNK)
