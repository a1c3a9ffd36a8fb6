"""Metadata of an open file, and as options for an encoder."""

import re
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from sr_lightning.image.picture import Metadata

_DESCRIPTIVE = (  # tags of EXIF's first directory that say nothing about how pixels are stored
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
_XMP = "XML:com.adobe.xmp"  # PNG's name for it
_LONGEST_XMP = 65504  # bytes in a JPEG file
_STORED = rb"(?:tiff:(?:Orientation|ImageWidth|ImageLength)|exif:Pixel[XY]Dimension)"
_OUTDATED = re.compile(
    rb"\s%b\s*=\s*(?:\"[^\"]*\"|'[^']*')|<%b>[^<]*</%b>|<xmp:Thumbnails>.*?</xmp:Thumbnails>" % ((_STORED,) * 3),
    re.DOTALL,
)
_SPACES = {1: b"GRAY", 3: b"RGB "}  # of an ICC profile, by the number of colours


def metadata_of(file: Image.Image, colours: int) -> Metadata:
    """Metadata of an image whose pixels are decoded, without what upscaling makes wrong.

    The orientation, the thumbnail and the size in EXIF and XMP are left out, and so is a profile for other colours than
    those that the pixels were converted to.
    """
    icc = file.info.get("icc_profile")
    dpi = file.info.get("dpi")
    text = {str(key): str(value) for key, value in getattr(file, "text", {}).items()}
    xmp = file.info.get("xmp") or text.pop(_XMP, "").encode()
    return Metadata(
        icc=fitting(icc, colours),
        exif=descriptive(file.getexif()),
        dpi=(float(dpi[0]), float(dpi[1])) if dpi else None,
        xmp=_OUTDATED.sub(b"", xmp) or None,
        text={key: value for key, value in text.items() if not key.startswith("Raw profile") and key != _XMP},
    )


def fitting(icc: bytes | None, colours: int) -> bytes | None:
    """The profile if it is one for so many colours."""
    return icc if icc and icc[16:20] == _SPACES[colours] else None


def descriptive(exif: Image.Exif) -> bytes | None:
    """EXIF with what describes the photograph alone."""
    kept = Image.Exif()
    for tag in _DESCRIPTIVE:
        if tag in exif:
            kept[tag] = exif[tag]
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        values = dict(exif.get_ifd(directory))
        for size in (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight):
            values.pop(size, None)
        if values:
            kept.get_ifd(directory).update(values)
            kept[directory] = values
    return kept.tobytes() if len(kept) else None


def options(metadata: Metadata, format_name: str, colours: int) -> dict[str, Any]:
    """Metadata as Pillow's arguments for saving a format; what the format cannot hold is left out."""
    found: dict[str, Any] = {
        "icc_profile": fitting(metadata.icc, colours),
        "exif": metadata.exif,
        "dpi": metadata.dpi,
    }
    text = dict(metadata.text)
    if metadata.xmp and format_name == "PNG":
        text[_XMP] = metadata.xmp.decode(errors="replace")
    elif metadata.xmp and format_name == "TIFF":
        found["exif"] = Image.Exif()  # whose first directory is TIFF's own
        found["exif"].load(metadata.exif or b"")
        found["exif"][ExifTags.Base.XMLPacket] = metadata.xmp
    elif metadata.xmp and (format_name != "JPEG" or len(metadata.xmp) <= _LONGEST_XMP):
        found["xmp"] = metadata.xmp
    if text and format_name == "PNG":
        found["pnginfo"] = PngInfo()
        for key, value in text.items():
            found["pnginfo"].add_itxt(key, value)
    held = {"BMP": {"dpi"}, "WEBP": {"icc_profile", "exif", "xmp"}}.get(format_name, set(found))
    return {key: value for key, value in found.items() if value is not None and key in held}


def png_chunks(metadata: Metadata, colours: int) -> bytes:
    """The chunks of a PNG file that hold the metadata, as Pillow writes them."""
    file = BytesIO()
    Image.new("L" if colours == 1 else "RGB", (1, 1)).save(file, "PNG", **options(metadata, "PNG", colours))
    content = file.getvalue()
    end = HEADER
    while content[end + 4 : end + 8] != b"IDAT":
        end += 12 + int.from_bytes(content[end : end + 4])
    return content[HEADER:end]


HEADER = 33  # bytes of a PNG file's signature and first chunk
