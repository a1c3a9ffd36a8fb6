"""Color profile and metadata are kept where the format supports them."""

import io

import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from sr_lightning.image import Metadata, Picture, decode, encode
from tests.support.pictures import SRGB, noise, saved

GRAY_PROFILE = SRGB[:16] + b"GRAY" + SRGB[20:]


def exif_of(content: bytes) -> Image.Exif:
    with Image.open(io.BytesIO(content)) as file:
        return file.getexif()


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_profile_and_metadata_are_kept(suffix, channels, depth):
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "A. Photographer"
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.ISOSpeedRatings: 200, ExifTags.Base.ExifImageWidth: 5}
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N"}
    icc = SRGB if channels == 3 else GRAY_PROFILE
    pixels = noise(channels, 8, 5, 3)
    source = saved(pixels.squeeze(2) if channels == 1 else pixels, "JPEG", exif=exif, icc_profile=icc, dpi=(300, 300))
    picture = decode(source, "a")
    assert picture.pixels.shape == (3, 5, channels)
    written = encode(Picture(picture.pixels.astype(f"u{depth // 8}"), picture.metadata), suffix)
    back, written_exif = decode(written, "a"), exif_of(written)
    assert back.pixels.shape[:2] == (3, 5)
    assert back.metadata.icc == (None if suffix == ".webp" and channels == 1 else icc)
    assert written_exif[ExifTags.Base.Artist] == "A. Photographer"
    assert written_exif.get(ExifTags.Base.Orientation, 1) == 1
    if (suffix, depth) != (".tif", 16):
        assert written_exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ISOSpeedRatings) == 200
        assert ExifTags.Base.ExifImageWidth not in written_exif.get_ifd(ExifTags.IFD.Exif)
        assert written_exif.get_ifd(ExifTags.IFD.GPSInfo).get(ExifTags.GPS.GPSLatitudeRef) == "N"
    if suffix != ".webp":
        assert back.metadata.dpi == pytest.approx((300, 300), abs=0.1)


@pytest.mark.parametrize("exif", [None, "A. Photographer"])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
@pytest.mark.parametrize("source", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_xmp_is_kept_without_orientation_and_size(source, suffix, depth, exif):
    """Titles and ratings are kept; a kept orientation would rotate the picture a second time."""
    untrue = 'tiff:Orientation="6" exif:PixelXDimension="3"><xmp:Thumbnails>\n<a/></xmp:Thumbnails'
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a dc:title="Füße" {untrue}><tiff:ImageWidth>3</tiff:ImageWidth></a>'
    described, text = Image.Exif(), PngInfo()
    if exif is not None:
        described[ExifTags.Base.Artist] = exif
    if source == "TIFF":
        described[ExifTags.Base.XMLPacket] = packet.encode()
    text.add_itxt("XML:com.adobe.xmp", packet)
    options = {"PNG": {"pnginfo": text}, "TIFF": {}}.get(source, {"xmp": packet.encode()}) | {"exif": described}
    picture = decode(saved(noise(3, 8, 5, 3), source, **options), "a")
    written = encode(Picture(picture.pixels.astype(f"u{depth // 8}"), picture.metadata), suffix)
    with Image.open(io.BytesIO(written)) as file:
        file.load()
        xmp = file.info["xmp"]
    assert (
        xmp.rstrip(b"\0").replace(b" >", b">") == '<x:xmpmeta xmlns:x="adobe:ns:meta/"><a dc:title="Füße"></a>'.encode()
    )
    back = decode(written, "a")
    assert back.pixels.shape == picture.pixels.shape
    assert (exif or "").encode() in (back.metadata.exif or b"")


def test_xmp_that_does_not_fit_a_format_is_dropped():
    huge = Picture(noise(3, 8), Metadata(xmp=b"<a>" + b" " * 70_000))
    assert decode(encode(huge, ".jpg"), "a").metadata.xmp is None
    assert decode(encode(huge, ".png"), "a").metadata.xmp == huge.metadata.xmp
    assert decode(encode(huge, ".bmp"), "a").metadata.xmp is None


@pytest.mark.parametrize("depth", [8, 16])
def test_png_text_is_kept(depth):
    info = PngInfo()
    info.add_text("Title", "Ünïcode")
    info.add_text("Long", "words " * 500, zip=True)
    picture = decode(saved(noise(3, 8), "PNG", pnginfo=info), "a")
    back = decode(encode(Picture(noise(3, depth), picture.metadata), ".png"), "a")
    assert back.metadata.text == {"Title": "Ünïcode", "Long": "words " * 500}
