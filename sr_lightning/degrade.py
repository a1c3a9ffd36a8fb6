"""python -m sr_lightning.degrade INPUT… --output DIR [options] [key=value …]

Write degraded copies: DIR/lr/NAME.png for each image, DIR/preview.png with HR, LR and the drawn parameters, and with
--record DIR/records.json. Parameters are drawn as for validation on the same images. DIR/lr and the input folder can be
trained on with data=paired. --replay uses recorded parameters: for each image the record of its name, or for all
images the only record in the file. Damaged and too small images are listed and skipped.
Exit status: 0 all images degraded, 1 some or all not.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from sr_lightning.cli.parser import Parser


def parser() -> Parser:
    """Return the parser of the command line."""
    options = Parser("python -m sr_lightning.degrade", description="Write degraded low-resolution copies of images.")
    options.add_argument("inputs", nargs="+", metavar="INPUT", help="images, folders, and key=value of the degradation")
    options.add_argument("--output", type=Path, required=True, metavar="DIR", help="output folder")
    options.add_argument("--seed", type=int, default=0, help="seed of all draws (default: %(default)s)")
    options.add_argument("--record", action="store_true", help="write the drawn parameters to records.json")
    options.add_argument("--replay", type=Path, metavar="FILE", help="use the parameters of a records.json")
    options.add_argument("--config-dir", type=Path, metavar="DIR", help="folder of further options, as of train")
    options.add_argument("--preview", type=int, default=8, metavar="ROWS", help="images in preview.png (default: 8)")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = parser().parse_intermixed_args(arguments)
    from sr_lightning.commands.degrade import run  # after parsing: imports torch

    return run(options)


if __name__ == "__main__":
    sys.exit(main())
