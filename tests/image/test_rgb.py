"""Files of every kind are read as the same RGB pixels."""

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sr_lightning import image
from sr_lightning.errors import InputError
from tests.support.rgb import GRAYS, noise, picture

RAMP = np.arange(65536, dtype=np.uint16).reshape(256, 256)


ROWS_OF_ORIENTATION = {  # EXIF 2.3: the displayed side on which the stored row 0 lies, and that of the stored column 0
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def gray(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None], 3, axis=2)


def check_pixels(path: Path, expected: np.ndarray, tolerance: int = 0) -> None:
    pixels = image.read_bytes(path)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert pixels.shape == expected.shape
    assert image.size(path) == expected.shape[:2]
    assert np.abs(pixels.astype(int) - expected).max() <= tolerance


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "ppm", "webp"])
def test_lossless_rgb_is_read_exactly(tmp_path: Path, suffix: str) -> None:
    pixels = noise(5, 7)
    Image.fromarray(pixels).save(tmp_path / f"a.{suffix}", lossless=True)
    check_pixels(tmp_path / f"a.{suffix}", pixels)
    tensor = image.read(tmp_path / f"a.{suffix}")
    assert tensor.dtype == torch.float32
    assert tensor.is_contiguous()
    assert torch.equal(tensor, torch.from_numpy(pixels).permute(2, 0, 1) / 255)


def test_gray_bilevel_and_one_pixel_images_are_read(tmp_path: Path) -> None:
    Image.fromarray(GRAYS).save(tmp_path / "gray.png")
    check_pixels(tmp_path / "gray.png", gray(GRAYS))
    Image.fromarray(GRAYS).save(tmp_path / "gray.pgm")
    check_pixels(tmp_path / "gray.pgm", gray(GRAYS))
    Image.fromarray(GRAYS > 100).save(tmp_path / "bits.png")
    check_pixels(tmp_path / "bits.png", gray(np.where(GRAYS > 100, 255, 0)))
    Image.new("RGB", (1, 1), (1, 2, 3)).save(tmp_path / "dot.png")
    check_pixels(tmp_path / "dot.png", np.array([[[1, 2, 3]]]))


def test_alpha_is_dropped_and_colors_under_it_kept(tmp_path: Path) -> None:
    pixels = noise(6, 5, channels=4)
    pixels[0, :, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "rgba.png")
    check_pixels(tmp_path / "rgba.png", pixels[..., :3])
    Image.fromarray(np.stack([GRAYS, 255 - GRAYS], 2), "LA").save(tmp_path / "la.png")
    check_pixels(tmp_path / "la.png", gray(GRAYS))
    Image.fromarray(GRAYS).save(tmp_path / "key.png", transparency=7)
    check_pixels(tmp_path / "key.png", gray(GRAYS))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("transparency", [None, 3, bytes(range(256))])
def test_palettes_are_converted_without_warnings(tmp_path: Path, transparency: int | bytes | None) -> None:
    colors = noise(256, 1)[:, 0]
    file = Image.fromarray(GRAYS, "P")
    file.putpalette(colors.tobytes())
    file.save(tmp_path / "p.png", **({} if transparency is None else {"transparency": transparency}))
    check_pixels(tmp_path / "p.png", colors[GRAYS])


def test_cmyk_jpeg_files_are_converted(tmp_path: Path) -> None:
    inks = np.zeros((16, 32, 4), np.uint8)
    inks[:, :16], inks[:, 16:] = (0, 200, 100, 0), (255, 0, 0, 51)
    Image.fromarray(inks, "CMYK").save(tmp_path / "a.jpg", quality=100, subsampling=0)
    light = 255 - inks.astype(int)
    check_pixels(tmp_path / "a.jpg", light[..., :3] * light[..., 3:] // 255, tolerance=3)


@pytest.mark.parametrize("name", ["a.png", "little.tif", "big.tif", "a.pgm", "wide.tif"])
def test_16_bit_gray_is_scaled_and_not_clipped(tmp_path: Path, name: str) -> None:
    files = {"big.tif": RAMP.astype(">u2"), "wide.tif": RAMP.astype(np.int32)}
    Image.fromarray(files.get(name, RAMP)).save(tmp_path / name)
    check_pixels(tmp_path / name, gray(np.rint(RAMP / 257)))


def test_48_bit_png_is_read_as_24_bit(tmp_path: Path) -> None:
    pixels = noise(3, 4)
    deep = (pixels.astype(">u2") * 257).reshape(3, 12)
    rows = b"".join(b"\0" + row.tobytes() for row in deep)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 4, 3, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    packed = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    (tmp_path / "deep.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))
    check_pixels(tmp_path / "deep.png", pixels)


def test_floating_point_must_be_within_0_and_1(tmp_path: Path) -> None:
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    Image.fromarray(values).save(tmp_path / "f.tif")
    check_pixels(tmp_path / "f.tif", gray(np.rint(values * 255)))
    for bad in (1.5, -0.1, np.nan):
        values[1, 2] = bad
        Image.fromarray(values).save(tmp_path / "f.tif")
        with pytest.raises(InputError, match=r"f\.tif: cannot be decoded \(floating-point values .* within 0 and 1\)"):
            image.read_bytes(tmp_path / "f.tif")
    Image.fromarray(np.array([[0, 65536]], np.int32)).save(tmp_path / "i.tif")
    with pytest.raises(InputError, match=r"i\.tif: .*from 0 to 65536"):
        image.read_bytes(tmp_path / "i.tif")


@pytest.mark.parametrize("suffix", ["gif", "tif", "webp", "png"])
def test_the_first_frame_is_read(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (8, 6), color) for color in ("red", "blue", "lime")]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], lossless=True)
    check_pixels(tmp_path / f"a.{suffix}", np.full((6, 8, 3), (255, 0, 0)))


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_applied(tmp_path: Path, suffix: str, orientation: int) -> None:
    shown = np.kron(noise(2, 3), np.ones((16, 16, 1), np.uint8))
    row_side, column_side = ROWS_OF_ORIENTATION[orientation]
    stored = shown if row_side in ("top", "bottom") else shown.swapaxes(0, 1)
    stored = stored[::-1] if row_side in ("bottom", "right") else stored
    stored = stored[:, ::-1] if column_side in ("bottom", "right") else stored
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(tmp_path / f"a.{suffix}", exif=exif, lossless=True, quality=100, subsampling=0)
    check_pixels(tmp_path / f"a.{suffix}", shown, tolerance=6 if suffix == "jpg" else 0)


def test_unknown_orientations_are_ignored(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 9
    Image.fromarray(GRAYS[:4]).save(tmp_path / "a.png", exif=exif)
    check_pixels(tmp_path / "a.png", gray(GRAYS[:4]))


def test_size_reads_the_header_only(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.fromarray(picture(40, 50)).save(file, "PNG")
    (tmp_path / "a.png").write_bytes(file.getvalue()[:200])
    assert image.size(tmp_path / "a.png") == (40, 50)


def test_reading_is_thread_safe(tmp_path: Path) -> None:
    paths = [tmp_path / f"{seed}.png" for seed in range(12)]
    for seed, path in enumerate(paths):
        Image.fromarray(noise(30, 40, seed=seed)).save(path)
    with ThreadPoolExecutor(8) as pool:
        for seed, pixels in enumerate(pool.map(image.read_bytes, paths)):
            assert np.array_equal(pixels, noise(30, 40, seed=seed))
