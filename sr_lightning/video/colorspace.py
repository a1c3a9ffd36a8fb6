"""Colours of videos: YUV by many matrices, and the RGB that networks take."""

from dataclasses import dataclass
from typing import Any

import numpy as np

LIMITED, FULL = 1, 2  # ranges, as in ITU-T H.273 and FFmpeg
BT709, BT601, BT2020 = 1, 5, 9  # matrices, by FFmpeg's numbers for swscale
_MATRICES = {1: BT709, 4: 4, 5: BT601, 6: BT601, 7: 7, 9: BT2020, 10: BT2020}
_TALL = 720  # rows; where a file does not say it, players take BT.601 for less
WIDE_PRIMARIES = {9, 11, 12}  # BT.2020, DCI-P3, Display P3; numbers of ITU-T H.273
WIDE_TRANSFERS = {14, 15, 16, 18}  # BT.2020 in 10 and 12 bits, PQ, HLG


@dataclass(frozen=True)
class Colours:
    """How a video is to be written, so that it looks as the one that it was made of.

    Args:
        bits: 8 or 10.
        matrix: from RGB to YUV, and primaries and transfer, by their numbers in ITU-T H.273.
    """

    bits: int
    matrix: int
    primaries: int
    transfer: int

    @property
    def scaled_by(self) -> int:
        """The matrix by swscale's number."""
        return _MATRICES[self.matrix]


def colours(stream: Any) -> Colours:
    """What is written in the place of a stream: wide colours and more than 8 bits are kept, all others are BT.709.

    The pixels are what the file holds, whatever curve of brightness they follow: networks enlarge HDR as it is.
    """
    context = stream.codec_context
    deep = max(component.bits for component in context.format.components) > 8
    primaries, transfer, matrix = int(context.color_primaries), int(context.color_trc), int(context.colorspace)
    if primaries in WIDE_PRIMARIES or transfer in WIDE_TRANSFERS:
        kept = matrix if matrix in _MATRICES else 9
        return Colours(10, kept, primaries, transfer)
    return Colours(10 if deep else 8, BT709, BT709, BT709)


def upright(frame: Any) -> np.ndarray:
    """A frame as RGB, by its own matrix and range, turned as it is to be shown. Shape: (H, W, 3) uint16."""
    components = frame.format.name
    full = frame.color_range == FULL or components.startswith("yuvj") or frame.format.is_rgb
    guess = BT601 if frame.height < _TALL else BT709
    converted = frame.reformat(
        format="rgb48le",
        src_colorspace=_MATRICES.get(int(frame.colorspace), guess),
        src_color_range=FULL if full else LIMITED,
        dst_color_range=FULL,
        interpolation=scaling(),
    )
    return np.ascontiguousarray(np.rot90(converted.to_ndarray(), round(frame.rotation / 90)))


def scaling() -> int:
    """How colours of half the size are enlarged: exactly, without the shortcuts for speed."""
    from av.video.reformatter import Interpolation

    exact = Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP | Interpolation.ACCURATE_RND
    return int(Interpolation.BICUBIC | exact)
