"""python -m sr_lightning.export CHECKPOINT --output FILE: write weights for other programs.

.safetensors and .pth use BasicSR's layout, which Real-ESRGAN, chaiNNer and ComfyUI read; .onnx contains the network
with dynamic batch and image size. Exit status: 0 success, 1 failure, 2 invalid arguments.
"""

from collections.abc import Sequence
from pathlib import Path

from sr_lightning.cli.parser import Parser


def parser() -> Parser:
    """Return the parser of the command line."""
    options = Parser("python -m sr_lightning.export", description="Write weights for other programs.")
    options.add_argument("checkpoint", help="a checkpoint, a published file, or the name of a published model")
    options.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="output file; the suffix selects the format: .safetensors, .pth, .onnx",
    )
    options.add_argument(
        "--kind",
        choices=("ema", "raw"),
        default="ema",
        help="averaged weights or those of the last update (default: %(default)s)",
    )
    options.add_argument("--half", action="store_true", help="write float16, half the size (.safetensors, .pth)")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    options = parser().parse_args(arguments)
    from sr_lightning.commands.export import run  # after parsing: imports torch

    run(options)


if __name__ == "__main__":
    main()
