"""Folder of the user's cache, or a temporary one where this cannot be written."""

import logging
import os
import tempfile
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

log = logging.getLogger(__name__)


@cache
def user_cache() -> Path:
    """Return the cache folder of this package, which exists and is writable.

    Without a home folder, or without the permission to write there, it is a folder for temporary files, and a warning
    is logged.
    """
    try:
        folder = user_cache_path("sr_lightning")
    except RuntimeError:  # there is no home folder
        folder = Path("~/.cache/sr_lightning")
    if folder.is_absolute() and is_writable(folder):  # relative: "~" could not be expanded
        return folder
    temporary = temporary_folder()
    log.warning("%s: cannot be written; using the cache %s, which is temporary", folder, temporary)
    return temporary


def temporary_folder() -> Path:
    """Return a folder for temporary files that belongs to this user and is the same in all processes, if possible."""
    user = os.getuid() if hasattr(os, "getuid") else None
    folder = Path(tempfile.gettempdir(), f"sr_lightning-{'user' if user is None else user}")
    if not folder.is_symlink() and is_writable(folder) and user in (None, folder.stat().st_uid):
        return folder
    return Path(tempfile.mkdtemp(prefix="sr_lightning-"))


def is_writable(folder: Path) -> bool:
    """Create a folder, readable by this user alone, if it is missing; return True if files can be written there."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)
