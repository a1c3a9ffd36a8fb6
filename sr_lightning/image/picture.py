"""A picture: pixels with alpha and bit depth, and the metadata to keep when it is processed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

ROWS = 256  # rows converted at once, to avoid several float32 copies of large pictures


@dataclass(frozen=True)
class Metadata:
    """Metadata of an image file.

    Args:
        icc: color profile.
        exif: without the orientation, which has been applied to the pixels.
        dpi: horizontal and vertical resolution.
        xmp: without orientation and size.
        text: PNG text chunks.
        color_space: PNG chunks that define the colors, such as gAMA and cICP.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    xmp: bytes | None = None
    text: Mapping[str, str] = field(default_factory=dict)
    color_space: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """Pixels and metadata of a file, with the EXIF orientation applied.

    Args:
        pixels: (H, W, C) uint8 or uint16; the channels are gray, gray and alpha, RGB, or RGB and alpha.
        metadata: of the file.
    """

    pixels: np.ndarray
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def depth(self) -> int:
        """Bits per channel, 8 or 16."""
        return 8 * self.pixels.dtype.itemsize

    @property
    def color(self) -> Tensor:
        """Color channels. Shape: (1, H, W) gray or (3, H, W) RGB, float32 in [0, 1]."""
        return self._channels(slice(0, 1 if self.pixels.shape[2] < 3 else 3))

    @property
    def alpha(self) -> Tensor | None:
        """Alpha channel or None. Shape: (1, H, W) float32 in [0, 1], 1 is opaque."""
        return None if self.pixels.shape[2] % 2 else self._channels(slice(-1, None))

    def _channels(self, which: slice) -> Tensor:
        planes = np.ascontiguousarray(self.pixels[:, :, which].transpose(2, 0, 1), dtype=np.float32)
        return torch.from_numpy(planes).div_(2**self.depth - 1)

    @classmethod
    def of(cls, color: Tensor, alpha: Tensor | None, depth: int, metadata: Metadata) -> "Picture":
        """Create a picture; values are clamped to [0, 1] and rounded.

        Args:
            color: (1, H, W) gray or (3, H, W) RGB, floating point.
            alpha: (1, H, W) floating point, or None.
            depth: 8 or 16 bits.
            metadata: of the picture.
        """
        parts = [color] if alpha is None else [color, alpha]
        height, width = color.shape[1:]
        pixels = np.empty((height, width, sum(map(len, parts))), np.uint8 if depth == 8 else np.uint16)
        for top in range(0, height, ROWS):
            strip = torch.cat([part[:, top : top + ROWS].float().cpu() for part in parts])
            levels = strip.clamp_(0, 1).mul_(2**depth - 1).round_()
            pixels[top : top + ROWS] = levels.permute(1, 2, 0).numpy()
        return cls(pixels, metadata)
