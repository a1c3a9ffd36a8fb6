"""Write weights for other programs: the work of the ``export`` command."""

import argparse
import logging
from pathlib import Path

from sr_lightning import weights
from sr_lightning.cli.errors import one_line_errors
from sr_lightning.errors import InputError

log = logging.getLogger(__name__)
ENDINGS = (".safetensors", ".pth", ".onnx")


def export(source: str, output: Path, kind: str = "ema", half: bool = False) -> None:
    """Write the network of ``source`` to ``output``, in the format of its suffix.

    Args:
        source: as for ``weights.load``.
        kind: ``ema`` or ``raw``.
        half: write float16 instead of float32.
    Raises:
        InputError: an unknown suffix, float16 for .onnx, a source that cannot be read, or a network that the format
            cannot hold.
    """
    if output.suffix.lower() not in ENDINGS:
        raise InputError(f"{output}: unknown format; use {', '.join(ENDINGS)}")
    if half and output.suffix.lower() == ".onnx":
        raise InputError(f"{output}: --half is for .safetensors and .pth; leave it out")
    weights.refuse_overwrite(output, [source])
    generator = weights.load(source, kind)
    try:
        weights.write(output, generator, half=half)
    except weights.NoPublicLayoutError as error:
        raise InputError(f"{source}: {error}; export it as .onnx") from error
    is_onnx = output.suffix.lower() == ".onnx"
    if not is_onnx and (reason := weights.spandrel_limit(weights.to_basicsr(generator))) is not None:
        log.warning("%s: %s", output, reason)


def run(options: argparse.Namespace) -> None:
    """Export a network, and end the program with one line if that is not possible.

    Args:
        options: parsed arguments of the command.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with one_line_errors():
        export(options.checkpoint, options.output, options.kind, options.half)
        log.info("%s: %.1f MB", options.output, options.output.stat().st_size / 1e6)
