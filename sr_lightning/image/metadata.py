"""Read metadata from open image files, and convert it to encoder options."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from sr_lightning.image.color_space import PNG_HEADER, avif_color_space, png_chunk, png_color_space
from sr_lightning.image.picture import Metadata

_DESCRIPTIVE = (  # tags of the first EXIF directory that describe the photograph and not the storage of its pixels
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.Rating,
    ExifTags.Base.Copyright,
    ExifTags.Base.XPTitle,
    ExifTags.Base.XPComment,
    ExifTags.Base.XPAuthor,
    ExifTags.Base.XPKeywords,
    ExifTags.Base.XPSubject,
)
_XMP = "XML:com.adobe.xmp"  # key of XMP in PNG text chunks
_LONGEST_XMP = 65504  # bytes of XMP that fit into a JPEG file
_LONGEST_EXIF = 65533  # bytes of EXIF that fit into a JPEG file
_STORED = rb"(?:tiff:(?:Orientation|ImageWidth|ImageLength)|exif:Pixel[XY]Dimension)"
_OUTDATED = re.compile(
    rb"\s%b\s*=\s*(?:\"[^\"]*\"|'[^']*')|<%b>[^<]*</%b>|<xmp:Thumbnails>.*?</xmp:Thumbnails>" % ((_STORED,) * 3),
    re.DOTALL,
)
_COLOR_SPACES: dict[str, Callable[[bytes], dict[str, bytes]]] = {"PNG": png_color_space, "AVIF": avif_color_space}
_SPACES = {1: b"GRAY", 3: b"RGB "}  # color space in an ICC profile, by the number of color channels


def metadata_of(file: Image.Image, colors: int, content: bytes) -> Metadata:
    """Return the metadata of a decoded image that remains valid after upscaling.

    Orientation, thumbnail and size are removed from EXIF and XMP, and a color profile is dropped if the pixels were
    converted to another color space.

    Args:
        colors: number of color channels, 1 or 3.
        content: of the file.
    """
    icc = file.info.get("icc_profile")
    dpi = file.info.get("dpi")
    text = {str(key): str(value) for key, value in getattr(file, "text", {}).items()}
    xmp = file.info.get("xmp") or text.pop(_XMP, "").encode()
    return Metadata(
        icc=matching_profile(icc, colors),
        exif=descriptive_exif(file.getexif()),
        dpi=(float(dpi[0]), float(dpi[1])) if dpi else None,
        xmp=up_to_date_xmp(xmp),
        text={key: value for key, value in text.items() if not key.startswith("Raw profile") and key != _XMP},
        color_space=_COLOR_SPACES.get(file.format or "", lambda _: {})(content),
    )


def up_to_date_xmp(xmp: bytes) -> bytes | None:
    """Remove orientation, size and thumbnails from XMP; return None if nothing is left."""
    return _OUTDATED.sub(b"", xmp) or None


def matching_profile(icc: bytes | None, colors: int) -> bytes | None:
    """Return the profile if it describes this number of color channels, else None."""
    return icc if icc and icc[16:20] == _SPACES[colors] else None


def descriptive_exif(exif: Image.Exif) -> bytes | None:
    """Return the EXIF data that describes the photograph, without that of the pixel storage."""
    result = Image.Exif()
    for tag in _DESCRIPTIVE:
        if tag in exif:
            result[tag] = exif[tag]
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        values = dict(exif.get_ifd(directory))
        for size in (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight):
            values.pop(size, None)
        if values:
            result.get_ifd(directory).update(values)
            result[directory] = values
    return result.tobytes() if len(result) else None


def save_options(metadata: Metadata, format_name: str, colors: int) -> dict[str, Any]:
    """Return metadata as Pillow's arguments for saving a format, without what the format cannot hold."""
    too_long = format_name == "JPEG" and len(metadata.exif or b"") > _LONGEST_EXIF
    arguments: dict[str, Any] = {
        "icc_profile": matching_profile(metadata.icc, colors),
        "exif": None if too_long else metadata.exif,
        "dpi": metadata.dpi,
    }
    text = dict(metadata.text)
    if metadata.xmp and format_name == "PNG":
        text[_XMP] = metadata.xmp.decode(errors="replace")
    elif metadata.xmp and format_name == "TIFF":
        arguments["exif"] = Image.Exif()  # its first directory becomes the TIFF's
        arguments["exif"].load(metadata.exif or b"")
        arguments["exif"][ExifTags.Base.XMLPacket] = metadata.xmp
    elif metadata.xmp and (format_name != "JPEG" or len(metadata.xmp) <= _LONGEST_XMP):
        arguments["xmp"] = metadata.xmp
    if text and format_name == "PNG":
        arguments["pnginfo"] = PngInfo()
        for key, value in text.items():
            arguments["pnginfo"].add_itxt(key, value)
    supported = {"BMP": {"dpi"}, "WEBP": {"icc_profile", "exif", "xmp"}}.get(format_name, set(arguments))
    return {key: value for key, value in arguments.items() if value is not None and key in supported}


def png_chunks(metadata: Metadata, colors: int) -> bytes:
    """Return the chunks of a PNG file that hold the metadata, without those of `color_space_chunks`."""
    file = BytesIO()
    Image.new("L" if colors == 1 else "RGB", (1, 1)).save(file, "PNG", **save_options(metadata, "PNG", colors))
    content = file.getvalue()
    end = PNG_HEADER
    while content[end + 4 : end + 8] != b"IDAT":
        end += 12 + int.from_bytes(content[end : end + 4])
    return content[PNG_HEADER:end]


def color_space_chunks(metadata: Metadata, colors: int) -> bytes:
    """Return the chunks of a PNG file that define its colors; a color profile replaces the sRGB chunk."""
    replaced = {"sRGB"} if matching_profile(metadata.icc, colors) else set()
    return b"".join(png_chunk(kind, data) for kind, data in metadata.color_space.items() if kind not in replaced)
