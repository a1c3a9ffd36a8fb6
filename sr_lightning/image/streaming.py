"""Write large images in bands of rows, with little memory."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np
import tifffile
from PIL import Image

from sr_lightning.image.color_space import png_chunk
from sr_lightning.image.encoding import tiff_options, write_picture
from sr_lightning.image.files import save
from sr_lightning.image.formats import ENCODERS
from sr_lightning.image.metadata import color_space_chunks, png_chunks, save_options
from sr_lightning.image.picture import Metadata, Picture
from sr_lightning.ops.quantize import uint16_to_uint8

STREAMED = ("PNG", "JPEG", "TIFF")
"""Pillow's names of the formats that can be written in bands."""

_MODES = ("L", "LA", "RGB", "RGBA")
_MCU = 8  # rows of a JPEG block without subsampling
_RESTARTS = 8  # restart markers are numbered modulo 8


@dataclass
class Bands:
    """A picture as a series of bands from top to bottom.

    Args:
        height: of the picture.
        width: of the picture.
        channels: gray, gray and alpha, RGB, or RGB and alpha.
        depth: 8 or 16 bits.
        metadata: of the picture.
        rows: (h, W, C) uint8 or uint16; consumed once.
    """

    height: int
    width: int
    channels: int
    depth: int
    metadata: Metadata
    rows: Iterator[np.ndarray]


def collect(bands: Bands) -> Picture:
    """Read all bands into memory."""
    dtype = np.uint8 if bands.depth == 8 else np.uint16
    pixels, top = np.empty((bands.height, bands.width, bands.channels), dtype), 0
    for band in bands.rows:
        pixels[top : top + len(band)] = band
        top += len(band)
    return Picture(pixels, bands.metadata)


def can_stream(suffix: str) -> bool:
    """Return True if the format of a suffix can be written in bands."""
    return ENCODERS[suffix.lower()][0] in STREAMED


def write_bands(path: Path | str, bands: Bands) -> None:
    """Write a file atomically; PNG, JPEG and TIFF band by band, other formats from memory.

    Raises:
        InputError: the file cannot be written.
    """
    if not can_stream(Path(path).suffix):
        write_picture(path, collect(bands))
        return
    write = {"PNG": write_png, "JPEG": write_jpeg, "TIFF": write_tiff}[ENCODERS[Path(path).suffix.lower()][0]]
    save(Path(path), lambda file: write(file, bands))


def regroup(rows: Iterator[np.ndarray], height: int) -> Iterator[np.ndarray]:
    """Yield bands of ``height`` rows each, except for the last one."""
    rest: np.ndarray | None = None
    for band in rows:
        band = band if rest is None else np.concatenate([rest, band])
        end = len(band) // height * height
        yield from (band[top : top + height] for top in range(0, end, height))
        rest = band[end:].copy()
    if rest is not None and len(rest):
        yield rest


def write_png(file: BinaryIO, bands: Bands) -> None:
    """Write a PNG file whose rows have the filter Paeth (PNG specification, sec. 9.4)."""
    colors = 1 if bands.channels < 3 else 3
    color_type = {1: 0, 2: 4, 3: 2, 4: 6}[bands.channels]
    file.write(b"\x89PNG\r\n\x1a\n")
    file.write(png_chunk("IHDR", struct.pack(">2I5B", bands.width, bands.height, bands.depth, color_type, 0, 0, 0)))
    file.write(color_space_chunks(bands.metadata, colors) + png_chunks(bands.metadata, colors))
    deflate = zlib.compressobj(6, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
    size = bands.channels * bands.depth // 8  # bytes per pixel
    above = np.zeros((1, bands.width * size), np.uint8)
    for band in regroup(bands.rows, 64):
        values = band.astype(band.dtype.newbyteorder(">")).reshape(len(band), -1).view(np.uint8)
        body = deflate.compress(paeth(values, above, size).tobytes())
        if body:
            file.write(png_chunk("IDAT", body))
        above = values[-1:].copy()
    file.write(png_chunk("IDAT", deflate.flush()) + png_chunk("IEND", b""))


def paeth(values: np.ndarray, above: np.ndarray, size: int) -> np.ndarray:
    """Apply the filter Paeth to rows of bytes.

    Args:
        values: (h, W) uint8.
        above: the row before them, (1, W) uint8.
        size: bytes per pixel.
    Shape:
        (h, 1 + W) uint8; the first byte of each row is the number of the filter.
    """
    b = np.concatenate([above, values[:-1]]).astype(np.int16)
    a, c = np.zeros_like(b), np.zeros_like(b)
    a[:, size:], c[:, size:] = values[:, :-size], b[:, :-size]
    to_a, to_b, to_c = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    predicted = np.where((to_a <= to_b) & (to_a <= to_c), a, np.where(to_b <= to_c, b, c))
    filtered = np.empty((len(values), values.shape[1] + 1), np.uint8)
    filtered[:, 0] = 4
    filtered[:, 1:] = values - predicted.astype(np.uint8)
    return filtered


def write_jpeg(file: BinaryIO, bands: Bands) -> None:
    """Write a JPEG file from bands that are encoded one by one.

    Each row of blocks begins after a restart marker, at which the decoder's state is reset (ITU-T T.81, sec. E.1.4), so
    that the bands' rows can be put together. A band has a multiple of eight such rows, so that markers keep their
    numbers. All bands have the same tables.
    """
    options = save_options(bands.metadata, "JPEG", 1 if bands.channels < 3 else 3)
    rows = regroup(bands.rows, _MCU * _RESTARTS * 4)
    first = next(rows)
    for number, band in enumerate(chain([first], rows)):
        if band.dtype == np.uint16:
            band = uint16_to_uint8(band)
        band = band[:, :, : 1 if bands.channels < 3 else 3]
        flat = np.ascontiguousarray(band[:, :, 0] if band.shape[2] == 1 else band)
        part = BytesIO()
        Image.fromarray(flat, _MODES[band.shape[2] - 1]).save(
            part, "JPEG", **ENCODERS[".jpg"][1], restart_marker_rows=1, **(options if number == 0 else {})
        )
        header, scan = split_jpeg(part.getvalue(), bands.height)
        file.write(header if number == 0 else b"\xff\xd7")
        file.write(scan)
    file.write(b"\xff\xd9")


def split_jpeg(content: bytes, height: int) -> tuple[bytes, bytes]:
    """Split a baseline JPEG file into its header, with another height, and its entropy-coded data."""
    header, position = bytearray(content), 2
    while content[position + 1] != 0xDA:  # start of scan
        if content[position + 1] == 0xC0:  # start of frame
            header[position + 5 : position + 7] = struct.pack(">H", height)
        position += 2 + int.from_bytes(content[position + 2 : position + 4])
    position += 2 + int.from_bytes(content[position + 2 : position + 4])
    return bytes(header[:position]), content[position:-2]


def write_tiff(file: BinaryIO, bands: Bands) -> None:
    """Write a TIFF file in compressed tiles as wide as the picture; of the EXIF data only text tags are kept."""
    dtype = np.dtype(np.uint8 if bands.depth == 8 else np.uint16)
    tile = (64, -(-bands.width // 16) * 16)  # sides are multiples of 16 (TIFF 6.0, sec. 15)

    def tiles() -> Iterator[np.ndarray]:
        """Yield the bands, padded to tiles."""
        for band in regroup(bands.rows, tile[0]):
            padding = [(0, tile[0] - len(band)), (0, tile[1] - bands.width), (0, 0)]
            padded = np.pad(band, padding, mode="edge")
            yield padded[:, :, 0] if bands.channels == 1 else padded

    tifffile.imwrite(
        file,
        tiles(),
        shape=(bands.height, bands.width, bands.channels)[: 2 + (bands.channels > 1)],
        dtype=dtype,
        tile=tile,
        bigtiff=bands.height * bands.width * bands.channels * dtype.itemsize > 2**32 - 2**25,
        **tiff_options(bands.metadata, bands.channels),
    )
