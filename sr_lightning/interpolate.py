"""python -m sr_lightning.interpolate A B --alpha 0.8 --output FILE: a network between two or more others.

The weights are (1 - alpha) * A + alpha * B (ESRGAN, arXiv:1809.00219, eq. 4), or with --weights the weighted sum of any
number of networks. --alpha START:STOP:STEP writes a series into the folder OUTPUT; --evaluate FOLDER measures it
against interpolation of the two networks' outputs. Exit status: 0 success, 1 failure, 2 invalid arguments.
"""

from collections.abc import Sequence
from pathlib import Path

from sr_lightning.cli.argument_types import decimals, series
from sr_lightning.cli.parser import Parser

ENDINGS = (".safetensors", ".pth", ".onnx", ".ckpt")


def parser() -> Parser:
    """Return the parser of the command line."""
    options = Parser("python -m sr_lightning.interpolate", description="Write a network between two or more others.")
    add = options.add_argument
    add("sources", nargs="+", metavar="NETWORK", help="checkpoints, published files or names, of one architecture")
    how = options.add_mutually_exclusive_group(required=True)
    how.add_argument("--alpha", type=series, metavar="ALPHA", help="share of the second of two; or START:STOP:STEP")
    how.add_argument("--weights", type=decimals, metavar="SHARE,SHARE…", help="share of each; together 1")
    add(
        "--output",
        type=Path,
        default=Path("interpolated"),
        metavar="PATH",
        help=f"a file, {', '.join(ENDINGS)}; or a folder (default: %(default)s)",
    )
    add(
        "--evaluate",
        action="append",
        default=[],
        metavar="FOLDER",
        help="measure each alpha and both ends on a folder of HR images; repeatable; "
        "tables, pictures and a page go to PATH/evaluation",
    )
    add("--kind", choices=("ema", "raw"), default="ema", help="of weights in a checkpoint (default: %(default)s)")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    command_line = parser()
    options = command_line.parse_args(arguments)
    count = len(options.sources)
    if options.alpha and count != 2:
        command_line.error(f"--alpha takes two networks, not {count}; use --weights with a share for each")
    if options.weights and (count < 2 or len(options.weights) != count):
        command_line.error(
            f"--weights needs at least two networks and a share for each, got {len(options.weights)} for {count}"
        )
    if options.weights and sum(options.weights) != 1:
        command_line.error(f"the shares of --weights must sum to 1, not {sum(options.weights)}")
    if options.evaluate and not options.alpha:
        command_line.error("--evaluate measures interpolation between two networks; use --alpha instead of --weights")
    from sr_lightning.commands.interpolate import run  # after parsing: imports torch

    run(options)


if __name__ == "__main__":
    main()
