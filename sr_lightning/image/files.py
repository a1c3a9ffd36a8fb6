"""Open and write image files; every failure is one line that names the file."""

import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import torch
from PIL import Image, UnidentifiedImageError

from sr_lightning.errors import InputError
from sr_lightning.image.formats import READABLE, kind_of
from sr_lightning.system.atomic import replacing
from sr_lightning.system.hardware import free_memory

# Set once at import, not around each call: warning filters are shared by all threads.
for _category in (UserWarning, Image.DecompressionBombWarning):
    warnings.filterwarnings("ignore", category=_category, module=r"PIL\.")

EXPANSION = 1100
"""Largest plausible size of the pixels over that of the file; deflate reaches 1032."""
PREDICTIVE_EXPANSION = 100_000
"""The same for WebP and AVIF, in which a flat image needs almost no space."""

_pillow_limit = threading.Lock()  # held while Pillow's own limit, a global variable, is off


class UnsupportedError(ValueError):
    """Raised for an intact image of a kind that is not read; the message follows the name of the file."""


@contextmanager
def open_image(path: Path | str, content: bytes | None = None) -> Iterator[Image.Image]:
    """Open an image without decoding its pixels; errors in the block become InputErrors, as in `input_errors`.

    Pillow refuses more than 179 megapixels. Here the size in the header must be plausible for the size of the file and
    fit into the free memory.

    Args:
        path: the file, or its name in messages.
        content: of the file, if it is in memory.
    """
    with input_errors(path, content), _open(path if content is None else BytesIO(content)) as image:
        if 0 in image.size:
            raise ValueError(f"{image.width}x{image.height} pixels")
        length = os.path.getsize(path) if content is None else len(content)
        expansion = PREDICTIVE_EXPANSION if image.format in ("WEBP", "AVIF") else EXPANSION
        check_size(image.width, image.height, len(image.getbands()), length * expansion)
        yield image


def _open(file: Path | str | BytesIO) -> Image.Image:
    """Open an image without Pillow's limit on the number of pixels."""
    with _pillow_limit:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(file, formats=READABLE)
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def check_size(width: int, height: int, channels: int, plausible: int) -> None:
    """Check the size in a header before memory is allocated for the pixels.

    Sizes below Pillow's limit pass.

    Args:
        width: in pixels.
        height: in pixels.
        channels: bytes per pixel.
        plausible: largest number of bytes that the file can expand to.
    Raises:
        UnsupportedError: the size is not plausible, or the pixels do not fit into the free memory.
    """
    if width * height <= 2 * (Image.MAX_IMAGE_PIXELS or 2**62):
        return
    needed, free = width * height * channels, free_memory(torch.device("cpu"))
    if needed > plausible:
        raise UnsupportedError(
            f"has a damaged header ({width}x{height} pixels, too many for the size of the file); replace or remove it"
        )
    if free is not None and needed > free:
        raise UnsupportedError(
            f"is too large for the free memory ({width}x{height} pixels need {needed / 1e9:.1f} GB, "
            f"{free / 1e9:.1f} GB are free); split it into smaller images"
        )


@contextmanager
def input_errors(path: Path | str, content: bytes | None = None) -> Iterator[None]:
    """Convert any error of the block to an InputError that names the file.

    Args:
        path: the file, or its name in messages.
        content: of the file, if it is in memory.
    """
    try:
        yield
    except InputError:
        raise
    except UnsupportedError as error:
        raise InputError(f"{path}: {error}") from error
    except UnidentifiedImageError as error:
        raise InputError(f"{path}: {unidentified(path, content)}") from error
    except MemoryError as error:
        raise InputError(f"{path}: does not fit into the free memory; split it into smaller images") from error
    except Exception as error:  # decoders raise SyntaxError, struct.error and others for damaged files
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(
                f"{path}: cannot be opened ({error.strerror}); check the path and its permissions"
            ) from error
        raise InputError(f"{path}: cannot be decoded ({error_text(error)}); replace or remove it") from error


def unidentified(path: Path | str, content: bytes | None) -> str:
    """Return the rest of the message for a file that Pillow does not recognize."""
    if content is None:
        with Path(path).open("rb") as file:
            content = file.read(512)
    head = content[:512]
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "is an empty file; replace or remove it"
    if text.startswith((b"<!doctype html", b"<html")):
        return "is a web page, not an image; download the image again"
    if head.startswith(b"version https://git-lfs"):
        return "is a pointer of Git LFS, not the image; run git lfs pull"
    kind = kind_of(head)
    if kind is not None:
        return f"is {kind}, which is not read; convert it to PNG, JPEG or TIFF"
    return "is not an image, or its header is damaged; replace or remove it"


def error_text(error: Exception) -> str:
    """Return the message of an exception, on one line."""
    strerror = error.strerror if isinstance(error, OSError) else None
    return " ".join((strerror or str(error)).split()).rstrip(".") or type(error).__name__


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
