"""python -m sr_lightning.check FOLDER [--lr FOLDER --scale 4] [--minimum PIXELS]: decode every image of a folder.

One line for each file that training would stumble over, then a summary. Exit status: 0 all are fine, 1 some are not or
the folder cannot be used, 2 the arguments are wrong.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from sr_lightning.cli.argument_types import positive, printable
from sr_lightning.cli.parser import Parser
from sr_lightning.errors import InputError


def parser() -> Parser:
    """Return the parser of the command line."""
    found = Parser("python -m sr_lightning.check", description="Decode every image of a folder and report bad ones.")
    found.add_argument("folder", type=Path, help="images, or the HR images of pairs")
    found.add_argument("--lr", type=Path, metavar="FOLDER", help="LR images of the pairs")
    found.add_argument("--scale", type=positive, default=4, help="HR size over LR size (default: %(default)s)")
    found.add_argument("--minimum", type=positive, default=1, metavar="PIXELS", help="least height and width")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    command = parser()
    options = command.parse_args(arguments)
    from sr_lightning.commands.check import run  # after parsing: imports torch

    try:
        return run(options)
    except InputError as error:
        command.exit(1, f"{printable(str(error))}\n")


if __name__ == "__main__":
    sys.exit(main())
