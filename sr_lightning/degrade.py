"""python -m sr_lightning.degrade INPUT… --output DIR [--seed N] [--record] [--replay FILE] [key=value …]: copies.

Writes DIR/lr/NAME.png for each image, DIR/preview.png with HR, LR and what was drawn, and --record DIR/records.json.
Draws are those that a validation on the same images has. With the inputs' folder, DIR/lr is a data set for data=paired.
--replay takes the draws of such a file: each image that of its name, or all images the only one that is in it.
An image that is damaged or too small is named and left out; exit status: 0 all are there, 1 some or none are.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from sr_lightning.cli.parser import Parser


def parser() -> Parser:
    """Return the parser of the command line."""
    found = Parser("python -m sr_lightning.degrade", description="Make low-resolution copies.")
    found.add_argument("inputs", nargs="+", metavar="INPUT", help="images, folders, and key=value of the degradation")
    found.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder of what is written")
    found.add_argument("--seed", type=int, default=0, help="of all draws (default: %(default)s)")
    found.add_argument("--record", action="store_true", help="write what was drawn to records.json")
    found.add_argument("--replay", type=Path, metavar="FILE", help="repeat the draws of a records.json")
    found.add_argument("--preview", type=int, default=8, metavar="ROWS", help="images in preview.png (default: 8)")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = parser().parse_intermixed_args(arguments)
    from sr_lightning.commands.degrade import run  # after parsing: imports torch

    return run(options)


if __name__ == "__main__":
    sys.exit(main())
