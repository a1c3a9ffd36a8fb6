"""python -m sr_lightning.upscale INPUT… [--weights FILE|NAME] [--output PATH]: upscale with a trained network.

Inputs are images, videos, folders (searched recursively), patterns, or - for standard input. Exit status: 0 success,
1 some inputs failed, 2 invalid arguments, 130 interrupted.
"""

import sys
from collections.abc import Sequence

from sr_lightning.cli.argument_types import factor, positive, printable
from sr_lightning.cli.parser import Parser
from sr_lightning.errors import InputError

FORMATS = ("bmp", "jpeg", "jpg", "png", "tif", "tiff", "webp")
OVERLAP = 16
SMALL = "small-x4"
PRECISIONS = ("float32", "bfloat16", "float16")


def parser() -> Parser:
    """Return the parser of the command line."""
    options = Parser("python -m sr_lightning.upscale", description="Upscale images and videos with a trained network.")
    add = options.add_argument
    add(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="images, folders, patterns, - for standard input; videos with 'sr_lightning[video]'",
    )
    add(
        "--weights",
        default=SMALL,
        metavar="FILE|NAME",
        help="a checkpoint, a published file or name, or bicubic (default: %(default)s, which is part of the package)",
    )
    add("--output", metavar="PATH", help="a file, a folder, or - for standard output (default: NAME-x4 beside NAME)")
    add("--format", choices=FORMATS, help="image format (default: that of each input)")
    add("--outscale", type=factor, metavar="FACTOR", help="output size over input size (default: the network's scale)")
    add("--tile", type=positive, metavar="PIXELS", help="largest side of a tile (default: depends on the free memory)")
    add("--overlap", type=natural, default=OVERLAP, metavar="PIXELS", help="overlap of tiles (default: %(default)s)")
    add(
        "--precision",
        choices=["auto", *PRECISIONS],
        default="auto",
        help="precision of the network (default: %(default)s)",
    )
    add("--device", default="auto", help="cpu, cuda, cuda:1 … (default: the GPU if there is one)")
    add("--compare", metavar="PAGE", help="write an HTML page with a slider between bicubic and each output")
    add("--overwrite", action="store_true", help="overwrite existing outputs")
    add("--dry-run", action="store_true", help="only list inputs and outputs")
    return options


def natural(text: str) -> int:
    """Parse a non-negative integer."""
    return 0 if text == "0" else positive(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    command_line = parser()
    options = command_line.parse_args(arguments)
    try:
        from sr_lightning.commands.upscale import run  # after parsing: imports torch

        return run(options)
    except InputError as error:
        command_line.exit(1, f"{printable(str(error))}\n")
    except KeyboardInterrupt:
        command_line.exit(130, "interrupted; finished outputs are kept, and the same command continues with the rest\n")


if __name__ == "__main__":
    sys.exit(main())
