"""Atomic file writes."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sr_lightning.errors import InputError


def check_writable(path: str | Path) -> None:
    """Check that a file can be created at ``path``, before any expensive work.

    Raises:
        InputError: the parent is not a folder, or permission is denied.
    """
    above = next(parent for parent in Path(path).absolute().parents if os.path.exists(parent))
    if not above.is_dir():
        raise InputError(f"{path}: cannot be written ({above} is not a folder); choose another folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"{path}: cannot be written (permission denied in {above}); choose another folder")


def check_name_length(path: str | Path) -> None:
    """Check that every name in a path is short enough for its file system.

    Raises:
        InputError: a name is too long.
    """
    path = Path(path)
    above = next((parent for parent in Path(path).absolute().parents if os.path.exists(parent)), Path("/"))
    limit = os.pathconf(above, "PC_NAME_MAX") if hasattr(os, "pathconf") else 255
    longest = max(path.parts, key=lambda part: len(os.fsencode(part)), default="")
    if len(os.fsencode(longest)) > limit:
        raise InputError(
            f"{path}: a name of {len(os.fsencode(longest))} bytes is too long, at most {limit} are possible; "
            "choose a shorter one"
        )


@contextmanager
def replacing(path: str | Path, partial: Path | None = None) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it to ``path`` at the end, or delete it after an error.

    Args:
        path: of the file.
        partial: temporary path; None: a unique one. A fixed one is overwritten after a process was killed.
    Raises:
        InputError: the folder cannot be created or written, or the disk is full.
    """
    path = Path(path)
    partial = partial or path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
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
    """Write a text file atomically, in UTF-8.

    Raises:
        InputError: as in ``replacing``.
    """
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
