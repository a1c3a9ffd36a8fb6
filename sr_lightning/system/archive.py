"""Atomic extraction of archives."""

import os
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path

from filelock import FileLock

from sr_lightning.errors import InputError


def extract(archive: str | Path, folder: str | Path) -> Path:
    """Extract a .zip or .tar archive to ``folder``, which appears only when complete; keep an existing folder.

    If the archive holds a single folder, that folder's contents are extracted: ``DIV2K_train_HR/0001.png`` becomes
    ``folder/0001.png``. Extracting in place, as pooch does, would leave incomplete folders behind when interrupted.

    Raises:
        InputError: the archive is damaged, contains paths outside of the folder, or the folder cannot be written.
    """
    archive, folder = Path(archive), Path(folder)
    if folder.exists():
        return folder
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            if not folder.exists():  # another process may have extracted it while this one waited
                shutil.rmtree(unfinished, ignore_errors=True)  # left by a killed extraction
                try:
                    _extract_to(archive, unfinished)
                    os.replace(_content(unfinished), folder)
                finally:
                    shutil.rmtree(unfinished, ignore_errors=True)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise InputError(f"{archive}: damaged, unsafe or not an archive. Delete it and run again.") from error
    except OSError as error:
        raise InputError(f"{archive}: cannot be extracted to {folder} ({error.strerror or error}).") from error
    return folder


def _extract_to(archive: Path, folder: Path) -> None:
    folder.mkdir()
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for name in zipped.namelist():  # zipfile silently moves such files into the folder
                if not (folder / name).resolve().is_relative_to(folder.resolve()):
                    raise zipfile.BadZipFile(f"{name} is outside of the archive")
            zipped.extractall(folder)
    else:
        with tarfile.open(archive) as tarred:
            tarred.extractall(folder, filter="data")


def _content(folder: Path) -> Path:
    """Return the only subfolder if ``folder`` holds nothing else, otherwise ``folder``."""
    entries = list(folder.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else folder
