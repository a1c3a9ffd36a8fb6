"""Decode every image of a folder: the work of the ``check`` command."""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from sr_lightning import image
from sr_lightning.cli.argument_types import printable
from sr_lightning.data.discovery import describe_left_out, scan
from sr_lightning.data.pairing import match_images
from sr_lightning.errors import InputError


@dataclass
class Result:
    """Result of a check.

    Args:
        count: number of images.
        problems: error message of each bad image, sorted by path.
        notes: one line for each kind of file that is left out or not used in full.
    """

    count: int
    problems: dict[Path, str]
    notes: list[str]


def check(root: Path, lr_root: Path | None, scale: int, minimum: int) -> Result:
    """Decode every image of a folder.

    A file that is both damaged and badly paired is reported as damaged.

    Args:
        root: folder of images, or of the HR images of pairs.
        lr_root: folder of the LR images of the pairs, or None.
        scale: HR size over LR size.
        minimum: smallest height and width of the images in `root`, in pixels.
    Raises:
        InputError: a folder is missing or has no images.
    """
    minimums: dict[Path, int] = {}
    notes: list[str] = []
    for folder in [root] if lr_root is None else [root, lr_root]:
        listed = scan(folder)
        minimums |= dict.fromkeys(listed.images, minimum if folder == root else 1)
        if listed.left_out:
            notes.append(f"{folder}: {describe_left_out(listed.left_out)}")
    problems = {} if lr_root is None else match_images(root, lr_root, scale)[1]
    console = Console(stderr=True)
    deep = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(_check_file, minimums.keys(), minimums.values())
        messages = track(results, "Decoding", len(minimums), console=console, disable=not console.is_terminal)
        for path, (message, depth) in zip(minimums, messages, strict=True):
            deep += depth == 16
            if message:
                problems[path] = message
    if deep:
        notes.append(f"{deep} of {len(minimums)} images have 16 bits; training and evaluation round them to 8")
    return Result(len(minimums), dict(sorted(problems.items())), notes)


def _check_file(path: Path, minimum: int) -> tuple[str | None, int]:
    """Return the problem of one file, or None, and its bits per channel."""
    try:
        pixels = image.decode(image.read_content(path), str(path), warn=False).pixels
    except InputError as error:
        return str(error), 8
    (height, width), depth = pixels.shape[:2], 8 * pixels.itemsize
    if min(height, width) < minimum:
        return f"{path}: is {width}x{height} pixels, smaller than {minimum}; remove it or train on smaller crops", depth
    return None, depth


def run(options: argparse.Namespace) -> int:
    """Check a folder, print the bad images and return the exit status.

    Args:
        options: parsed arguments of the command.
    Raises:
        InputError: a folder is missing or has no images.
    """
    result = check(options.folder, options.lr, options.scale, options.minimum)
    for message in (*result.problems.values(), *result.notes):
        sys.stdout.write(f"{printable(message)}\n")
    sys.stdout.write(f"{result.count - len(result.problems)} of {result.count} images are fine\n")
    return 1 if result.problems else 0
