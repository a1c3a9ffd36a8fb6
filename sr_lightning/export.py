"""python -m sr_lightning.export CHECKPOINT --output FILE: write weights for other programs.

.safetensors and .pth use BasicSR's layout, which Real-ESRGAN, chaiNNer and ComfyUI read; .onnx contains the network
with dynamic batch and image size. Exit status: 0 success, 1 failure, 2 invalid arguments.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from sr_lightning import weights
from sr_lightning.cli.errors import one_line_errors
from sr_lightning.cli.parser import Parser
from sr_lightning.errors import InputError

log = logging.getLogger(__name__)
ENDINGS = (".safetensors", ".pth", ".onnx")


def export(source: str, output: Path, kind: str = "ema") -> None:
    """Write the network of ``source`` to ``output``, in the format of its suffix.

    Args:
        source: as for ``weights.load``.
        kind: ``ema`` or ``raw``.
    Raises:
        InputError: an unknown suffix, a source that cannot be read, or a network that the format cannot hold.
    """
    if output.suffix not in ENDINGS:
        raise InputError(f"{output}: unknown format; use {', '.join(ENDINGS)}")
    weights.keep(output, [source])
    generator = weights.load(source, kind)
    try:
        weights.write(output, generator)
    except weights.NoPublicLayoutError as error:
        raise InputError(f"{source}: {error}; export it as .onnx") from error
    if output.suffix != ".onnx" and (reason := weights.limit(weights.to_basicsr(generator))) is not None:
        log.warning("%s: %s", output, reason)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = Parser("python -m sr_lightning.export", description="Write weights for other programs.")
    parser.add_argument("checkpoint", help="a checkpoint, a published file, or the name of a published model")
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help=f"output file; the suffix selects the format: {', '.join(ENDINGS)}",
    )
    parser.add_argument(
        "--kind",
        choices=("ema", "raw"),
        default="ema",
        help="averaged weights or those of the last update (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with one_line_errors():
        export(options.checkpoint, options.output, options.kind)
        log.info("%s: %.1f MB", options.output, options.output.stat().st_size / 1e6)


if __name__ == "__main__":
    main()
