"""Files that are complete or not there at all."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sr_lightning.errors import InputError


def check_writable(path: str | Path) -> None:
    """Before long work, not after it: whether a file could be made there.

    Raises:
        InputError: a file is in the place of its folder, or there is no right to write.
    """
    above = next(parent for parent in Path(path).absolute().parents if parent.exists())
    if not above.is_dir():
        raise InputError(f"{path}: cannot be written ({above} is no folder); choose another folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"{path}: cannot be written (no right to write in {above}); choose another folder")


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to; it takes that place at the end, and is deleted after an error.

    Raises:
        InputError: the folder cannot be made or written, or the disk is full.
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
    """A whole file of text or none, in UTF-8.

    Raises:
        InputError: as ``replacing``.
    """
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
