"""The PNG chunks that define how colors are shown: kept from PNG files, and made from the color boxes of AVIF.

Source:
    PNG specification, third edition (W3C 2025), sec. 11.3.2; ITU-T H.273 for the code points of cICP.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

KINDS = ("cICP", "mDCV", "cLLI", "gAMA", "cHRM", "sRGB")
_SRGB_GAMMA = 45455
_SRGB_POINTS = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
_SRGB_CODES = ((1, 13), (1, 1), (2, 2), (1, 2), (2, 13))  # (primaries, transfer) of sRGB, BT.709 and unspecified
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_HEADER = 33
"""Bytes of a PNG file's signature and first chunk."""


def png_color_space(content: bytes) -> dict[str, bytes]:
    """Return the chunks of a PNG file that define its colors: kind -> data."""
    return {kind: data for kind, data in _chunks(content) if kind in KINDS}


def _chunks(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield kind and data of each chunk before the pixels."""
    position = len(_SIGNATURE)
    while content.startswith(_SIGNATURE) and position + 12 <= len(content):
        length = int.from_bytes(content[position : position + 4])
        kind = content[position + 4 : position + 8]
        if kind == b"IDAT":
            return
        yield kind.decode("latin-1"), content[position + 8 : position + 8 + length]
        position += 12 + length


def avif_color_space(content: bytes) -> dict[str, bytes]:
    """Return the cICP chunk of an AVIF file whose colors are not those of sRGB, such as HDR; else nothing."""
    start = content.find(b"colrnclx", 0, 65536)
    if start < 0 or len(content) < start + 12:
        return {}
    primaries, transfer = struct.unpack(">2H", content[start + 8 : start + 12])
    if (primaries, transfer) in _SRGB_CODES or max(primaries, transfer) > 255:
        return {}
    return {"cICP": bytes([primaries, transfer, 0, 1])}  # decoded to RGB in full range


def from_pillow_info(info: Mapping[Any, Any]) -> dict[str, bytes]:
    """Return the chunks for the entries ``gamma`` and ``chromaticity`` of an image of Pillow."""
    chunks = {}
    if "gamma" in info:
        chunks["gAMA"] = struct.pack(">I", round(info["gamma"] * 100_000))
    if "chromaticity" in info:
        chunks["cHRM"] = struct.pack(">8I", *(round(value * 100_000) for value in info["chromaticity"]))
    return chunks


def to_pillow_info(chunks: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the entries ``gamma`` and ``chromaticity`` of an image of Pillow; the other chunks have none."""
    info: dict[str, Any] = {}
    if "gAMA" in chunks:
        info["gamma"] = int.from_bytes(chunks["gAMA"]) / 100_000
    if len(chunks.get("cHRM", b"")) == 32:
        info["chromaticity"] = tuple(value / 100_000 for value in struct.unpack(">8I", chunks["cHRM"]))
    return info


def is_srgb(chunks: Mapping[str, bytes]) -> bool:
    """Return True if the chunks define nothing else than sRGB."""
    expected = {"gAMA": struct.pack(">I", _SRGB_GAMMA), "cHRM": struct.pack(">8I", *_SRGB_POINTS)}
    return all(
        kind == "sRGB" or data == expected.get(kind) or (kind == "cICP" and tuple(data[:2]) in _SRGB_CODES)
        for kind, data in chunks.items()
    )


def png_chunk(kind: str, data: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    body = kind.encode("latin-1") + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def insert_chunks(content: bytes, chunks: bytes) -> bytes:
    """Insert chunks into a PNG file after its header."""
    return content[:PNG_HEADER] + chunks + content[PNG_HEADER:] if chunks else content
