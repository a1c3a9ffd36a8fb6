"""EXIF orientation: how an image must be rotated and flipped for display.

Source:
    CIPA DC-008 (EXIF 2.32), tag Orientation.
"""

import numpy as np
from PIL import ExifTags, Image


def pending_orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8, that decoding an opened image will not apply."""
    if image.format == "TIFF":  # Pillow applies it while decoding
        return 1
    exif = Image.Image.getexif(image)  # image.getexif() would decode the pixels of a PNG
    orientation = exif.get(ExifTags.Base.Orientation, 1)
    return orientation if orientation in range(1, 9) else 1


def apply_orientation(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Apply an EXIF orientation, 1 to 8. Shape: (H, W, C) -> (H, W, C) or (W, H, C), contiguous."""
    if orientation > 4:
        pixels = pixels.swapaxes(0, 1)
    vertical, horizontal = ((1, 1), (1, -1), (-1, -1), (-1, 1))[(orientation - 1) % 4]
    return np.ascontiguousarray(pixels[::vertical, ::horizontal])
