"""Bit depth, alpha and gray are kept by reading and writing, or an error says why not."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from sr_lightning import image
from sr_lightning.errors import InputError
from sr_lightning.image import Picture, decode, encode
from tests.support.pictures import SRGB, noise, saved


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([".png", ".tif"]),
    st.sampled_from([8, 16]),
    st.integers(1, 4),
    st.integers(1, 70),
    st.integers(1, 70),
)
def test_lossless_formats_keep_every_depth_and_mode_exactly(suffix, depth, channels, height, width):
    picture = Picture(noise(channels, depth, height, width))
    back = decode(encode(picture, suffix), "a")
    assert back.pixels.dtype == picture.pixels.dtype
    assert np.array_equal(back.pixels, picture.pixels)


@pytest.mark.parametrize(("suffix", "channels"), [(".bmp", 1), (".bmp", 3), (".jpg", 1), (".jpg", 3), (".webp", 4)])
def test_other_formats_keep_channels_and_round_to_eight_bits(suffix, channels):
    values = np.full((16, 16, channels), 40000, np.uint16)
    values[..., 0] = 65535 - 257 * 40
    back = decode(encode(Picture(values), suffix), "a").pixels
    assert back.shape == values.shape
    assert back.dtype == np.uint8
    assert np.abs(back.astype(int) - np.rint(values / 257)).max() <= 4


def test_red_stays_red_in_every_format():
    red = np.zeros((20, 24, 3), np.uint8)
    red[:10, :, 0] = 255
    for suffix in (".png", ".jpg", ".webp", ".tif", ".bmp"):
        difference = decode(encode(Picture(red), suffix), "a").pixels.astype(int) - red
        assert np.abs(difference[np.r_[0:6, 14:20]]).max() <= 3, suffix  # lossy WebP halves the resolution of colors


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".bmp"])
def test_dropping_transparency_is_an_error(suffix):
    values = noise(4, 8)
    with pytest.raises(InputError, match=r"^photo: (JPEG|BMP) cannot hold its transparency; use png"):
        encode(Picture(values), suffix, "photo")
    values[..., 3] = 255
    assert decode(encode(Picture(values), suffix), "a").pixels.shape == (6, 5, 3)


def test_palettes_bilevel_images_and_color_keys_become_channels():
    palette = Image.fromarray(np.arange(16, dtype=np.uint8).reshape(4, 4), "P")
    colors = noise(3, 8, 256, 1)[:, 0]
    palette.putpalette(colors.tobytes())
    colored = colors[np.arange(16)].reshape(4, 4, 3)
    assert np.array_equal(decode(saved(palette, "PNG"), "a").pixels, colored)
    clear = decode(saved(palette, "PNG", transparency=3), "a").pixels
    assert np.array_equal(clear[..., :3], colored)
    assert np.array_equal(clear[..., 3].ravel() == 0, np.arange(16) == 3)
    palette.putpalette(np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes())
    assert decode(saved(palette, "GIF"), "a").pixels.shape == (4, 4, 1)
    assert decode(saved(np.eye(4) > 0, "PNG"), "a").pixels[..., 0].tolist() == (np.eye(4) * 255).tolist()
    key = decode(saved(np.arange(16, dtype=np.uint8).reshape(4, 4), "PNG", transparency=5), "a").pixels
    assert np.array_equal(key[..., 1].ravel() == 0, np.arange(16) == 5)


def test_cmyk_becomes_rgb_without_its_profile():
    inks = np.zeros((16, 16, 4), np.uint8)
    inks[..., 1:3] = 255
    for profile in (None, SRGB[:16] + b"CMYK" + SRGB[20:]):  # the second one is invalid and ignored
        picture = decode(saved(Image.fromarray(inks, "CMYK"), "JPEG", quality=100, icc_profile=profile), "a")
        assert np.abs(picture.pixels.astype(int) - (255, 0, 0)).max() <= 3
        assert picture.metadata.icc is None


def press(paper: int) -> bytes:
    """Return the ICC profile of a black-only press on paper of this lightness, 0 to 255 (ICC.1, lut8Type)."""
    identity = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    lut = b"mft1" + bytes([0, 0, 0, 0, 4, 3, 2, 0]) + identity
    lut += bytes(range(256)) * 4 + bytes([paper, 128, 128, 0, 128, 128]) * 2**3 + bytes(range(256)) * 3
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    tags, start = [(b"A2B0", lut), (b"wtpt", white)], 132 + 2 * 12
    directory, body = struct.pack(">I", len(tags)), b""
    for name, content in tags:
        directory += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    header = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x02400000, b"prtr", b"CMYK", b"Lab ")
    header = header.ljust(36, b"\0") + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + directory + body


def test_cmyk_becomes_srgb_by_its_profile():
    """Half ink on paper of lightness 50 is lightness 25, 59 in sRGB; without the profile it would be 127."""
    for format_name in ("JPEG", "TIFF"):
        content = saved(Image.new("CMYK", (16, 16), (0, 0, 0, 128)), format_name, icc_profile=press(128))
        picture = decode(content, "a")
        assert picture.pixels.shape == (16, 16, 3)
        assert np.abs(picture.pixels.astype(int) - 59).max() <= 2
        assert picture.metadata.icc is None


def test_premultiplied_planar_and_inverted_tiff_files_are_decoded():
    deep = np.full((4, 6, 4), 20000, np.uint16)
    deep[..., 3] = 40000
    file = io.BytesIO()
    tifffile.imwrite(file, deep, photometric="rgb", extrasamples=["assocalpha"])
    assert np.array_equal(decode(file.getvalue(), "a").pixels[0, 0], [32768, 32768, 32768, 40000])
    planes = noise(3, 16)
    for compression in (None, "lzw"):
        file = io.BytesIO()
        tifffile.imwrite(
            file, planes.transpose(2, 0, 1), photometric="rgb", planarconfig="separate", compression=compression
        )
        assert np.array_equal(decode(file.getvalue(), "a").pixels, planes)
    file = io.BytesIO()
    tifffile.imwrite(file, planes[..., 0], photometric="miniswhite")
    assert np.array_equal(decode(file.getvalue(), "a").pixels, 65535 - planes[..., :1])
    file = io.BytesIO()
    tifffile.imwrite(file, noise(5, 16), photometric="minisblack", planarconfig="contig")
    with pytest.raises(InputError, match=r"bands: cannot be decoded \(5 channels"):
        decode(file.getvalue(), "bands")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_to_16_bits(orientation):
    shown = noise(3, 16, 5, 3)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    small = (shown >> 8).astype(np.uint8)
    expected = decode(saved(small, "TIFF", exif=exif), "a").pixels
    file = io.BytesIO()
    tifffile.imwrite(file, shown, photometric="rgb", extratags=[(274, "H", 1, orientation, True)])
    assert np.array_equal(decode(file.getvalue(), "a").pixels >> 8, expected)


def test_writing_is_atomic(tmp_path: Path):
    picture = Picture(noise(4, 16))
    image.write_picture(tmp_path / "new" / "a.png", picture)
    assert np.array_equal(image.read_picture(tmp_path / "new" / "a.png").pixels, picture.pixels)
    for name, message in (
        ("a.jpg", "JPEG cannot hold"),
        ("a.xyz", "cannot be written as"),
        ("new/a.png/b.png", "cannot be written"),
    ):
        with pytest.raises(InputError, match=rf"{name}: {message}"):
            image.write_picture(tmp_path / name, picture)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.png"]
    with pytest.raises(InputError, match=r"missing\.png: cannot be opened \(No such file"):
        image.read_picture(tmp_path / "missing.png")
