"""Downloads that verify checksums and are shared between processes."""

import hashlib
import os
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from filelock import FileLock

from sr_lightning.errors import InputError


def fetch(
    url: str, folder: str | Path, sha256: str | None = None, md5: str | None = None, name: str | None = None
) -> Path:
    """Download a file to ``folder/name`` unless it exists, and return its path; an existing file is only verified.

    Interrupted transfers are resumed, within a call and by the next call.

    Args:
        sha256, md5: expected checksums as hexadecimal digits.
        name: file name in the folder; by default the last part of the URL.

    Raises:
        InputError: no connection, no such file, wrong checksum, or the folder cannot be written.
    """
    name = name or PurePosixPath(unquote(urlsplit(url).path)).name
    if not name:
        raise InputError(f"{url}: the URL does not end in a file name.")
    target, partial = Path(folder) / name, Path(folder) / f"{name}.partial"
    checksums = {"sha256": sha256, "md5": md5}
    if target.exists():
        _verify(target, checksums, "Delete it to download it again.")
        return target
    from sr_lightning.system import transfer  # here because it imports requests, and most files exist

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(f".{name}.lock")):
            if not target.exists():  # another process may have downloaded it while this one waited
                transfer.download(url, partial)
                _accept(partial, transfer.note(partial), target, checksums)
    except transfer.TransferError as error:
        advice = f"Run again to resume, or put the file at {target} by hand."
        raise InputError(f"{url}: {error}. {advice}") from error
    except OSError as error:
        advice = "Make room or choose another folder, then run again."
        raise InputError(f"{target}: cannot be written ({error.strerror or error}). {advice}") from error
    return target


def _accept(partial: Path, note: Path, target: Path, checksums: dict[str, str | None]) -> None:
    """Rename a download to its target, or delete it if its checksum is wrong; delete the record of its version.

    Raises:
        InputError: wrong checksum.
    """
    try:
        _verify(partial, checksums, f"The download is deleted: run again, or put the file at {target} by hand.")
    except InputError:
        partial.unlink()
        note.unlink()
        raise
    os.replace(partial, target)
    note.unlink()


def _verify(path: Path, checksums: dict[str, str | None], advice: str) -> None:
    """Compare a file with its expected checksums.

    Raises:
        InputError: a checksum differs; ends with ``advice``.
    """
    for algorithm, expected in checksums.items():
        if expected and (got := _digest(path, algorithm)) != expected.lower():
            raise InputError(f"{path}: {algorithm} is {got}, expected {expected}. {advice}")


def _digest(path: Path, algorithm: str) -> str:
    """Return a file's checksum as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
