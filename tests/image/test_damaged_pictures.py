"""Damaged and unsupported content is an error of one line."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from sr_lightning.errors import InputError
from sr_lightning.image import Metadata, Picture, decode, encode
from tests.support.pictures import SRGB, noise


def deep_png() -> bytes:
    return encode(Picture(noise(4, 16, 20, 24), Metadata(icc=SRGB)), ".png")


FILES = {
    "deep.png": deep_png(),
    "deep.tif": encode(Picture(noise(3, 16, 20, 24)), ".tif"),
    "alpha.tif": encode(Picture(noise(2, 16, 20, 24)), ".tif"),
    "alpha.webp": encode(Picture(noise(4, 8, 20, 24)), ".webp"),
    "a.jpg": encode(Picture(noise(3, 8, 20, 24), Metadata(icc=SRGB)), ".jpg"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FILES)
def test_damaged_content_is_an_input_error_of_one_line(name, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    intact, rng, refused = FILES[name], np.random.default_rng(0), []
    damaged = [intact[:cut] for cut in range(0, len(intact) - 40, max(1, len(intact) // 40))]
    for _ in range(60):
        content = np.frombuffer(intact, np.uint8).copy()
        content[rng.integers(0, min(len(intact), 400), 3)] = rng.integers(0, 256, 3)
        damaged.append(content.tobytes())
    damaged += [rng.bytes(300), intact[:40] + rng.bytes(300), b""]
    for content in damaged:
        try:
            assert decode(content, name).pixels.size < 80_000
        except InputError as error:
            refused.append(str(error))
    assert len(refused) >= 40
    assert all(message.startswith(f"{name}: ") and "\n" not in message for message in refused)


def test_more_than_16_bits_are_an_input_error():
    for kind in (np.float32, np.float16, np.uint32):
        file = io.BytesIO()
        tifffile.imwrite(file, np.zeros((4, 5, 3), kind), photometric="rgb")
        with pytest.raises(InputError, match=f"a.tif: .*3 channels of {np.dtype(kind).name}; convert them to 8 or 16"):
            decode(file.getvalue(), "a.tif")


def test_too_large_sizes_in_a_header_are_an_input_error():
    header = struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 16, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    with pytest.raises(InputError, match=r"huge: .*(too large|cannot be decoded|not an image)"):
        decode(b"\x89PNG\r\n\x1a\n" + chunk, "huge")
