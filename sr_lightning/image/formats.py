"""File formats that can be read and written, and their limits."""

from typing import Any

from PIL import features

_AVIF = bool(features.check("avif"))  # Pillow 11.3 and later
_READ = "apng bmp gif jfif jpe jpeg jpg pbm pgm png pnm ppm tif tiff webp" + " avif" * _AVIF
_UNREAD = (
    "arw cr2 cr3 dds dib dng emf eps exr fits hdr heic heif hif ico icns j2k jp2 jpf jpx jxl jxr nef orf pam pcx pef "
    "pfm psb psd qoi raf raw rw2 sgi srw svg tga wdp wmf xcf" + " avif" * (not _AVIF)
)

EXTENSIONS = frozenset(f".{ending}" for ending in _READ.split())
"""Lower-case suffixes of the files that `read` accepts; the format itself is detected from the content."""

UNREAD_EXTENSIONS = frozenset(f".{ending}" for ending in _UNREAD.split())
"""Lower-case suffixes of images in formats that are not supported; folders may contain them."""

READABLE = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "PPM", "GIF", *(["AVIF"] * _AVIF))
"""Pillow's names of the formats that are read; excludes EPS, for which Pillow starts Ghostscript."""

_JPEG: dict[str, Any] = {"quality": 95, "subsampling": 0}  # chroma at full resolution

ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", _JPEG),
    ".jpeg": ("JPEG", _JPEG),
    ".webp": ("WEBP", {"quality": 95}),
    ".tif": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ".tiff": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ".bmp": ("BMP", {}),
    ".jfif": ("JPEG", _JPEG),
    ".jpe": ("JPEG", _JPEG),
}
"""Lower-case suffix -> Pillow's format name and save options."""

LARGEST_SIDE = {"WEBP": 16_383, "JPEG": 65_500, "PNG": 2**31 - 1, "BMP": 2**31 - 1, "TIFF": 2**31 - 1}
"""Largest height and width in pixels, by format; for JPEG that of libjpeg."""

LARGEST_BMP = 2**32 - 2**16
"""Largest size of a BMP file in bytes: its header stores it in 32 bits."""

OPAQUE = ("JPEG", "BMP")
"""Formats without an alpha channel."""

DEEP = ("PNG", "TIFF")
"""Formats that are written with 16 bits per channel."""

_BEGINNINGS = {
    b"\0\0\0\x0cJXL ": "a JPEG XL image",
    b"\xff\x0a": "a JPEG XL image",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 image",
    b"\xff\x4f\xff\x51": "a JPEG 2000 image",
    b"II\xbc": "a JPEG XR image",
    b"8BPS": "a Photoshop document",
    b"\x76\x2f\x31\x01": "an OpenEXR image",
    b"#?R": "a Radiance HDR image",
    b"DDS ": "a DDS texture",
    b"PF": "a portable float map",
    b"Pf": "a portable float map",
    b"P7": "a portable arbitrary map",
    b"qoif": "a QOI image",
    b"%PDF": "a PDF document",
    b"<svg": "an SVG drawing",
    b"FUJIFILM": "a camera's raw file",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"\x1aE\xdf\xa3": "a Matroska video",
}
_BRANDS = {
    "an AVIF image": (b"avif", b"avis"),
    "a HEIC image": (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"),
    "a camera's raw file": (b"crx ",),
}


_SIGNATURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def looks_like_image(content: bytes) -> bool:
    """Return True if the first bytes of a file are those of an image in a known format.

    Args:
        content: at least the first 64 bytes of the file.
    """
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return is_webp or content.startswith(_SIGNATURES) or (kind_of(content) or "").endswith("image")


def kind_of(content: bytes) -> str | None:
    """Return the kind of a file that is not read as an image, such as ``a HEIC image``, by its first bytes.

    Args:
        content: at least the first 64 bytes of the file.
    Returns:
        None for a kind that is not known.
    """
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        return next((kind for kind, brands in _BRANDS.items() if brand in brands), "a video")
    if content[:4] == b"RIFF" and content[8:12] == b"AVI ":
        return "an AVI video"
    return next((kind for start, kind in _BEGINNINGS.items() if content.startswith(start)), None)
