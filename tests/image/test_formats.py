"""Every kind of file: what is read of it, by both readers, and what files are called that are not read."""

import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image

from sr_lightning import image
from sr_lightning.errors import InputError
from sr_lightning.image import Metadata, Picture, decode, encode
from tests.image.test_picture import press
from tests.support.photographs import pixels

RGB = pixels(20, 24)
DEEP = RGB.astype(np.uint16) * 257 + np.arange(24, dtype=np.uint16)[:, None] * 3  # bits below the eighth
GRAY = DEEP[:, :, :1]


def tiff(values: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, metadata=None, **options)
    return file.getvalue()


def saved(format_name: str, mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(RGB).convert(mode).save(file, format_name, **options)
    return file.getvalue()


def ppm(kind: int, values: np.ndarray, white: int) -> bytes:
    head = b"P%d # a comment\n%d %d\n# another\n%d\n" % (kind, values.shape[1], values.shape[0], white)
    return head + (values.astype(">u2").tobytes() if kind > 4 else " ".join(map(str, values.ravel())).encode())


def mpo() -> bytes:
    return saved("MPO", save_all=True, append_images=[Image.fromarray(RGB[:8, :8])])


def cmyk(rgb: np.ndarray) -> np.ndarray:
    return np.concatenate([65535 - rgb, np.zeros_like(rgb[:, :, :1])], 2)


def lab16(rgb: np.ndarray) -> np.ndarray:
    """Encode as TIFF's CIELab; D50 values by the matrix and curve of sRGB (IEC 61966-2-1, adapted by Bradford)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = np.array(
        [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
    )
    xyz = linear @ matrix.T / (0.96422, 1, 0.82521)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    lightness = (116 * f[..., 1] - 16) * 655.35
    a, b = 500 * (f[..., 0] - f[..., 1]) * 256, 200 * (f[..., 1] - f[..., 2]) * 256
    return np.stack([lightness, a, b], -1).round().astype(np.int32).astype(np.uint16)


LA = np.concatenate([GRAY, 65535 - GRAY], 2)
READ: dict[str, tuple[bytes, np.ndarray, float]] = {
    "16-bit PNG": (encode(Picture(DEEP), ".png"), DEEP, 0),
    "16-bit gray and alpha PNG": (encode(Picture(LA), ".png"), LA, 0),
    "16-bit TIFF": (tiff(DEEP, photometric="rgb"), DEEP, 0),
    "big-endian 16-bit TIFF": (tiff(DEEP, photometric="rgb", byteorder=">"), DEEP, 0),
    "16-bit gray TIFF": (tiff(GRAY[..., 0], photometric="minisblack"), GRAY, 0),
    "16-bit gray and alpha TIFF": (
        tiff(LA, photometric="minisblack", extrasamples=["unassalpha"], planarconfig="contig"),
        LA,
        0,
    ),
    "16-bit CMYK TIFF": (tiff(cmyk(DEEP), photometric="separated"), DEEP, 0),
    "16-bit Lab TIFF": (tiff(lab16(DEEP / 65535), photometric="cielab"), DEEP, 0.003),
    "float16 gray TIFF": (tiff((GRAY[..., 0] / 65535).astype(np.float16)), GRAY, 1e-3),
    "float32 gray TIFF": (tiff((GRAY[..., 0] / 65535).astype(np.float32)), GRAY, 1e-4),
    "float64 gray TIFF": (tiff(GRAY[..., 0] / 65535), GRAY, 1e-4),
    "32-bit gray TIFF": (tiff(GRAY[..., 0].astype(np.uint32)), GRAY, 0),
    "signed 16-bit gray TIFF": (tiff((GRAY[..., 0] // 2).astype(np.int16)), GRAY // 2, 0),
    "16-bit PPM": (ppm(6, DEEP, 65535), DEEP, 0),
    "16-bit PGM": (ppm(5, GRAY, 65535), GRAY, 0),
    "10-bit PPM": (ppm(6, DEEP >> 6, 1023), DEEP, 64 / 65535),
    "16-bit text PPM": (ppm(3, DEEP, 65535), DEEP, 0),
    "16-bit text PGM": (ppm(2, GRAY, 65535), GRAY, 0),
    "PPM": (saved("PPM"), RGB, 0),
    "PNG": (saved("PNG"), RGB, 0),
    "BMP": (saved("BMP"), RGB, 0),
    "lossless WebP": (saved("WEBP", lossless=True), RGB, 0),
    "TIFF": (saved("TIFF"), RGB, 0),
    "JPEG": (saved("JPEG", quality=100, subsampling=0), RGB, 0.03),
    "camera JPEG": (mpo(), RGB, 0.3),
}
if ".avif" in image.EXTENSIONS:
    READ["AVIF"] = (saved("AVIF", quality=100, subsampling="4:4:4"), RGB, 0.03)


@pytest.mark.parametrize("kind", READ)
def test_both_readers_return_the_same_pixels_and_the_header_says_their_size(kind, tmp_path, caplog):
    content, expected, tolerance = READ[kind]
    path = tmp_path / "a.any"
    path.write_bytes(content)
    picture = image.read_picture(path)
    assert picture.pixels.dtype == expected.dtype
    assert picture.pixels.shape == expected.shape
    largest = np.iinfo(expected.dtype).max
    assert np.abs(picture.pixels.astype(int) - expected).max() <= tolerance * largest
    eight = np.rint(picture.pixels[:, :, : 1 if expected.shape[2] < 3 else 3] * (255 / largest))
    assert np.array_equal(image.read_bytes(path), np.broadcast_to(eight, (20, 24, 3)))
    assert image.read_header(path) == image.Header(20, 24, picture.depth)
    assert caplog.messages == []


def test_an_8_bit_lab_tiff_is_converted():
    lab = lab16(DEEP / 65535)
    lab = np.concatenate([np.rint(lab[..., :1] / 257), np.rint(lab[..., 1:].astype(np.int16) / 256)], 2)
    decoded = decode(tiff(lab.astype(np.int16).astype(np.uint8), photometric="cielab"), "a").pixels
    assert decoded.dtype == np.uint8
    assert np.abs(decoded.astype(int) - RGB).max() <= 5  # a and b have only 256 levels


def test_16_bit_cmyk_is_converted_by_its_profile():
    """Half ink on paper of lightness 50 is lightness 25, 59 in sRGB, as for 8 bits."""
    inks = np.zeros((4, 5, 4), np.uint16)
    inks[..., 3] = 128 * 257
    picture = decode(tiff(inks, photometric="separated", iccprofile=press(128)), "a")
    assert picture.depth == 16
    assert np.abs(picture.pixels / 257 - 59).max() <= 1
    assert picture.metadata.icc is None


def test_a_camera_jpeg_is_written_as_jpeg():
    assert image.same_suffix(mpo()) == ".jpg"


NAMED = {
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200), "a HEIC image, which is not read; convert it"),
    "JPEG XL": (b"\xff\x0a" + bytes(100), "a JPEG XL image, which is not read; convert it"),
    "JPEG XL container": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(100), "a JPEG XL image, which is not read"),
    "JPEG 2000": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100), "a JPEG 2000 image, which is not read"),
    "Photoshop": (b"8BPS\0\1" + bytes(100), "a Photoshop document, which is not read"),
    "OpenEXR": (b"\x76\x2f\x31\x01" + bytes(100), "an OpenEXR image, which is not read"),
    "MP4": (b"\0\0\0\x18ftypisom" + bytes(100), "a video, which is not read"),
    "PDF": (b"%PDF-1.7" + bytes(100), "a PDF document, which is not read"),
    "HTML": (b"\n<!DOCTYPE html><html>", "is a web page, not an image; download the image again"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "run git lfs pull"),
    "float16 RGB": (tiff((DEEP / 65535).astype(np.float16), photometric="rgb"), "3 channels of float16; convert them"),
    "uint32": (
        tiff(np.full((4, 5), 2**32 - 1, np.uint32)),
        "integer values from 4294967295 to 4294967295, not within 0 and 65535); scale its values",
    ),
    "complex": (tiff(np.zeros((4, 5), np.complex64)), "has values of type complex64; convert them"),
    "16-bit palette": (
        tiff(GRAY[..., 0] >> 8, photometric="palette", colormap=np.zeros((3, 65536), np.uint16)),
        "is a TIFF of 16 bits in palette colors; convert it to RGB",
    ),
}


@pytest.mark.parametrize("kind", NAMED)
def test_an_intact_file_that_is_not_read_is_called_by_its_kind_and_not_damaged(kind, tmp_path):
    content, message = NAMED[kind]
    (tmp_path / "a.png").write_bytes(content)
    for function in (image.read_picture, image.read_bytes):
        with pytest.raises(InputError) as error:
            function(tmp_path / "a.png")
        assert message in str(error.value)
        assert not any(word in str(error.value) for word in ("damaged", "remove it", "\n"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", READ)
def test_a_damaged_file_of_every_kind_is_decoded_or_an_error_of_one_line(kind, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)  # damaged sizes are large
    intact, rng = READ[kind][0], np.random.default_rng(3)
    damaged = [intact[:cut] for cut in range(0, len(intact), len(intact) // 20)]
    for number in range(60):
        content = np.frombuffer(intact, np.uint8).copy()
        end = min(len(intact), 300) if number % 2 else len(intact)
        content[rng.integers(0, end, 3)] = rng.integers(0, 256, 3)
        damaged.append(content.tobytes())
    messages = []
    for content in damaged:
        try:
            assert decode(content, kind, warn=False).pixels.nbytes < 1200 * len(intact) + 100_000
        except InputError as error:
            messages.append(str(error))
    assert len(messages) >= 5
    assert all(message.startswith(f"{kind}: ") and "\n" not in message for message in messages)


@pytest.mark.parametrize("kind", ["16-bit PPM", "16-bit text PPM"])
def test_truncated_deep_ppm_files_are_damaged(kind):
    content = READ[kind][0]
    for cut in (len(content) // 2, len(content) - 20):
        with pytest.raises(InputError, match=r"^a: cannot be decoded \(truncated after \d+ of 1440 values\); replace"):
            decode(content[:cut], "a")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


P3 = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
COLORS: dict[str, dict[str, bytes]] = {
    "linear": {"gAMA": struct.pack(">I", 100000)},
    "Display P3": {"gAMA": struct.pack(">I", 45455), "cHRM": P3},
    "BT.2020 PQ": {"cICP": bytes([9, 16, 0, 1]), "cLLI": bytes(8)},
    "sRGB": {"sRGB": b"\0"},
}


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("space", COLORS)
def test_the_color_space_of_png_is_kept(space, channels, depth):
    chunks = COLORS[space]
    source = np.repeat(GRAY, channels, 2) if depth == 16 else np.repeat(RGB[:, :, :1], channels, 2)
    content = encode(Picture(source), ".png")
    content = content[:33] + b"".join(chunk(k.encode(), v) for k, v in chunks.items()) + content[33:]
    picture = decode(content, "a")
    written = encode(picture, ".png")
    assert decode(written, "a").metadata.color_space == chunks
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(written)).convert("RGB")).shape, (20, 24, 3))
    position = {kind: written.index(kind.encode()) for kind in chunks}
    assert max(position.values()) < written.index(b"IDAT")


def test_gamma_and_chromaticities_pass_through_pillow_images():
    picture = Picture(RGB, Metadata(color_space=COLORS["Display P3"]))
    opened = Image.open(io.BytesIO(encode(picture, ".png")))
    converted = image.from_pil(opened)
    assert converted.metadata.color_space == COLORS["Display P3"]
    back = image.to_pil(converted)
    assert (back.info["gamma"], back.info["chromaticity"]) == (opened.info["gamma"], opened.info["chromaticity"])


@pytest.mark.skipif(".avif" not in image.EXTENSIONS, reason="this Pillow reads no AVIF")
def test_bits_and_color_space_of_avif_are_kept_or_reported(caplog):
    deep = imagecodecs.avif_encode(DEEP >> 6, bitspersample=10, primaries=9, transfer=16)
    picture = decode(deep, "hdr.avif")
    assert picture.pixels.shape == (20, 24, 3)
    assert "hdr.avif: has more than 8 bits, of which 8 are read" in caplog.text
    assert picture.metadata.color_space == {"cICP": bytes([9, 16, 0, 1])}
    assert decode(READ["AVIF"][0], "a").metadata.color_space == {}


_exif = Image.Exif()
_exif[ExifTags.Base.Artist] = "A. Photographer"
EXIF = _exif.tobytes()
LOSSES: list[tuple[Picture, dict[str, str]]] = [
    (Picture(DEEP), {".jpg": "16 bits are rounded to 8 in JPEG", ".webp": "16 bits", ".bmp": "16 bits"}),
    (
        Picture(RGB, Metadata(color_space=COLORS["Display P3"])),
        dict.fromkeys((".jpg", ".jpe", ".webp", ".tif", ".bmp"), "definition of colors (gAMA, cHRM) cannot be kept in"),
    ),
    (Picture(RGB, Metadata(color_space=COLORS["sRGB"])), {}),
    (Picture(RGB, Metadata(icc=press(128))), {".bmp": "color profile cannot be kept in BMP"}),
    (
        Picture(RGB, Metadata(exif=EXIF)),
        {".bmp": "EXIF data cannot be kept in BMP"},
    ),
    (
        Picture(RGB, Metadata(exif=EXIF + bytes(66_000))),
        {".bmp": "EXIF data cannot be kept in BMP", ".jpg": "EXIF data cannot be kept in JPEG"},
    ),
    (
        Picture(RGB, Metadata(xmp=b" " * 70_000)),
        {".bmp": "XMP data cannot be kept in BMP", ".jpg": "XMP data cannot be kept in JPEG"},
    ),
    (
        Picture(RGB, Metadata(text={"Title": "a"})),
        dict.fromkeys((".jpg", ".webp", ".tif", ".bmp"), "PNG texts cannot be kept in"),
    ),
    (Picture(RGB), {}),
]


@pytest.mark.parametrize("number", range(len(LOSSES)))
def test_losses_of_each_format_are_described(number):
    picture, expected = LOSSES[number]
    for suffix in image.ENCODERS:
        described = image.losses(picture, suffix)
        kind = {".jpeg": ".jpg", ".jfif": ".jpg", ".jpe": ".jpg", ".tiff": ".tif"}.get(suffix, suffix)
        assert [text.startswith(expected[kind]) for text in described] == [True] * (kind in expected)


def test_a_16_bit_tiff_keeps_only_texts_of_exif():
    picture = Picture(DEEP, Metadata(exif=EXIF))
    assert image.losses(picture, ".tif") == ["EXIF data other than texts cannot be kept in this TIFF; png keeps them"]
    assert image.losses(picture, ".png") == []


def test_exif_that_does_not_fit_into_jpeg_is_no_error_after_the_work():
    for length, kept in ((65_533, True), (65_534, False)):
        exif = EXIF + bytes(length - len(EXIF))
        written = decode(encode(Picture(RGB, Metadata(exif=exif)), ".jpg"), "a")
        assert (written.metadata.exif is not None) == kept
        assert (image.losses(Picture(RGB, Metadata(exif=exif)), ".jpg") == []) == kept


@pytest.mark.parametrize(
    ("suffix", "height", "width"),
    [(".webp", 16384, 2), (".webp", 2, 16384), (".jpg", 65501, 2), (".jpe", 2, 65501), (".bmp", 40000, 40000)],
)
def test_more_pixels_than_a_format_holds_are_an_error_that_names_the_limit(suffix, height, width):
    picture = Picture(RGB)
    with pytest.raises(InputError, match=rf"^in\.png: cannot be written as .*{width}x{height} pixels.*; use png$"):
        image.check_writable_as(picture, suffix, height, width, "in.png")
    image.check_writable_as(picture, ".png", height, width)
    image.check_writable_as(picture, ".tif", height, width)


def test_the_stated_limits_are_those_of_the_encoders(tmp_path):
    for suffix, side in ((".webp", 16383), (".jpg", 65500)):
        image.write_picture(tmp_path / f"a{suffix}", Picture(np.zeros((1, side, 3), np.uint8)))
        assert image.size(tmp_path / f"a{suffix}") == (1, side)
        with pytest.raises(InputError, match=f"at most {side} in each direction"):
            image.write_picture(tmp_path / f"b{suffix}", Picture(np.zeros((1, side + 1, 3), np.uint8)))
