"""Decode PPM and PGM files of more than 8 bits, which Pillow reduces to 8 bits."""

import re

import numpy as np

from sr_lightning.image.files import check_size
from sr_lightning.image.pixel_values import scale_to_uint16

_GAP = rb"(?:\s|#[^\r\n]*[\r\n])+"
_HEADER = re.compile(rb"P([2356])" + (_GAP + rb"(\d{1,9})") * 3)


def decode_ppm(content: bytes) -> np.ndarray | None:
    """Decode a PPM or PGM file whose white is above 255; return None for other files.

    Shape:
        (H, W, C) uint16, gray or RGB.
    Raises:
        ValueError: the file is truncated, or white is above 65535.
        UnsupportedError: a value is above white.
    """
    header = _HEADER.match(content)
    if header is None:
        return None
    kind, width, height, white = map(int, header.groups())
    if white <= 255:
        return None
    if white > 65535 or not width * height:
        raise ValueError(f"{width}x{height} pixels with values up to {white}")
    channels = 3 if kind in (3, 6) else 1
    check_size(width, height, 2 * channels, len(content))
    count = width * height * channels
    if kind in (5, 6):
        body = content[header.end() + 1 :][: 2 * count]
        values = np.frombuffer(body[: len(body) // 2 * 2], ">u2")
    else:
        body = re.sub(rb"#[^\r\n]*", b"", content[header.end() :])
        values = np.array(body.split()[:count], np.int64)
    if values.size < count:
        raise ValueError(f"truncated after {values.size} of {count} values")
    return scale_to_uint16(values.reshape(height, width, channels), white)
