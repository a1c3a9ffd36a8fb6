"""python -m sr_lightning.report RUN_OR_SWEEP: tables, curves and pictures of a run or of an ablation.

Writes one page that needs nothing but a browser, the table as Markdown, LaTeX and CSV, and the pictures, into
RUN_OR_SWEEP/report. Works on sweeps that are not finished, and says what is missing.
Exit status: 0 written, 1 not possible, 2 the arguments are wrong.
"""

from collections.abc import Sequence
from pathlib import Path

from sr_lightning.cli.parser import Parser


def parser() -> Parser:
    """Return the parser of the command line."""
    found = Parser("python -m sr_lightning.report", description="Tables, curves and pictures of a run or an ablation.")
    add = found.add_argument
    add("folder", type=Path, metavar="RUN_OR_SWEEP", help="such as runs/sweeps/NAME or runs/NAME/TIME")
    add("--output", type=Path, metavar="FOLDER", help="where the report goes (default: RUN_OR_SWEEP/report)")
    add("--against", metavar="COLUMN", help="column that the others are compared with (default: the first)")
    add(
        "--interpolation",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="of interpolate --evaluate on the validation images, drawn into the plane; may be given again",
    )
    for axis, default in (("distortion", "psnr_y; rmse_y is derived from it"), ("perception", "LPIPS, DISTS or NIQE")):
        add(f"--{axis}", metavar="METRIC", help=f"axis of the perception–distortion plane (default: {default})")
    add(
        "--wandb",
        nargs="?",
        const="sr_lightning",
        metavar="PROJECT",
        help="log table and pictures as a run of W&B, too; offline where nobody is logged in",
    )
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    options = parser().parse_args(arguments)
    from sr_lightning.commands.report import run  # after parsing: imports torch

    run(options)


if __name__ == "__main__":
    main()
