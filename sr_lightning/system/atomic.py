"""Write files atomically: they are complete or absent."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sr_lightning.errors import InputError


def check_writable(path: str | Path) -> None:
    """Check before long work that a file can be created.

    Raises:
        InputError: its folder is a file or not writable.
    """
    above = next(parent for parent in Path(path).absolute().parents if parent.exists())
    if not above.is_dir():
        raise InputError(f"{path}: cannot be written ({above} is not a folder); choose another folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"{path}: cannot be written (permission denied: {above}); choose another folder")


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path that replaces ``path`` at the end of the block, or is deleted after an error.

    Raises:
        InputError: the folder cannot be created or written, or the disk is full.
    """
    path = Path(path)
    partial = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{path}: cannot be written ({reason}); choose another folder or make room") from error
    finally:
        if os.path.exists(partial):
            partial.unlink()


def write_text(path: str | Path, text: str) -> None:
    """Write a text file in UTF-8 atomically.

    Raises:
        InputError: as ``replacing``.
    """
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
