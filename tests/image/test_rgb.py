"""Files of every kind are read as the same RGB pixels, and damaged files are errors."""

import io
import os
import stat
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from sr_lightning import image
from sr_lightning.errors import InputError
from sr_lightning.ops.quantize import to_uint8

RAMP = np.arange(65536, dtype=np.uint16).reshape(256, 256)
GRAYS = np.arange(256, dtype=np.uint8).reshape(16, 16)
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


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def picture(height: int, width: int) -> np.ndarray:
    """Return a smooth image with little noise, which compresses like a photograph."""
    ramp = np.add.outer(3 * np.arange(height), 2 * np.arange(width))[..., None] + np.array([0, 20, 40])
    return (ramp + noise(height, width) % 30).clip(0, 255).astype(np.uint8)


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


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("suffix", "options", "trailer"),
    [
        ("png", {}, 24),  # bytes after the last pixel: end of the zlib stream, checksum, IEND
        ("jpg", {}, 0),
        ("jpg", {"progressive": True}, 0),
        ("webp", {}, 0),
        ("gif", {}, 2),
        ("tif", {}, 0),
        ("ppm", {}, 0),
    ],
)
def test_truncated_files_are_input_errors(tmp_path: Path, suffix: str, options: dict[str, bool], trailer: int) -> None:
    path = tmp_path / f"photo.{suffix}"
    Image.fromarray(picture(40, 50)).save(path, **options)
    intact, expected = path.read_bytes(), image.read_bytes(path)
    cuts = {*range(0, len(intact), max(1, len(intact) // 80)), *range(len(intact) - 30, len(intact))}
    for cut in cuts:
        path.write_bytes(intact[:cut])
        if cut < len(intact) - trailer:
            with pytest.raises(InputError, match=rf"photo\.{suffix}: .*; replace or remove it$"):
                image.read_bytes(path)
        else:  # all pixels are there: an error, or the same image
            try:
                pixels = image.read_bytes(path)
            except InputError:
                continue
            assert np.array_equal(pixels, expected)


@pytest.mark.filterwarnings("ignore")  # pytest replaces the filters of the package
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "tif", "bmp", "ppm"])
def test_damaged_files_raise_only_input_errors(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)  # damaged sizes are large
    path = tmp_path / f"photo.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture(20, 24)).save(path, exif=exif)
    intact = path.read_bytes()
    generator = np.random.default_rng(1)
    refused = []
    for _ in range(150):
        damaged = np.frombuffer(intact, np.uint8).copy()
        where = generator.integers(0, min(len(intact), 400), 3)
        damaged[where] = generator.integers(0, 256, 3)
        path.write_bytes(damaged.tobytes())
        try:
            image.read_bytes(path)
        except InputError as error:
            refused.append(str(error))
    assert refused
    assert all(message.startswith(f"{path}: ") and "\n" not in message for message in refused)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is an empty file; replace or remove it"),
        (b"A list of the photographs\n", "is not an image, or its header is damaged; replace or remove it"),
        (np.random.default_rng(0).bytes(5000), "is not an image, or its header is damaged; replace or remove it"),
        (b"P6 0 4 255\n", "is not an image, or its header is damaged; replace or remove it"),
        (
            b"P6 20000 20000 255\n",
            "has a damaged header (20000x20000 pixels, too many for the size of the file); replace or remove it",
        ),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 5 5\n", "is not an image, or its header is damaged"),
    ],
)
def test_other_files_are_input_errors(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    for function in (image.read_bytes, image.read, image.size):
        with pytest.raises(InputError) as caught:
            function(path)
        assert str(caught.value).startswith(f"{path}: {message}")
        assert "\n" not in str(caught.value)


def test_missing_files_and_folders_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.png: cannot be opened \(No such file or directory\)"):
        image.read_bytes(tmp_path / "missing.png")
    with pytest.raises(InputError, match=r": cannot be opened \(Is a directory\); check the path and its permissions"):
        image.size(tmp_path)


def test_unreadable_files_are_input_errors(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.touch(mode=0o000)
    if os.access(secret, os.R_OK):
        pytest.skip("this user can read every file")
    with pytest.raises(InputError, match=r"secret\.png: cannot be opened \(Permission denied\)"):
        image.read_bytes(secret)


def test_warnings_of_pillow_are_silenced(tmp_path: Path) -> None:
    file = Image.fromarray(GRAYS, "P")
    file.putpalette(bytes(768))
    file.save(tmp_path / "palette.png", transparency=bytes(256))
    broken_exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12\0\x03\0\0\0\x01\0\x06"
    Image.fromarray(GRAYS).save(tmp_path / "exif.jpg", exif=broken_exif)
    Image.new("1", (10_000, 10_000)).save(tmp_path / "large.png")  # above Pillow's limit for a warning
    code = "import sys; from sr_lightning import image; [image.size(p) or image.read_bytes(p) for p in sys.argv[1:]]"
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    result = subprocess.run([sys.executable, "-W", "always", "-c", code, *paths], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


def test_reading_is_thread_safe(tmp_path: Path) -> None:
    paths = [tmp_path / f"{seed}.png" for seed in range(12)]
    for seed, path in enumerate(paths):
        Image.fromarray(noise(30, 40, seed=seed)).save(path)
    with ThreadPoolExecutor(8) as pool:
        for seed, pixels in enumerate(pool.map(image.read_bytes, paths)):
            assert np.array_equal(pixels, noise(30, 40, seed=seed))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", ["PNG", "tif", "tiff", "bmp"])
def test_lossless_round_trip_is_exact(tmp_path: Path, suffix: str, channels: int) -> None:
    pixels = torch.from_numpy(noise(9, 11, channels)).permute(2, 0, 1)
    path = tmp_path / "new" / "folder" / f"A.{suffix}"
    for source in (pixels, pixels / 255, (pixels / 255).double().requires_grad_()):
        image.write(path, source)
        assert torch.equal(to_uint8(image.read(path)), pixels.expand(3, 9, 11))
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~current_umask()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "webp"])
def test_lossy_files_are_close(tmp_path: Path, suffix: str) -> None:
    smooth = torch.linspace(0, 1, 64).expand(3, 32, 64)
    image.write(tmp_path / f"a.{suffix}", smooth)
    assert (image.read(tmp_path / f"a.{suffix}") - smooth).abs().max() < 0.03


def test_writing_is_atomic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.webp"
    image.write(path, torch.zeros(3, 4, 4))
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"a\.webp: cannot be written \(.*16383.*\); choose another folder or format"):
        image.write(path, torch.zeros(1, 1, 17_000))
    with pytest.raises(ValueError, match="NaN"):
        image.write(path, torch.full((3, 4, 4), float("nan")))
    assert path.read_bytes() == before
    with pytest.raises(InputError, match=r"wide\.jpg: cannot be written"):
        image.write(tmp_path / "wide.jpg", torch.zeros(1, 1, 70_000))
    with pytest.raises(InputError, match=r"b\.png: cannot be written \(.*\); choose another folder"):
        image.write(path / "b.png", torch.zeros(3, 4, 4))
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(InputError, match=r"folder\.png: cannot be written \(Is a directory\)"):
        image.write(tmp_path / "folder.png", torch.zeros(3, 4, 4))
    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        image.write(path, torch.ones(3, 4, 4))
    assert path.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.webp", "folder.png"]


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["a.jp2", "a", "a.png.txt"])
def test_unknown_suffixes_are_input_errors(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=rf"{name}: cannot be written as .*; use \.png, \.jpg, \.jpeg, \.webp"):
        image.write(tmp_path / name, torch.zeros(3, 4, 4))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [torch.zeros(2, 4, 4), torch.zeros(1, 3, 4, 4), torch.zeros(3, 0, 4)])
def test_other_shapes_are_errors(tmp_path: Path, wrong: Tensor) -> None:
    with pytest.raises(ValueError, match=r"shape \(3, H, W\) or \(1, H, W\), not"):
        image.write(tmp_path / "a.png", wrong)
