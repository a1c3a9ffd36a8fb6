"""Filtering by kernels that are too wide for a convolution to be quick."""

from torch import Tensor
from torch.fft import irfft2, rfft2

from sr_lightning.resize import mirror

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
