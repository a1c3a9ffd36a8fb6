"""Downloads that resume after interruption, verify checksums, and are shared between processes."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import pooch
import requests
from filelock import FileLock
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from sr_lightning.errors import InputError

ATTEMPTS = 4
PAUSE = 1.0  # seconds before the second attempt, doubled before each later one
TIMEOUT = (10, 60)  # seconds to connect; seconds without data
CHUNK = 1 << 16  # bytes; an interrupted connection loses at most one chunk


def fetch(
    url: str, folder: str | Path, sha256: str | None = None, md5: str | None = None, name: str | None = None
) -> Path:
    """Download a file to ``folder/name`` unless it exists, and return its path; an existing file is only verified.

    Interrupted transfers are resumed, within a call and by the next call; ``pooch.retrieve`` starts from the beginning,
    which rarely succeeds for a 20 GB archive on a slow connection. Checksums are computed by pooch.

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
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(f".{name}.lock")):
            if not target.exists():  # another process may have downloaded it while this one waited
                _download(url, partial)
                _accept(partial, target, checksums)
    except requests.RequestException as error:
        advice = f"Run again to resume, or put the file at {target} by hand."
        raise InputError(f"{url}: {_reason(error)}. {advice}") from error
    except OSError as error:
        advice = "Make room or choose another folder, then run again."
        raise InputError(f"{target}: cannot be written ({error.strerror or error}). {advice}") from error
    return target


def _download(url: str, partial: Path) -> None:
    """Complete ``partial`` in several attempts; each resumes where the previous one stopped."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _resume(url, partial)
        except requests.RequestException as error:
            refused = error.response is not None and error.response.status_code not in (429, 500, 502, 503, 504)
            if refused or isinstance(error, ValueError) or attempt == ATTEMPTS:  # ValueError: not a URL
                raise
            time.sleep(PAUSE * 2 ** (attempt - 1))


def _resume(url: str, partial: Path) -> None:
    """Append the missing bytes to ``partial``; start over if the server cannot resume or the remote file has changed.

    A file beside ``partial`` records the version of its bytes (RFC 9110, sec. 13.1.5 If-Range, 14.4 Content-Range).
    """
    note = _note(partial)
    start = partial.stat().st_size if partial.exists() and note.exists() else 0
    known = json.loads(note.read_text()) if start else {}
    if start and start == known["length"]:
        return
    headers = {"Accept-Encoding": "identity"}
    if any(known.values()):
        headers["Range"] = f"bytes={start}-"
        if known["validator"]:
            headers["If-Range"] = known["validator"]
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        resumed = answer.status_code == 206
        if start and (answer.status_code == 416 or (resumed and not _continues(answer, start, known))):
            partial.unlink()
            return _resume(url, partial)
        answer.raise_for_status()
        if not resumed:
            partial.write_bytes(b"")  # before the note, so that no bytes of another version remain under it
            known = {"validator": _validator(answer), "length": int(answer.headers.get("Content-Length", 0)) or None}
            note.write_text(json.dumps(known))
        with partial.open("ab") as file, _progress(partial.stem, file.tell(), known["length"]) as advance:
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                advance(len(chunk))
    if known["length"] and partial.stat().st_size != known["length"]:
        raise requests.ConnectionError(f"{partial.stat().st_size} bytes of {known['length']}")


def _continues(answer: requests.Response, start: int, known: dict[str, Any]) -> bool:
    """Return True if a partial response begins at ``start`` and belongs to the known version."""
    place, _, length = answer.headers.get("Content-Range", "").partition("/")
    same = _validator(answer) in (None, known["validator"]) and length in ("*", str(known["length"]))
    return same and place.startswith(f"bytes {start}-")


def _validator(answer: requests.Response) -> str | None:
    """Return the value for If-Range: a strong entity tag, otherwise the date of the last modification."""
    tag = answer.headers.get("ETag", "W/")
    return answer.headers.get("Last-Modified") if tag.startswith("W/") else tag


def _note(partial: Path) -> Path:
    """Return the file that records the version of a partial download."""
    return partial.with_name(f"{partial.name}.json")


def _accept(partial: Path, target: Path, checksums: dict[str, str | None]) -> None:
    """Rename a download to its target, or delete it if its checksum is wrong.

    Raises:
        InputError: wrong checksum.
    """
    try:
        _verify(partial, checksums, f"The download is deleted: run again, or put the file at {target} by hand.")
    except InputError:
        partial.unlink()
        _note(partial).unlink()
        raise
    os.replace(partial, target)
    _note(partial).unlink()


def _verify(path: Path, checksums: dict[str, str | None], advice: str) -> None:
    """Compare a file with its expected checksums.

    Raises:
        InputError: a checksum differs; ends with ``advice``.
    """
    for algorithm, expected in checksums.items():
        if expected and (got := pooch.file_hash(str(path), algorithm)) != expected.lower():
            raise InputError(f"{path}: {algorithm} is {got}, expected {expected}. {advice}")


@contextmanager
def _progress(name: str, start: int, length: int | None) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on standard error, if that is a terminal; yield a function that advances it by bytes."""
    console = Console(stderr=True)
    columns = "{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(name, total=length, completed=start)
        yield lambda count: progress.advance(task, count)


def _reason(error: requests.RequestException) -> str:
    """Describe a failed request in a few words."""
    if error.response is not None:
        return f"the server answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "the server does not answer in time"
    return "not a web address" if isinstance(error, ValueError) else "no connection, or it was interrupted"
