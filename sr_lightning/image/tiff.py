"""Decode the TIFF files that Pillow reduces to 8 bits or cannot read: 9 to 16 bits, floating point, and Lab."""

from io import BytesIO

import numpy as np
import tifffile

from sr_lightning.image.color_conversion import deep_cmyk_to_rgb, lab_to_rgb
from sr_lightning.image.files import EXPANSION, UnsupportedError, check_size
from sr_lightning.image.metadata import matching_profile, up_to_date_xmp
from sr_lightning.image.orientation import apply_orientation
from sr_lightning.image.picture import Metadata
from sr_lightning.image.pixel_values import float_to_uint16, integer_to_uint16, scale_to_uint16
from sr_lightning.ops.quantize import uint16_to_uint8

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_COLORS = {0: 1, 1: 1, 2: 3, 5: 4, 8: 3, 9: 3}  # PhotometricInterpretation -> color channels
_LAB = (8, 9)  # CIELab with signed a and b, ICCLab with an offset
_PREMULTIPLIED = 1  # ExtraSamples
_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3  # SampleFormat
_PALETTE = 3
_ICC, _ORIENTATION = 34675, 274


def decode_tiff(content: bytes) -> np.ndarray | None:
    """Decode a TIFF file and apply its orientation; return None for files that Pillow reads without loss.

    Shape:
        (H, W, C) uint16, or uint8 for 8-bit Lab; gray or RGB, with or without alpha.
    Raises:
        UnsupportedError: the layout is not supported, or values are outside of a defined range.
    """
    with tifffile.TiffFile(BytesIO(content)) as file:
        page = file.pages.first
        bits, layout, lab = page.bitspersample, page.sampleformat, page.photometric in _LAB
        if bits <= 8 and not lab:
            return None
        colors = check_layout(page)
        check_size(page.imagewidth, page.imagelength, page.samplesperpixel * (bits // 8), len(content) * EXPANSION)
        if not page.imagewidth * page.imagelength:
            raise ValueError(f"{page.imagewidth}x{page.imagelength} pixels")
        values = page.asarray()
        if values.ndim == 3 and page.planarconfig == 2:
            values = values.transpose(1, 2, 0)
        values = values.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)
        icc = page.tags.valueof(_ICC)
        pixels = decode_lab(values, page.photometric, bits) if lab else to_uint16(values, bits, layout)
        if page.photometric == 0:
            pixels[:, :, 0] = 65535 - pixels[:, :, 0]
        if page.samplesperpixel > colors and page.extrasamples[:1] == (_PREMULTIPLIED,):
            alpha = np.maximum(pixels[:, :, -1:], 1).astype(np.float64)
            pixels[:, :, :-1] = np.rint(np.minimum(pixels[:, :, :-1] / alpha, 1) * 65535)
        if page.photometric == 5:
            pixels = np.concatenate([deep_cmyk_to_rgb(pixels[:, :, :4], icc), pixels[:, :, 4:]], 2)
        orientation = page.tags.valueof(_ORIENTATION, 1)
    return apply_orientation(pixels, orientation if orientation in range(1, 9) else 1)


def check_layout(page: tifffile.TiffPage) -> int:
    """Return the number of color channels of a supported layout.

    Raises:
        UnsupportedError: the layout is not supported.
    """
    channels, colors = page.samplesperpixel, _COLORS.get(page.photometric)
    if page.photometric == _PALETTE or colors is None:
        name = getattr(page.photometric, "name", str(page.photometric)).lower()
        raise UnsupportedError(f"is a TIFF of {page.bitspersample} bits in {name} colors; convert it to RGB")
    if channels > 1 and (page.bitspersample > 16 or page.sampleformat == _FLOAT):
        raise UnsupportedError(f"has {channels} channels of {page.dtype}; convert them to 8 or 16 bits")
    if channels not in (colors, colors + 1) or (page.photometric in _LAB and channels != 3):
        raise UnsupportedError(
            f"cannot be decoded ({channels} channels, expected gray, RGB or CMYK, with or without alpha); "
            "convert it to RGB"
        )
    return colors


def to_uint16(values: np.ndarray, bits: int, layout: int) -> np.ndarray:
    """Convert the samples of a TIFF to 16 bits, in a copy.

    Raises:
        UnsupportedError: values outside of a defined range, or complex numbers.
    """
    if layout == _FLOAT:
        return float_to_uint16(values)
    if layout == _UNSIGNED and bits <= 16:
        return scale_to_uint16(values, 2**bits - 1)
    if layout in (_UNSIGNED, _SIGNED):
        return integer_to_uint16(values)
    raise UnsupportedError(f"has values of type {values.dtype}; convert them to 8 or 16 bits")


def decode_lab(values: np.ndarray, photometric: int, bits: int) -> np.ndarray:
    """Convert CIELab (TIFF 6.0, sec. 23) or ICCLab (TIFF Technical Note 4) samples of 8 or 16 bits to sRGB.

    Shape:
        (H, W, 3) -> (H, W, 3) uint8 or uint16
    Raises:
        UnsupportedError: another depth.
    """
    if bits not in (8, 16):
        raise UnsupportedError(f"is a TIFF of {bits} bits in Lab colors; convert it to RGB")
    unit = 2 ** (bits - 8)  # levels of a and b per unit
    lab = np.empty(values.shape, np.float64)
    if photometric == 8:
        lab[..., 0] = values[..., 0] * (100 / (2**bits - 1))
        lab[..., 1:] = values[..., 1:].astype(np.int8 if bits == 8 else np.int16) / unit
    else:
        lab[..., 0] = values[..., 0] * (100 / (255 * unit))
        lab[..., 1:] = values[..., 1:] / unit - 128.0
    pixels = lab_to_rgb(lab)
    return pixels if bits == 16 else uint16_to_uint8(pixels)


def tiff_size(path: str) -> tuple[int, int]:
    """Return (height, width) of a TIFF file as displayed, from its header."""
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        size = (page.imagelength, page.imagewidth)
        return size[::-1] if page.tags.valueof(_ORIENTATION, 1) in range(5, 9) else size


def tiff_metadata(content: bytes) -> Metadata:
    """Return profile, resolution and XMP of a TIFF file that Pillow cannot open."""
    with tifffile.TiffFile(BytesIO(content)) as file:
        page = file.pages.first
        tags = page.tags
        colors = 1 if page.samplesperpixel < 3 else 3
        per_inch = {2: 1.0, 3: 2.54}.get(int(tags.valueof(296, 2)))
        ratios = [tags.valueof(code) for code in (282, 283)]
        dpi = None
        if per_inch is not None and all(ratio and ratio[1] for ratio in ratios):
            dpi = (ratios[0][0] / ratios[0][1] * per_inch, ratios[1][0] / ratios[1][1] * per_inch)
        xmp = tags.valueof(700)
        return Metadata(
            icc=matching_profile(tags.valueof(_ICC), colors),
            dpi=dpi,
            xmp=up_to_date_xmp(bytes(xmp)) if xmp else None,
        )
