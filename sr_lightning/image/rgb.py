"""Read and write image files as RGB pixels."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sr_lightning.errors import InputError
from sr_lightning.image.files import open_image, save
from sr_lightning.image.formats import ENCODERS
from sr_lightning.image.orientation import apply_orientation, pending_orientation
from sr_lightning.ops.quantize import to_uint8, uint16_to_uint8
from sr_lightning.ops.value_range import to_unit_range


def size(path: Path | str) -> tuple[int, int]:
    """Return (height, width) as displayed, reading the header only.

    Raises:
        InputError: the file cannot be opened or is not an image.
    """
    with open_image(path) as image:
        width, height = image.size
        return (width, height) if pending_orientation(image) > 4 else (height, width)


def read_bytes(path: Path | str) -> np.ndarray:
    """Read the first frame of a file with its orientation applied, without alpha.

    Gray is repeated to three channels; 16-bit gray v becomes round(v / 257), which Pillow would clip to 255.

    Shape:
        (H, W, 3) uint8, RGB, contiguous.
    Raises:
        InputError: the file cannot be opened, is damaged or truncated, or has values outside a defined range.
    """
    with open_image(path) as image:
        orientation = pending_orientation(image)  # before decoding, during which Pillow rotates TIFFs
        pixels = _rgb(image)
    return apply_orientation(pixels, orientation)


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


def read_deep_gray(image: Image.Image) -> np.ndarray | None:
    """Decode gray images of more than 8 bits; return None for others. Shape: (H, W) uint16.

    Raises:
        ValueError: values outside a defined range.
    """
    if image.mode == "F":
        gray = np.asarray(image)
        if not (gray.min() >= 0 and gray.max() <= 1):
            raise ValueError(f"floating-point values from {gray.min()} to {gray.max()}, not within 0 and 1")
        return np.rint(gray * 65535).astype(np.uint16)
    if not image.mode.startswith("I"):  # I;16 and I;16B hold 16 bits, I the same in 32
        return None
    gray = np.asarray(image)
    if gray.min() < 0 or gray.max() > 65535:
        raise ValueError(f"integer values from {gray.min()} to {gray.max()}, not within 0 and 65535")
    return gray.astype(np.uint16)


def _rgb(image: Image.Image) -> np.ndarray:
    """Decode an opened image to RGB. Shape: (H, W, 3) uint8."""
    gray = read_deep_gray(image)
    if gray is not None:
        return np.repeat(uint16_to_uint8(gray)[:, :, None], 3, axis=2)
    image.load()
    image.info.pop("transparency", None)  # alpha is dropped; converting a palette's alpha would only cause a warning
    return np.array(image.convert("RGB"))
