"""Open and write image files; every failure is one line that names the file."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from sr_lightning.errors import InputError
from sr_lightning.image.formats import READABLE
from sr_lightning.system.atomic import replacing

# Set once at import, not around each call: warning filters are shared by all threads.
for _category in (UserWarning, Image.DecompressionBombWarning):
    warnings.filterwarnings("ignore", category=_category, module=r"PIL\.")


@contextmanager
def open_image(path: Path | str, content: bytes | None = None) -> Iterator[Image.Image]:
    """Open an image without decoding its pixels; errors in the block become InputErrors, as in `input_errors`.

    Args:
        path: the file, or its name in messages.
        content: of the file, if it is in memory.
    """
    with (
        input_errors(path, content),
        Image.open(path if content is None else BytesIO(content), formats=READABLE) as image,
    ):
        if 0 in image.size:
            raise ValueError(f"{image.width}x{image.height} pixels")
        yield image


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
    except UnidentifiedImageError as error:
        length = os.path.getsize(path) if content is None else len(content)
        problem = "is not an image, or its header is damaged" if length else "is an empty file"
        raise InputError(f"{path}: {problem}; replace or remove it") from error
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
