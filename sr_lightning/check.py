"""python -m sr_lightning.check FOLDER [--lr FOLDER --scale 4] [--minimum PIXELS]

Decode every image of a folder, and print one line for each file on which training would fail, then a summary.
Exit status: 0 all images are fine, 1 some are not or the folder cannot be used, 2 the arguments are wrong.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from sr_lightning.cli.argument_types import positive, printable
from sr_lightning.cli.parser import Parser
from sr_lightning.errors import InputError


def parser() -> Parser:
    """Return the parser of the command line."""
    options = Parser(
        "python -m sr_lightning.check", description="Decode every image of a folder and list the bad ones."
    )
    options.add_argument("folder", type=Path, help="images, or the HR images of pairs")
    options.add_argument("--lr", type=Path, metavar="FOLDER", help="LR images of the pairs")
    options.add_argument("--scale", type=positive, default=4, help="HR size over LR size (default: %(default)s)")
    options.add_argument("--minimum", type=positive, default=1, metavar="PIXELS", help="smallest height and width")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    command_line = parser()
    options = command_line.parse_args(arguments)
    from sr_lightning.commands.check import run  # after parsing: imports torch

    try:
        return run(options)
    except InputError as error:
        command_line.exit(1, f"{printable(str(error))}\n")


if __name__ == "__main__":
    sys.exit(main())
