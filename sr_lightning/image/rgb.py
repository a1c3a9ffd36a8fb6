"""Read and write image files as RGB pixels."""

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
from sr_lightning.ops.quantize import to_uint8, uint16_to_uint8
from sr_lightning.system.atomic import replacing

EXTENSIONS = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Lower-case suffixes of the files that `read` accepts; the format itself is detected from the content."""

_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "PPM", "GIF")  # excludes EPS, for which Pillow starts Ghostscript
ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),  # chroma at full resolution
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".webp": ("WEBP", {"quality": 95}),
    ".tif": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ".tiff": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ".bmp": ("BMP", {}),
}
"""Lower-case suffix -> Pillow's format name and save options."""

# Set once at import, not around each call: warning filters are shared by all threads.
for _category in (UserWarning, Image.DecompressionBombWarning):
    warnings.filterwarnings("ignore", category=_category, module=r"PIL\.")


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
        turn = pending_orientation(image)  # before decoding, during which Pillow rotates TIFFs
        pixels = _rgb(image)
    return apply_orientation(pixels, turn)


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
        ValueError: the tensor has another shape or type, or contains NaN.
    """
    path = Path(path)
    if path.suffix.lower() not in ENCODERS:
        raise InputError(f"{path}: cannot be written as {path.suffix or 'no suffix'!r}; use {', '.join(ENCODERS)}")
    if image.ndim != 3 or image.shape[0] not in (1, 3) or not image.numel():
        raise ValueError(f"write takes an image of shape (3, H, W) or (1, H, W), not {tuple(image.shape)}")
    if image.is_floating_point() and image.isnan().any():
        raise ValueError(f"{path}: not written, the image contains NaN")
    pixels = (image if image.dtype == torch.uint8 else to_uint8(image)).detach().cpu().permute(1, 2, 0)
    encoded = Image.fromarray(pixels.squeeze(2).numpy() if len(image) == 1 else pixels.numpy())
    format_name, options = ENCODERS[path.suffix.lower()]
    save(path, lambda file: encoded.save(file, format_name, **options))


def save(path: Path, write_to: Callable[[BinaryIO], object]) -> None:
    """Write a file atomically; parent folders are created.

    Args:
        write_to: called with the open binary file.
    Raises:
        InputError: the file cannot be written.
    """
    with replacing(path) as partial, partial.open("xb") as file:
        try:
            write_to(file)
        except (OSError, ValueError) as error:  # a full disk; more pixels than WebP can hold
            raise InputError(
                f"{path}: cannot be written ({error_text(error)}); choose another folder or format"
            ) from error


@contextmanager
def open_image(path: Path | str, content: bytes | None = None) -> Iterator[Image.Image]:
    """Open an image without decoding its pixels; errors in the block become InputErrors, as in `input_errors`.

    Args:
        path: the file, or its name in messages.
        content: of the file, if it is in memory.
    """
    with (
        input_errors(path, content),
        Image.open(path if content is None else BytesIO(content), formats=_FORMATS) as image,
    ):
        if 0 in image.size:
            raise ValueError(f"{image.width}x{image.height} pixels")
        yield image


@contextmanager
def input_errors(path: Path | str, content: bytes | None = None) -> Iterator[None]:
    """Convert any error of the block to an InputError that names the file."""
    try:
        yield
    except InputError:
        raise
    except UnidentifiedImageError as error:
        length = os.path.getsize(path) if content is None else len(content)
        what = "is not an image, or its header is damaged" if length else "is an empty file"
        raise InputError(f"{path}: {what}; replace or remove it") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{path}: is too large ({error_text(error)}); split it into smaller images") from error
    except Exception as error:  # decoders raise SyntaxError, struct.error and others for damaged files
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(
                f"{path}: cannot be opened ({error.strerror}); check the path and its permissions"
            ) from error
        raise InputError(f"{path}: cannot be decoded ({error_text(error)}); replace or remove it") from error


def error_text(error: Exception) -> str:
    """Return the message of an exception, on one line."""
    strerror = error.strerror if isinstance(error, OSError) else None
    return " ".join((strerror or str(error)).split()).rstrip(".") or type(error).__name__


def pending_orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8, that decoding an opened image will not apply."""
    if image.format == "TIFF":  # Pillow applies it while decoding
        return 1
    exif = Image.Image.getexif(image)  # image.getexif() would decode the pixels of a PNG
    turn = exif.get(ExifTags.Base.Orientation, 1)
    return turn if turn in range(1, 9) else 1


def apply_orientation(pixels: np.ndarray, turn: int) -> np.ndarray:
    """Apply an EXIF orientation, 1 to 8. Shape: (H, W, C) -> (H, W, C) or (W, H, C), contiguous."""
    if turn > 4:
        pixels = pixels.swapaxes(0, 1)
    vertical, horizontal = ((1, 1), (1, -1), (-1, -1), (-1, 1))[(turn - 1) % 4]
    return np.ascontiguousarray(pixels[::vertical, ::horizontal])


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
