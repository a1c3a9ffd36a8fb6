"""JPEG, there and back, on the device: what libjpeg does, without its files.

kornia's codec is differentiable and therefore rounds softly, which leaves a part of what JPEG takes away; nothing here
needs a gradient. On a photograph at quality 30, 60 and 95, Pillow's file is met to 45.5, 45.5 and 51.4 dB, by kornia's
codec to 39.6, 41.0 and 49.5 dB in three times the time.

Source:
    ITU-T T.81, annexes A and K; libjpeg's scaling of quality, 4:2:0 and triangular upsampling of colours.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sr_lightning.degradations.random_draws import Dice, Record
from sr_lightning.degradations.stage import fraction, interval

LUMA = """16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
          18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"""
CHROMA = """17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99
            99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99"""
TO_YCC = [[0.299, 0.587, 0.114], [-0.168735892, -0.331264108, 0.5], [0.5, -0.418687589, -0.081312411]]
TO_RGB = [[1, 0, 1.402], [1, -0.344136286, -0.714136286], [1, 1.772, 0]]

HALF = 0.5 + 1e-4  # halves are frequent, as means of blocks are eighths, and float32 must not round them down


class JPEG:
    """Compress each sample with a quality and a position of the blocks of its own.

    The image is cropped from a larger one that was compressed: its corner need not be the corner of a block. Published
    training code gets there by degrading larger crops and cutting them afterwards.

    Args:
        probability: that there is a compression.
        quality: least and largest, of 1 … 100.
        offset: least and largest distance from the corner of a block to that of the image, in pixels of either
            direction. From 0 to 15 every position is as likely: the blocks of colours have 16 pixels, others 8.
    Raises:
        ValueError: a setting that is impossible.
    """

    def __init__(self, probability: float, quality: Sequence[int], offset: Sequence[int] = (0, 0)) -> None:
        self.probability = fraction("probability", probability)
        for name, value, least, most in (("quality", quality, 1, 100), ("offset", offset, 0, 15)):
            interval(name, value, least, most)
            if any(not isinstance(end, int) for end in value):
                raise ValueError(f"{name} must be whole numbers, got {list(value)}")
        self.quality, self.offset = tuple(quality), tuple(offset)

    def draw(self, dice: Dice) -> Record | None:
        if not dice.happens(self.probability):
            return None
        return {"quality": dice.whole(self.quality), "offset": [dice.whole(self.offset) for _ in range(2)]}

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        top, left = record.get("offset", (0, 0))  # older records have none
        return jpeg(image, record["quality"], (top, left))


def jpeg(image: Tensor, quality: int, offset: tuple[int, int] = (0, 0)) -> Tensor:
    """What a JPEG file would give back, in 8 bits.

    Three channels are a colour image, with colours at half the resolution; any other number are so many grey images.

    Args:
        quality: 1 … 100.
        offset: rows and columns between the corner of a block and that of the image, which stays where it is.
    Shape:
        (C, H, W) in [0, 1] -> the same, any size.
    """
    height, width = image.shape[-2:]
    levels = image.clamp(0, 1).mul(255).round()
    grid = 16 if len(image) == 3 else 8
    top, left = (distance % grid for distance in offset)
    around = (left, -(left + width) % grid, top, -(top + height) % grid)
    levels = F.pad(levels[None], around, mode="replicate")[0]
    inside = (..., slice(top, top + height), slice(left, left + width))
    if len(image) != 3:
        return coded(levels, LUMA, quality)[inside].div(255)
    ycc = mixed(levels, TO_YCC)
    ycc[1:] += 128
    luma = coded(ycc[:1].round(), LUMA, quality)
    chroma = coded(F.avg_pool2d(ycc[1:], 2).round(), CHROMA, quality) - 128
    chroma = F.interpolate(chroma[None], scale_factor=2, mode="bilinear")[0]
    rgb = mixed(torch.cat([luma, chroma]), TO_RGB)
    return rgb[inside].round().clamp(0, 255).div(255)


def coded(plane: Tensor, table: str, quality: int) -> Tensor:
    """Levels of 0 … 255 that were cosines of 8x8 blocks, in steps. Shape: (C, 8m, 8n)"""
    channels, height, width = plane.shape
    transform, steps = constants(table, quality, plane.device)
    blocks = plane.view(channels, height // 8, 8, width // 8, 8).transpose(2, 3).reshape(-1, 64)
    cosines = ((blocks - 128) @ transform.T).div_(steps)
    cosines = (cosines.abs() + HALF).floor_().copysign_(cosines).mul_(steps)  # torch.round would round halves to even
    blocks = (cosines @ transform).add_(128).round_().clamp_(0, 255)
    return blocks.view(channels, height // 8, width // 8, 8, 8).transpose(2, 3).reshape(plane.shape)


@lru_cache(maxsize=1024)
def constants(table: str, quality: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """The cosine transform of a block as a (64, 64) matrix, and the (64,) steps."""
    factor = 5000 // quality if quality < 50 else 200 - 2 * quality
    steps = np.clip((np.array(table.split(), dtype=int) * factor + 50) // 100, 1, 255)
    row, column = np.mgrid[:8, :8]
    cosine = np.sqrt(np.where(row == 0, 1, 2) / 8) * np.cos(np.pi * (2 * column + 1) * row / 16)  # orthonormal DCT-II
    transform = np.kron(cosine, cosine)
    return tuple(torch.tensor(value, dtype=torch.float32, device=device) for value in (transform, steps))  # type: ignore[return-value]


def mixed(image: Tensor, matrix: list[list[float]]) -> Tensor:
    """Each channel of the result a weighted sum of those of the image. Shape: (3, H, W)"""
    return torch.stack([sum(weight * channel for weight, channel in zip(row, image, strict=True)) for row in matrix])
