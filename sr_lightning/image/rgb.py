"""Image files to RGB pixels and back: the only place where files are decoded, quantised and encoded."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from PIL import ExifTags, Image, UnidentifiedImageError
from torch import Tensor

from sr_lightning.errors import InputError
from sr_lightning.ops.quantize import to_eight_bit, to_uint8
from sr_lightning.system.atomic import replacing

EXTENSIONS = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Suffixes, in lower case, of the files that `read` is meant for; what a file really is, its first bytes decide."""

_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "PPM", "GIF")  # no others: Pillow's EPS reader starts Ghostscript
ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),  # colours as sharp as brightness
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".webp": ("WEBP", {"quality": 95}),
    ".tif": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ".tiff": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ".bmp": ("BMP", {}),
}
"""Suffix, in lower case -> Pillow's name of the format and options for it."""

# Once, at import, and not around each call: a filter is shared by all threads.
for _category in (UserWarning, Image.DecompressionBombWarning):
    warnings.filterwarnings("ignore", category=_category, module=r"PIL\.")


def size(path: Path | str) -> tuple[int, int]:
    """(height, width) as displayed, from the header alone.

    Raises:
        InputError: the file cannot be opened or is not an image.
    """
    with opened(path) as image:
        width, height = image.size
        return (width, height) if orientation(image) > 4 else (height, width)


def read_bytes(path: Path | str) -> np.ndarray:
    """First frame of a file, turned upright, without its alpha channel.

    Grey is repeated to three channels; 16-bit grey v becomes round(v / 257), where Pillow alone would clip it to 255.

    Shape: (H, W, 3) uint8, RGB, contiguous.

    Raises:
        InputError: the file cannot be opened, is damaged or truncated, or has values without a defined range.
    """
    with opened(path) as image:
        turn = orientation(image)  # before the pixels: Pillow turns a TIFF while it decodes it
        pixels = _rgb(image)
    return upright(pixels, turn)


def read(path: Path | str) -> Tensor:
    """`read_bytes` as a tensor. Shape: (3, H, W) float32 in [0, 1], RGB. Raises: InputError, as `read_bytes`."""
    pixels = torch.from_numpy(read_bytes(path)).permute(2, 0, 1)
    return pixels.to(torch.float32, memory_format=torch.contiguous_format).div_(255)


def write(path: Path | str, image: Tensor) -> None:
    """Write an 8-bit PNG, JPEG, WebP, TIFF or BMP, named by its suffix: whole or not at all; parent folders are made.

    Args:
        image: (3, H, W) RGB or (1, H, W) grey; floating point in [0, 1], or uint8.

    Raises:
        InputError: the suffix is not one of these, or the file cannot be written.
        ValueError: the tensor has another shape or type, or NaN in it.
    """
    path = Path(path)
    if path.suffix.lower() not in ENCODERS:
        raise InputError(f"{path}: cannot be written as {path.suffix or 'no suffix'!r}; use {', '.join(ENCODERS)}")
    if image.ndim != 3 or image.shape[0] not in (1, 3) or not image.numel():
        raise ValueError(f"write takes an image of shape (3, H, W) or (1, H, W), not {tuple(image.shape)}")
    if image.is_floating_point() and image.isnan().any():
        raise ValueError(f"{path}: not written, the image has NaN in it")
    pixels = (image if image.dtype == torch.uint8 else to_uint8(image)).detach().cpu().permute(1, 2, 0)
    encoded = Image.fromarray(pixels.squeeze(2).numpy() if len(image) == 1 else pixels.numpy())
    format_name, options = ENCODERS[path.suffix.lower()]
    save(path, lambda file: encoded.save(file, format_name, **options))


def save(path: Path, write_to: Callable[[BinaryIO], object]) -> None:
    """Write a file, the whole or none; parent folders are made.

    Raises:
        InputError: it cannot be written.
    """
    with replacing(path) as partial, partial.open("xb") as file:
        try:
            write_to(file)
        except (OSError, ValueError) as error:  # a full disk; more pixels than WebP can hold
            raise InputError(f"{path}: cannot be written ({reason(error)}); choose another folder or format") from error


@contextmanager
def opened(path: Path | str, content: bytes | None = None) -> Iterator[Image.Image]:
    """An image file whose pixels are not decoded yet; errors in the block become InputErrors, as in ``told``.

    Args:
        path: the file, or what to call it.
        content: of the file, where it is in memory.
    """
    with told(path, content), Image.open(path if content is None else BytesIO(content), formats=_FORMATS) as image:
        if 0 in image.size:
            raise ValueError(f"{image.width}x{image.height} pixels")
        yield image


@contextmanager
def told(path: Path | str, content: bytes | None = None) -> Iterator[None]:
    """Whatever decoding raises becomes one InputError that names the file."""
    try:
        yield
    except InputError:
        raise
    except UnidentifiedImageError as error:
        length = os.path.getsize(path) if content is None else len(content)
        what = "is not an image, or its header is damaged" if length else "is an empty file"
        raise InputError(f"{path}: {what}; replace or remove it") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{path}: is too large ({reason(error)}); cut it into smaller images") from error
    except Exception as error:  # damaged files make decoders raise nearly anything: SyntaxError, struct.error
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(f"{path}: cannot be opened ({error.strerror}); check the path and its rights") from error
        raise InputError(f"{path}: cannot be decoded ({reason(error)}); replace or remove it") from error


def reason(error: Exception) -> str:
    """What an exception says, on one line."""
    strerror = error.strerror if isinstance(error, OSError) else None
    return " ".join((strerror or str(error)).split()).rstrip(".") or type(error).__name__


def orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8, that is still to be applied to an image whose pixels are not read yet."""
    if image.format == "TIFF":  # Pillow applies it itself
        return 1
    exif = Image.Image.getexif(image)  # not image.getexif(): that of a PNG decodes the pixels first
    turn = exif.get(ExifTags.Base.Orientation, 1)
    return turn if turn in range(1, 9) else 1


def upright(pixels: np.ndarray, turn: int) -> np.ndarray:
    """Apply an EXIF orientation. Shape: (H, W, C) -> (H, W, C) or (W, H, C), contiguous."""
    if turn > 4:
        pixels = pixels.swapaxes(0, 1)
    vertical, horizontal = ((1, 1), (1, -1), (-1, -1), (-1, 1))[(turn - 1) % 4]
    return np.ascontiguousarray(pixels[::vertical, ::horizontal])


def deep_grey(image: Image.Image) -> np.ndarray | None:
    """Grey of more than 8 bits in an open image, None for other images. Shape: (H, W) uint16.

    Raises:
        ValueError: values without a defined range.
    """
    if image.mode == "F":
        grey = np.asarray(image)
        if not (grey.min() >= 0 and grey.max() <= 1):
            raise ValueError(f"floating-point values from {grey.min()} to {grey.max()}, not within 0 and 1")
        return np.rint(grey * 65535).astype(np.uint16)
    if not image.mode.startswith("I"):  # I;16 and I;16B hold 16 bits, I as many in 32
        return None
    grey = np.asarray(image)
    if grey.min() < 0 or grey.max() > 65535:
        raise ValueError(f"integer values from {grey.min()} to {grey.max()}, not within 0 and 65535")
    return grey.astype(np.uint16)


def _rgb(image: Image.Image) -> np.ndarray:
    """Pixels of an open image as they are stored. Shape: (H, W, 3) uint8."""
    grey = deep_grey(image)
    if grey is not None:
        return np.repeat(to_eight_bit(grey)[:, :, None], 3, axis=2)
    image.load()
    image.info.pop("transparency", None)  # alpha is dropped; converting that of a palette would only warn
    return np.array(image.convert("RGB"))
