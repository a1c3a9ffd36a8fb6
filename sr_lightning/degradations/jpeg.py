"""JPEG compression and decompression on the device, equivalent to libjpeg.

kornia's codec is differentiable and therefore rounds softly, which keeps part of what JPEG removes; no gradient is
needed here. On a photograph at quality 30, 60 and 95, the result agrees with Pillow's to 45.5, 45.5 and 51.4 dB;
kornia's codec reaches 39.6, 41.0 and 49.5 dB and takes three times as long.

Source:
    ITU-T T.81, annexes A and K; libjpeg's scaling of quality, 4:2:0 and triangular upsampling of chroma.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sr_lightning.degradations.random_draws import Record, SampleRNG
from sr_lightning.degradations.stage import fraction, interval

LUMA = """16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
          18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"""
CHROMA = """17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99
            99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99"""
TO_YCBCR = [[0.299, 0.587, 0.114], [-0.168735892, -0.331264108, 0.5], [0.5, -0.418687589, -0.081312411]]
TO_RGB = [[1, 0, 1.402], [1, -0.344136286, -0.714136286], [1, 1.772, 0]]

HALF = 0.5 + 1e-4  # ties are frequent, as block means are multiples of 1/8; float32 errors must not round them down


class JPEG:
    """Compress with a quality and a position of the block grid drawn per sample.

    Crops of a compressed photograph rarely begin at a block corner. Published training code reproduces this by
    degrading larger crops and cropping afterwards; here the block grid is shifted instead.

    Args:
        probability: of compressing a sample.
        quality: lowest and highest, within 1 and 100.
        offset: smallest and largest distance from a block corner to the image corner, in pixels, drawn for each
            direction. [0, 15] makes all positions equally likely: chroma blocks cover 16 pixels, others 8.
    Raises:
        ValueError: an invalid setting.
    """

    def __init__(self, probability: float, quality: Sequence[int], offset: Sequence[int] = (0, 0)) -> None:
        self.probability = fraction("probability", probability)
        for name, value, minimum, maximum in (("quality", quality, 1, 100), ("offset", offset, 0, 15)):
            interval(name, value, minimum, maximum)
            if any(not isinstance(end, int) for end in value):
                raise ValueError(f"{name} must be integers, got {list(value)}")
        self.quality, self.offset = tuple(quality), tuple(offset)

    def draw(self, rng: SampleRNG) -> Record | None:
        """Draw the quality and the position of the block grid."""
        if not rng.chance(self.probability):
            return None
        return {"quality": rng.integer(self.quality), "offset": [rng.integer(self.offset) for _ in range(2)]}

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        """Compress with the drawn quality. Shape: (C, H, W) -> the same, rounded to 8 bits."""
        top, left = record.get("offset", (0, 0))  # records of older versions have no offset
        return jpeg(image, record["quality"], (top, left))


def jpeg(image: Tensor, quality: int, offset: tuple[int, int] = (0, 0)) -> Tensor:
    """Return the image as decoded from a JPEG file.

    Three channels are compressed as a color image with chroma at half resolution (4:2:0); any other number as separate
    gray images.

    Args:
        quality: 1 to 100.
        offset: rows and columns from a block corner to the image corner.
    Shape:
        (C, H, W) in [0, 1], any size -> the same, rounded to 8 bits.
    """
    height, width = image.shape[-2:]
    levels = image.clamp(0, 1).mul(255).round()
    grid = 16 if len(image) == 3 else 8
    top, left = (distance % grid for distance in offset)
    padding = (left, -(left + width) % grid, top, -(top + height) % grid)
    levels = F.pad(levels[None], padding, mode="replicate")[0]
    inside = (..., slice(top, top + height), slice(left, left + width))
    if len(image) != 3:
        return compress_plane(levels, LUMA, quality)[inside].div(255)
    ycbcr = mix_channels(levels, TO_YCBCR)
    ycbcr[1:] += 128
    luma = compress_plane(ycbcr[:1].round(), LUMA, quality)
    chroma = compress_plane(F.avg_pool2d(ycbcr[1:], 2).round(), CHROMA, quality) - 128
    chroma = F.interpolate(chroma[None], scale_factor=2, mode="bilinear")[0]
    rgb = mix_channels(torch.cat([luma, chroma]), TO_RGB)
    return rgb[inside].round().clamp(0, 255).div(255)


def compress_plane(plane: Tensor, table: str, quality: int) -> Tensor:
    """Quantize the DCT of 8x8 blocks and transform back. Shape: (C, 8m, 8n) in [0, 255] -> the same, integers."""
    channels, height, width = plane.shape
    transform, steps = dct_constants(table, quality, plane.device)
    blocks = plane.view(channels, height // 8, 8, width // 8, 8).transpose(2, 3).reshape(-1, 64)
    coefficients = ((blocks - 128) @ transform.T).div_(steps)
    levels = (coefficients.abs() + HALF).floor_().copysign_(coefficients)  # torch.round would round halves to even
    coefficients = levels.mul_(steps)
    blocks = (coefficients @ transform).add_(128).round_().clamp_(0, 255)
    return blocks.view(channels, height // 8, width // 8, 8, 8).transpose(2, 3).reshape(plane.shape)


@lru_cache(maxsize=1024)
def dct_constants(table: str, quality: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the DCT of a block as a (64, 64) matrix, and the (64,) quantization steps.

    Args:
        table: quantization table of quality 50, as text.
        quality: 1 to 100.
        device: of both tensors.
    """
    factor = 5000 // quality if quality < 50 else 200 - 2 * quality
    steps = np.clip((np.array(table.split(), dtype=int) * factor + 50) // 100, 1, 255)
    row, column = np.mgrid[:8, :8]
    cosine = np.sqrt(np.where(row == 0, 1, 2) / 8) * np.cos(np.pi * (2 * column + 1) * row / 16)  # orthonormal DCT-II
    transform = np.kron(cosine, cosine)
    return tuple(torch.tensor(value, dtype=torch.float32, device=device) for value in (transform, steps))  # type: ignore[return-value]


def mix_channels(image: Tensor, matrix: list[list[float]]) -> Tensor:
    """Multiply the channels by a 3x3 matrix. Shape: (3, H, W) -> (3, H, W)."""
    return torch.stack([sum(weight * channel for weight, channel in zip(row, image, strict=True)) for row in matrix])
