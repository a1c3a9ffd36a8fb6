"""python -m sr_lightning.interpolate A B --alpha 0.8 --output FILE: a network between two or more others.

Its weights are (1 - alpha) * A + alpha * B (ESRGAN, arXiv:1809.00219, eq. 4), or with --weights the weighted sum of any
number of networks. --alpha START:STOP:STEP writes a series into the folder OUTPUT. Exit status: 0 written, 1 not
possible, 2 the arguments are wrong.
"""

import argparse
import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from torch import nn

from sr_lightning import weights
from sr_lightning.arguments import decimals, series
from sr_lightning.command_line import Parser, one_line_errors
from sr_lightning.errors import InputError
from sr_lightning.weights.writing import ENDINGS

log = logging.getLogger(__name__)


def file_names(alphas: Sequence[Decimal]) -> list[str]:
    """``alpha-0.00``, ``alpha-0.25`` …: exact, all with as many decimals, so that they sort."""
    digits = max(max(0, -int(alpha.normalize().as_tuple().exponent)) for alpha in alphas)
    return [f"alpha-{alpha:.{digits}f}" for alpha in alphas]


def targets(options: argparse.Namespace) -> dict[Path, list[Decimal]]:
    """Each file that is asked for, and the shares of the networks in it; a series in a folder has no ending yet.

    Raises:
        InputError: an ending that is none of a file of weights, or a file for a series.
    """
    output: Path = options.output
    if options.weights or (len(options.alpha) == 1 and output.suffix):
        if output.suffix not in ENDINGS:
            raise InputError(f"{output}: unknown format; use {', '.join(ENDINGS)}")
        return {output: options.weights or [1 - options.alpha[0], options.alpha[0]]}
    if output.suffix in ENDINGS or output.is_file():
        raise InputError(f"{output}: a series of networks needs a folder, not a file")
    names = file_names(options.alpha)
    return {output / name: [1 - alpha, alpha] for name, alpha in zip(names, options.alpha, strict=True)}


def interpolate(sources: Sequence[str], files: Mapping[Path, Sequence[Decimal]], kind: str = "ema") -> list[Path]:
    """Write the networks; returns the files.

    Args:
        sources: what ``weights.load`` takes.
        files: path -> shares of the sources. ``alpha-…`` without a format gets .safetensors where the architecture has
            a public layout, else .ckpt.
        kind: ``ema`` or ``raw``.
    Raises:
        InputError: a source that cannot be read, other architectures, or a network that the format cannot hold.
    """
    generators = {source: weights.load(source, kind) for source in sources}
    networks = [generators[source] for source in sources]
    recipe = next((found for found in map(weights.recipe_of, sources) if found is not None), None)
    written = []
    for path, shares in files.items():
        network = weights.interpolate(dict(zip(labels(sources), networks, strict=True)), [float(s) for s in shares])
        file = path if path.suffix in ENDINGS else path.with_name(path.name + ending(network))
        try:
            weights.write(file, network, recipe)
        except weights.NoPublicLayoutError as error:
            raise InputError(f"{file}: {error}; use .ckpt or .onnx") from error
        written.append(file)
    return written


def labels(sources: Sequence[str]) -> list[str]:
    """The sources, numbered where one is given twice."""
    twice = len(set(sources)) < len(sources)
    return [f"{source} (number {number})" if twice else source for number, source in enumerate(sources, 1)]


def ending(network: nn.Module) -> str:
    """The format that holds this network and that most programs read."""
    try:
        weights.to_basicsr(network)
    except weights.NoPublicLayoutError:
        return ".ckpt"
    return ".safetensors"


def parser() -> Parser:
    found = Parser("python -m sr_lightning.interpolate", description="Write a network between two or more others.")
    add = found.add_argument
    add("sources", nargs="+", metavar="NETWORK", help="checkpoints, published files or names, of one architecture")
    how = found.add_mutually_exclusive_group(required=True)
    how.add_argument("--alpha", type=series, metavar="ALPHA", help="share of the second of two; or START:STOP:STEP")
    how.add_argument("--weights", type=decimals, metavar="SHARE,SHARE…", help="share of each; together 1")
    add(
        "--output",
        type=Path,
        required=True,
        metavar="PATH",
        help=f"ends in {', '.join(ENDINGS)}; a folder for a series",
    )
    add("--kind", choices=("ema", "raw"), default="ema", help="of weights in a checkpoint (default: %(default)s)")
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    asked = parser()
    options = asked.parse_args(arguments)
    count = len(options.sources)
    if options.alpha and count != 2:
        asked.error(f"--alpha is between two networks, not {count}; give --weights, a share for each")
    if options.weights and (count < 2 or len(options.weights) != count):
        asked.error(
            f"--weights needs two networks or more and a share for each, got {len(options.weights)} for {count}"
        )
    if options.weights and sum(options.weights) != 1:
        asked.error(f"--weights must have the sum 1, not {sum(options.weights)}")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with one_line_errors():
        files = targets(options)
        if any(not 0 <= share <= 1 for shares in files.values() for share in shares):
            log.info("Shares outside [0, 1] extrapolate beyond the networks: look at what they make of a picture")
        for file in interpolate(options.sources, files, options.kind):
            log.info("%s: %.1f MB", file, file.stat().st_size / 1e6)


if __name__ == "__main__":
    main()
