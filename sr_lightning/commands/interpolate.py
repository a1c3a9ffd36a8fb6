"""Write and evaluate interpolated networks: the work of the ``interpolate`` command."""

import argparse
import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from torch import nn

from sr_lightning import weights
from sr_lightning.cli.errors import one_line_errors
from sr_lightning.data import find_benchmarks
from sr_lightning.errors import InputError
from sr_lightning.evaluation.benchmark import display_names
from sr_lightning.evaluation.tradeoff import measure_tradeoff
from sr_lightning.reporting.tradeoff_page import write_tradeoff
from sr_lightning.weights.writing import ENDINGS

log = logging.getLogger(__name__)


def file_names(alphas: Sequence[Decimal]) -> list[str]:
    """Return ``alpha-0.00``, ``alpha-0.25`` …, exact and with equally many decimals, so that they sort."""
    digits = max(max(0, -int(alpha.normalize().as_tuple().exponent)) for alpha in alphas)
    return [f"alpha-{alpha:.{digits}f}" for alpha in alphas]


def targets(options: argparse.Namespace) -> dict[Path, list[Decimal]]:
    """Return each output file with the shares of the networks; files of a series have no suffix yet.

    Raises:
        InputError: unknown suffix, or a file as output of a series.
    """
    output: Path = options.output
    shares = [options.weights] if options.weights else [[1 - alpha, alpha] for alpha in options.alpha]
    if len(shares) == 1 and output.suffix and not options.evaluate:
        if output.suffix.lower() not in ENDINGS:
            raise InputError(f"{output}: unknown format; use {', '.join(ENDINGS)}")
        return {output: shares[0]}
    if output.suffix.lower() in ENDINGS or output.is_file():
        what = "an evaluation" if options.evaluate else "a series of networks"
        raise InputError(f"{output}: {what} needs a folder, not a file")
    names = ["weights-" + "-".join(map(str, options.weights))] if options.weights else file_names(options.alpha)
    return {output / name: each for name, each in zip(names, shares, strict=True)}


def load(sources: Sequence[str], kind: str = "ema") -> dict[str, nn.Module]:
    """Load the networks by name; a repeated file is read once.

    Raises:
        InputError: a source cannot be read.
    """
    generators = {source: weights.load(source, kind) for source in sources}
    return {label: generators[source] for label, source in zip(labels(sources), sources, strict=True)}


def write(
    generators: Mapping[str, nn.Module],
    recipe: Any,
    files: Mapping[Path, Sequence[Decimal]],
    sources: Sequence[str],
) -> list[Path]:
    """Write the networks; returns the files.

    Args:
        generators: by name.
        recipe: configuration of the architecture, if a source is a checkpoint of this library.
        files: path -> shares of the networks. ``alpha-…`` without a format gets .safetensors if the architecture has a
            public layout, else .ckpt.
        sources: files and names of the networks; these files are never overwritten.

    Raises:
        InputError: the architectures differ, the format cannot hold the network, or a path is a source.
    """
    written = []
    for path, shares in files.items():
        network = weights.interpolate(generators, [float(share) for share in shares])
        file = path if path.suffix.lower() in ENDINGS else path.with_name(path.name + ending(network))
        weights.refuse_overwrite(file, sources)
        try:
            weights.write(file, network, recipe)
        except weights.NoPublicLayoutError as error:
            raise InputError(f"{file}: {error}; use .ckpt or .onnx") from error
        written.append(file)
    return written


def labels(sources: Sequence[str]) -> list[str]:
    """Return the sources, numbered if one is repeated."""
    twice = len(set(sources)) < len(sources)
    return [f"{source} (number {number})" if twice else source for number, source in enumerate(sources, 1)]


def ending(network: nn.Module) -> str:
    """Return the suffix of the most widely readable format that can hold this network."""
    try:
        weights.to_basicsr(network)
    except weights.NoPublicLayoutError:
        return ".ckpt"
    return ".safetensors"


def run(options: argparse.Namespace) -> None:
    """Write the networks, measure them if asked, and end the program with one line if that is not possible.

    Args:
        options: parsed arguments of the command.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with one_line_errors():
        files = targets(options)
        if any(not 0 <= share <= 1 for shares in files.values() for share in shares):
            log.info("Shares outside [0, 1] extrapolate beyond the networks: check their outputs on an image")
        find_benchmarks(options.evaluate, "")  # fails before anything is written
        generators = load(options.sources, options.kind)
        recipe = next((each for each in map(weights.recipe_of, options.sources) if each is not None), None)
        for file in write(generators, recipe, files, options.sources):
            log.info("%s: %.1f MB", file, file.stat().st_size / 1e6)
        if options.evaluate:
            tradeoff = measure_tradeoff(generators, options.alpha, options.evaluate)
            names = display_names(options.sources)
            title = f"alpha 0: {names[options.sources[0]]}, alpha 1: {names[options.sources[1]]}"
            for file in write_tradeoff(options.output / "evaluation", tradeoff, title):
                log.info("%s", file)
