"""What must survive when a picture is read, changed and written."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

ROWS = 256  # quantised at once: a whole picture in float32 would be held several times


@dataclass(frozen=True)
class Metadata:
    """What a file says about its pixels.

    Args:
        icc: colour profile of the colours as they are.
        exif: without the orientation, which is applied.
        dpi: horizontal and vertical.
        xmp: without the orientation and the size.
        text: PNG's.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    xmp: bytes | None = None
    text: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """Pixels of a file, upright, and what it says about them.

    Args:
        pixels: (H, W, C) uint8 or uint16; 1 channel is grey, 2 are grey and alpha, 3 RGB, 4 RGB and alpha.
        metadata: of the file.
    """

    pixels: np.ndarray
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def depth(self) -> int:
        """8 or 16 bits."""
        return 8 * self.pixels.dtype.itemsize

    @property
    def colours(self) -> Tensor:
        """(1, H, W) grey or (3, H, W) RGB, float32 in [0, 1]."""
        return self._channels(slice(0, 1 if self.pixels.shape[2] < 3 else 3))

    @property
    def alpha(self) -> Tensor | None:
        """(1, H, W) float32 in [0, 1], 1 is opaque."""
        return None if self.pixels.shape[2] % 2 else self._channels(slice(-1, None))

    def _channels(self, which: slice) -> Tensor:
        planes = np.ascontiguousarray(self.pixels[:, :, which].transpose(2, 0, 1), dtype=np.float32)
        return torch.from_numpy(planes).div_(2**self.depth - 1)

    @classmethod
    def of(cls, colours: Tensor, alpha: Tensor | None, depth: int, metadata: Metadata) -> "Picture":
        """Clamp to [0, 1] and round to the nearest level.

        Shape:
            (1 or 3, H, W) and (1, H, W), floating point
        """
        parts = [colours] if alpha is None else [colours, alpha]
        height, width = colours.shape[1:]
        pixels = np.empty((height, width, sum(map(len, parts))), np.uint8 if depth == 8 else np.uint16)
        for top in range(0, height, ROWS):
            strip = torch.cat([part[:, top : top + ROWS].float().cpu() for part in parts])
            levels = strip.clamp_(0, 1).mul_(2**depth - 1).round_()
            pixels[top : top + ROWS] = levels.permute(1, 2, 0).numpy()
        return cls(pixels, metadata)
