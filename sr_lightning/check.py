"""python -m sr_lightning.check FOLDER [--lr FOLDER --scale 4] [--minimum PIXELS]

Decode every image of a folder, and print one line for each file on which training would fail, then a summary.
Exit status: 0 all images are fine, 1 some are not or the folder cannot be used, 2 the arguments are wrong.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import track

from sr_lightning import image
from sr_lightning.cli.argument_types import positive, printable
from sr_lightning.cli.parser import Parser
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = Parser("python -m sr_lightning.check", description="Decode every image of a folder and list the bad ones.")
    parser.add_argument("folder", type=Path, help="images, or the HR images of pairs")
    parser.add_argument("--lr", type=Path, metavar="FOLDER", help="LR images of the pairs")
    parser.add_argument("--scale", type=positive, default=4, help="HR size over LR size (default: %(default)s)")
    parser.add_argument("--minimum", type=positive, default=1, metavar="PIXELS", help="smallest height and width")
    options = parser.parse_args(arguments)
    try:
        count, problems = check(options.folder, options.lr, options.scale, options.minimum)
    except InputError as error:
        parser.exit(1, f"{printable(str(error))}\n")
    for message in problems.values():
        sys.stdout.write(f"{printable(message)}\n")
    sys.stdout.write(f"{count - len(problems)} of {count} images are fine\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
