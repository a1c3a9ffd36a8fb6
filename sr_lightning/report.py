"""python -m sr_lightning.report RUN_OR_SWEEP: tables, curves and images of a run or an ablation.

Writes a self-contained page, the tables as Markdown, LaTeX and CSV, and comparison images into RUN_OR_SWEEP/report.
Unfinished sweeps are reported with a list of what is missing.
Exit status: 0 success, 1 failure, 2 invalid arguments.
"""

from collections.abc import Sequence
from pathlib import Path

from sr_lightning.cli.parser import Parser


def parser() -> Parser:
    """Return the parser of the command line."""
    options = Parser("python -m sr_lightning.report", description="Tables, curves and images of a run or an ablation.")
    add = options.add_argument
    add("folder", type=Path, metavar="RUN_OR_SWEEP", help="folder, such as runs/sweeps/NAME or runs/NAME/TIME")
    add("--output", type=Path, metavar="FOLDER", help="output folder (default: RUN_OR_SWEEP/report)")
    add("--against", metavar="COLUMN", help="column that the others are compared with (default: the first)")
    add(
        "--interpolation",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="output of interpolate --evaluate on the validation images, added to the plane; repeatable",
    )
    for axis, default in (("distortion", "psnr_y; rmse_y is derived from it"), ("perception", "LPIPS, DISTS or NIQE")):
        add(f"--{axis}", metavar="METRIC", help=f"axis of the perception–distortion plane (default: {default})")
    add(
        "--wandb",
        nargs="?",
        const="sr_lightning",
        metavar="PROJECT",
        help="also log the report as a W&B run; offline without a login",
    )
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    options = parser().parse_args(arguments)
    from sr_lightning.commands.report import run  # after parsing: imports torch

    run(options)


if __name__ == "__main__":
    main()
