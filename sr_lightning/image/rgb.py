"""Read and write image files as RGB pixels."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sr_lightning.errors import InputError
from sr_lightning.image.decoding import decode_upright, read_content
from sr_lightning.image.files import save
from sr_lightning.image.formats import ENCODERS
from sr_lightning.ops.quantize import to_uint8, uint16_to_uint8
from sr_lightning.ops.value_range import to_unit_range


def read_bytes(path: Path | str) -> np.ndarray:
    """Read the first frame of a file with its orientation applied, without alpha.

    The pixels are those of `read_picture`; gray is repeated to three channels, and 16-bit v becomes round(v / 257).

    Shape:
        (H, W, 3) uint8, RGB, contiguous.
    Raises:
        InputError: the file cannot be opened, is damaged or truncated, or has values outside a defined range.
    """
    return to_rgb8(decode_upright(read_content(path), str(path)))


def to_rgb8(pixels: np.ndarray) -> np.ndarray:
    """Convert to 8-bit RGB without alpha. Shape: (H, W, C) uint8 or uint16 -> (H, W, 3) uint8, contiguous."""
    colors = pixels[:, :, : 1 if pixels.shape[2] < 3 else 3]
    eight = uint16_to_uint8(colors) if colors.dtype == np.uint16 else colors
    return np.repeat(eight, 3, axis=2) if eight.shape[2] == 1 else np.ascontiguousarray(eight)


def read(path: Path | str) -> Tensor:
    """Read a file as `read_bytes` does, into a tensor.

    Shape:
        (3, H, W) float32 in [0, 1], RGB.
    Raises:
        InputError: as `read_bytes`.
    """
    pixels = torch.from_numpy(read_bytes(path)).permute(2, 0, 1)
    return pixels.to(torch.float32, memory_format=torch.contiguous_format).div_(255)


def write(path: Path | str, image: Tensor) -> None:
    """Write an 8-bit PNG, JPEG, WebP, TIFF or BMP atomically, in the format of its suffix; parent folders are created.

    Args:
        image: (3, H, W) RGB or (1, H, W) gray; floating point in [0, 1], or uint8.

    Raises:
        InputError: the suffix is not one of these, or the file cannot be written.
        ValueError: the tensor has another shape or type, or contains NaN or values in another range such as [0, 255].
    """
    path = Path(path)
    if path.suffix.lower() not in ENCODERS:
        raise InputError(f"{path}: cannot be written as {path.suffix or 'no suffix'!r}; use {', '.join(ENCODERS)}")
    if image.ndim != 3 or image.shape[0] not in (1, 3) or not image.numel():
        raise ValueError(f"write takes an image of shape (3, H, W) or (1, H, W), not {tuple(image.shape)}")
    if image.is_floating_point() and image.isnan().any():
        raise ValueError(f"{path}: not written, the image contains NaN")
    to_unit_range(image, f"{path}: the image", overshoot=7)
    pixels = (image if image.dtype == torch.uint8 else to_uint8(image)).detach().cpu().permute(1, 2, 0)
    encoded = Image.fromarray(pixels.squeeze(2).numpy() if len(image) == 1 else pixels.numpy())
    format_name, options = ENCODERS[path.suffix.lower()]
    save(path, lambda file: encoded.save(file, format_name, **options))
