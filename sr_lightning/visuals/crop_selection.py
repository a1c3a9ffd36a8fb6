"""Selection of crops that show differences between versions of an image."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

STRIDE = 4  # pixels between candidate corners


class Square(NamedTuple):
    """A square crop, in pixels of the full-size image."""

    top: int
    left: int
    side: int


def telling_squares(images: Sequence[Tensor], side: int = 96, count: int = 1, distance: float = 1.0) -> list[Square]:
    """Return the squares where several versions differ most, or where a single image has the strongest edges.

    Squares do not overlap, so there may be fewer than `count`. The choice is deterministic.

    Args:
        images: versions of one photograph; pass only the interpolated one to get the same squares for every network.
        side: in pixels, clipped to the shorter side of the image.
        count: number of squares.
        distance: minimum distance of corners, horizontally or vertically, in sides; at 1, squares may touch.

    Shape:
        each image (3, H, W)

    Raises:
        ValueError: no image, images of different sizes, or a side, count or distance below 1.
    """
    if not images or len({image.shape for image in images}) > 1:
        raise ValueError(f"images of one size are needed, got {[tuple(image.shape) for image in images]}")
    if min(side, count, distance) < 1:
        raise ValueError(f"side, count and distance must be at least 1, got {side}, {count} and {distance}")
    images = [image.detach().float().cpu().clamp(0, 1) for image in images]
    height, width = images[0].shape[-2:]
    side = min(side, height, width)
    interest = torch.stack(images).std(0).mean(0) if len(images) > 1 else edges(images[0])
    energy = F.avg_pool2d(interest[None, None], side, stride=STRIDE)[0, 0]
    squares: list[Square] = []
    while len(squares) < count and energy.isfinite().any():
        row, column = divmod(int(energy.argmax()), energy.shape[1])
        squares.append(Square(STRIDE * row, STRIDE * column, side))
        reach = int(distance * side - 1) // STRIDE
        energy[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1] = -torch.inf
    return squares


def edges(image: Tensor) -> Tensor:
    """Return absolute differences to the right and lower neighbors in gray. Shape: (3, H, W) -> (H, W)."""
    gray = image.mean(0)
    return F.pad(gray.diff(dim=-1).abs(), (0, 1)) + F.pad(gray.diff(dim=-2).abs(), (0, 0, 0, 1))


def same_place(square: Square, image: Tensor, width: int) -> Tensor:
    """Crop a square, given in pixels of an image of ``width`` pixels, from a version that may be smaller."""
    ratio = image.shape[-1] / width
    top, left, bottom, right = (
        round(edge * ratio) for edge in (square.top, square.left, square.top + square.side, square.left + square.side)
    )
    return image[..., top : max(bottom, top + 1), left : max(right, left + 1)]
