"""Decode every image of a folder: the work of the ``check`` command."""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import track

from sr_lightning import image
from sr_lightning.cli.argument_types import printable
from sr_lightning.data.discovery import find_images, match_images
from sr_lightning.errors import InputError


def check(root: Path, lr_root: Path | None, scale: int, minimum: int) -> tuple[int, dict[Path, str]]:
    """Return the number of images, and {path: message} for each bad one, sorted by path.

    A file that is both damaged and badly paired is reported as damaged.

    Args:
        root: folder of images, or of the HR images of pairs.
        lr_root: folder of the LR images of the pairs, or None.
        scale: HR size over LR size.
        minimum: smallest height and width of the images in `root`, in pixels.
    Raises:
        InputError: a folder is missing or has no images.
    """
    minimums = dict.fromkeys(find_images(root), minimum)
    problems: dict[Path, str] = {}
    if lr_root is not None:
        minimums |= dict.fromkeys(find_images(lr_root), 1)
        problems = match_images(root, lr_root, scale)[1]
    console = Console(stderr=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(_problem, minimums.keys(), minimums.values())
        messages = track(results, "Decoding", len(minimums), console=console, disable=not console.is_terminal)
        problems |= {path: message for path, message in zip(minimums, messages, strict=True) if message}
    return len(minimums), dict(sorted(problems.items()))


def _problem(path: Path, minimum: int) -> str | None:
    """Return the problem of one file, or None."""
    try:
        height, width, _ = image.read_bytes(path).shape
    except InputError as error:
        return str(error)
    if min(height, width) < minimum:
        return f"{path}: is {width}x{height} pixels, smaller than {minimum}; remove it or train on smaller crops"
    return None


def run(options: argparse.Namespace) -> int:
    """Check a folder, print the bad images and return the exit status.

    Args:
        options: parsed arguments of the command.
    Raises:
        InputError: a folder is missing or has no images.
    """
    count, problems = check(options.folder, options.lr, options.scale, options.minimum)
    for message in problems.values():
        sys.stdout.write(f"{printable(message)}\n")
    sys.stdout.write(f"{count - len(problems)} of {count} images are fine\n")
    return 1 if problems else 0
