"""Convert between Pillow's images and pictures."""

import numpy as np
from PIL import Image, ImageOps

from sr_lightning.image.color_space import from_pillow_info, to_pillow_info
from sr_lightning.image.decoding import to_channels
from sr_lightning.image.metadata import matching_profile
from sr_lightning.image.picture import Metadata, Picture
from sr_lightning.ops.quantize import uint16_to_uint8

_MODES = ("L", "LA", "RGB", "RGBA")


def from_pil(file: Image.Image) -> Picture:
    """Convert a Pillow image: its EXIF orientation is applied, its color profile, gamma and resolution are kept.

    Raises:
        ValueError: values outside a defined range.
    """
    upright = ImageOps.exif_transpose(file).copy()  # a copy is decoded
    pixels = to_channels(upright)
    profile = matching_profile(file.info.get("icc_profile"), 1 if pixels.shape[2] < 3 else 3)
    metadata = Metadata(icc=profile, dpi=file.info.get("dpi"), color_space=from_pillow_info(file.info))
    return Picture(pixels, metadata)


def to_pil(picture: Picture) -> Image.Image:
    """Convert a picture to a Pillow image; 16-bit gray keeps its depth, other 16-bit pictures become 8-bit.

    The color profile, the resolution, the gamma and the chromaticities are put into ``info``.
    """
    pixels = picture.pixels
    channels = pixels.shape[2]
    if picture.depth == 16 and channels > 1:  # a depth that Pillow does not have
        pixels = uint16_to_uint8(pixels)
    flat = np.ascontiguousarray(pixels[:, :, 0] if channels == 1 else pixels)
    mode = "I;16" if flat.dtype == np.uint16 else _MODES[channels - 1]
    converted = Image.frombytes(mode, flat.shape[1::-1], flat.astype(flat.dtype.newbyteorder("<")).tobytes())
    converted.info.update(
        {
            key: value
            for key, value in (("icc_profile", picture.metadata.icc), ("dpi", picture.metadata.dpi))
            if value is not None
        }
    )
    converted.info.update(to_pillow_info(picture.metadata.color_space))
    return converted
