"""Archives unpacked all or nothing."""

import os
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path

from filelock import FileLock

from sr_lightning.errors import InputError


def extract(archive: str | Path, folder: str | Path) -> Path:
    """Unpack a .zip or .tar as ``folder``, which appears only when complete; a folder that is there is left alone.

    An archive of one single folder becomes that folder: ``DIV2K_train_HR/0001.png`` is at ``folder/0001.png``.
    Own code, because pooch's processors unpack in place, where half an extraction passes for a whole one.

    Raises:
        InputError: the archive is damaged or reaches outside the folder, or the folder cannot be written.
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
        raise InputError(f"{archive}: damaged, unsafe or no archive at all. Delete it and run again.") from error
    except OSError as error:
        raise InputError(f"{archive}: cannot be extracted to {folder} ({error.strerror or error}).") from error
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir()
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for name in zipped.namelist():  # zipfile would quietly move such a file into the folder
                if not (folder / name).resolve().is_relative_to(folder.resolve()):
                    raise zipfile.BadZipFile(f"{name} is outside of the archive")
            zipped.extractall(folder)
    else:
        with tarfile.open(archive) as tarred:
            tarred.extractall(folder, filter="data")


def _content(folder: Path) -> Path:
    """Return the folder, or the one folder that is all it holds."""
    entries = list(folder.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else folder
