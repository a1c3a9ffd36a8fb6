"""python -m sr_lightning.interpolate A B --alpha 0.8 --output FILE: a network between two or more others.

Its weights are (1 - alpha) * A + alpha * B (ESRGAN, arXiv:1809.00219, eq. 4), or with --weights the weighted sum of any
number of networks. --alpha START:STOP:STEP writes a series into the folder OUTPUT; --evaluate FOLDER measures it there,
beside the interpolation of the two networks' images. Exit status: 0 written, 1 not possible, 2 the arguments are wrong.
"""

from collections.abc import Sequence
from pathlib import Path

from sr_lightning.cli.argument_types import decimals, series
from sr_lightning.cli.parser import Parser

ENDINGS = (".safetensors", ".pth", ".onnx", ".ckpt")


def parser() -> Parser:
    """Return the parser of the command line."""
    found = Parser("python -m sr_lightning.interpolate", description="Write a network between two or more others.")
    add = found.add_argument
    add("sources", nargs="+", metavar="NETWORK", help="checkpoints, published files or names, of one architecture")
    how = found.add_mutually_exclusive_group(required=True)
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
        help="measure each alpha and both ends on a folder of HR images; may be given again; "
        "tables, pictures and a page go to PATH/evaluation",
    )
    add("--kind", choices=("ema", "raw"), default="ema", help="of weights in a checkpoint (default: %(default)s)")
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    command = parser()
    options = command.parse_args(arguments)
    count = len(options.sources)
    if options.alpha and count != 2:
        command.error(f"--alpha is between two networks, not {count}; give --weights, a share for each")
    if options.weights and (count < 2 or len(options.weights) != count):
        command.error(
            f"--weights needs two networks or more and a share for each, got {len(options.weights)} for {count}"
        )
    if options.weights and sum(options.weights) != 1:
        command.error(f"--weights must have the sum 1, not {sum(options.weights)}")
    if options.evaluate and not options.alpha:
        command.error("--evaluate measures the way between two networks: give --alpha, not --weights")
    from sr_lightning.commands.interpolate import run  # after parsing: imports torch

    run(options)


if __name__ == "__main__":
    main()
