"""Color spaces of videos, and conversion of frames to RGB."""

from dataclasses import dataclass
from typing import Any

import numpy as np

LIMITED, FULL = 1, 2  # ranges, as in ITU-T H.273 and FFmpeg
BT709, BT601, BT2020 = 1, 5, 9  # matrices, by FFmpeg's numbers for swscale
_MATRICES = {1: BT709, 4: 4, 5: BT601, 6: BT601, 7: 7, 9: BT2020, 10: BT2020}
_TALL = 720  # rows; for videos without a matrix, players assume BT.601 below this height
WIDE_PRIMARIES = {9, 11, 12}  # BT.2020, DCI-P3, Display P3; numbers of ITU-T H.273
WIDE_TRANSFERS = {14, 15, 16, 18}  # BT.2020 in 10 and 12 bits, PQ, HLG


@dataclass(frozen=True)
class ColorSpace:
    """Bit depth and color space of the output, chosen to look like the input.

    Args:
        bits: 8 or 10.
        matrix: of the conversion between RGB and YUV, as its number in ITU-T H.273.
        primaries: as their number in ITU-T H.273.
        transfer: characteristics, as their number in ITU-T H.273.
    """

    bits: int
    matrix: int
    primaries: int
    transfer: int

    @property
    def swscale_matrix(self) -> int:
        """Return the number of the matrix in swscale."""
        return _MATRICES[self.matrix]


def color_space(stream: Any) -> ColorSpace:
    """Return the output color space of a stream: wide gamuts and 10 bits are kept, everything else becomes BT.709.

    Pixel values are not converted between transfer characteristics: networks upscale HDR values as they are.
    """
    context = stream.codec_context
    deep = max(component.bits for component in context.format.components) > 8
    primaries, transfer, matrix = int(context.color_primaries), int(context.color_trc), int(context.colorspace)
    if primaries in WIDE_PRIMARIES or transfer in WIDE_TRANSFERS:
        kept = matrix if matrix in _MATRICES else 9
        return ColorSpace(10, kept, primaries, transfer)
    return ColorSpace(10 if deep else 8, BT709, BT709, BT709)


def to_rgb(frame: Any) -> np.ndarray:
    """Convert a frame to RGB by its own matrix and range, and rotate it for display. Shape: (H, W, 3) uint16."""
    components = frame.format.name
    full = frame.color_range == FULL or components.startswith("yuvj") or frame.format.is_rgb
    guess = BT601 if frame.height < _TALL else BT709
    converted = frame.reformat(
        format="rgb48le",
        src_colorspace=_MATRICES.get(int(frame.colorspace), guess),
        src_color_range=FULL if full else LIMITED,
        dst_color_range=FULL,
        interpolation=swscale_flags(),
    )
    return np.ascontiguousarray(np.rot90(converted.to_ndarray(), round(frame.rotation / 90)))


def swscale_flags() -> int:
    """Return swscale's flags for bicubic chroma scaling without approximations."""
    from av.video.reformatter import Interpolation

    exact = Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP | Interpolation.ACCURATE_RND
    return int(Interpolation.BICUBIC | exact)
