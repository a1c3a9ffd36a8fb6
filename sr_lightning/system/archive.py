"""Unpack archives atomically."""

import os
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path

from filelock import FileLock

from sr_lightning.errors import InputError


def extract(archive: str | Path, folder: str | Path) -> Path:
    """Unpack a .zip or .tar as ``folder``, which appears only when complete; an existing folder is left unchanged.

    If the archive contains a single folder, its content is unpacked: ``DIV2K_train_HR/0001.png`` becomes
    ``folder/0001.png``.

    Raises:
        InputError: the archive is damaged or contains paths outside of it, or the folder cannot be written.
    """
    archive, folder = Path(archive), Path(folder)
    if folder.exists():
        return folder
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            if not folder.exists():  # another process may have unpacked it while this one waited
                shutil.rmtree(unfinished, ignore_errors=True)  # left by an extraction that was killed
                try:
                    _unpack(archive, unfinished)
                    os.replace(_content(unfinished), folder)
                finally:
                    shutil.rmtree(unfinished, ignore_errors=True)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise InputError(f"{archive}: damaged, unsafe or not an archive. Delete it and run again.") from error
    except OSError as error:
        raise InputError(f"{archive}: cannot be extracted to {folder} ({error.strerror or error}).") from error
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir()
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for name in zipped.namelist():  # zipfile would silently move such a file into the folder
                if not (folder / name).resolve().is_relative_to(folder.resolve()):
                    raise zipfile.BadZipFile(f"{name} is outside of the archive")
            zipped.extractall(folder)
    else:
        with tarfile.open(archive) as tarred:
            tarred.extractall(folder, filter="data")


def _content(folder: Path) -> Path:
    """Return the folder, or its only entry if that is a folder."""
    entries = list(folder.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else folder
