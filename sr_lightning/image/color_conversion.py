"""Convert CMYK and Lab pixels to sRGB, by ICC profiles where there are some."""

from io import BytesIO

import imagecodecs
import numpy as np
from PIL import Image, ImageCms


def cmyk_to_rgb(file: Image.Image) -> Image.Image:
    """Convert 8-bit CMYK to sRGB with its color profile, or with Pillow's formula if there is no usable profile."""
    icc = file.info.get("icc_profile")
    if icc and icc[16:20] == b"CMYK":
        try:
            profile = ImageCms.ImageCmsProfile(BytesIO(icc))
            converted = ImageCms.profileToProfile(file, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            converted = None
        if converted is not None:
            return converted
    return file.convert("RGB")


def deep_cmyk_to_rgb(inks: np.ndarray, icc: bytes | None) -> np.ndarray:
    """Convert 16-bit CMYK as `cmyk_to_rgb` does.

    Args:
        inks: 65535 is full ink.
        icc: color profile, or None.
    Shape:
        (H, W, 4) uint16 -> (H, W, 3) uint16
    """
    if icc and icc[16:20] == b"CMYK":
        try:
            return _to_srgb(inks, icc, "cmyk")
        except imagecodecs.CmsError:
            pass
    light = 65535 - inks.astype(np.uint64)
    return ((light[..., :3] * light[..., 3:] + 32767) // 65535).astype(np.uint16)


def lab_to_rgb(lab: np.ndarray) -> np.ndarray:
    """Convert CIELAB relative to D50 to sRGB.

    Args:
        lab: L in [0, 100], a and b in [-128, 127].
    Shape:
        (H, W, 3) float64 -> (H, W, 3) uint16
    """
    return _to_srgb(lab, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(), "lab")


def _to_srgb(pixels: np.ndarray, profile: bytes, space: str) -> np.ndarray:
    """Convert to 16-bit sRGB by an ICC profile."""
    srgb = imagecodecs.cms_profile("srgb")
    pixels = np.ascontiguousarray(pixels)
    return imagecodecs.cms_transform(
        pixels, profile, srgb, colorspace=space, outcolorspace="rgb", outdtype=np.dtype(np.uint16)
    )
