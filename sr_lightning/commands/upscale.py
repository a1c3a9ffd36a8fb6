"""Upscale files and standard streams: the work of the ``upscale`` command."""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.logging import RichHandler

from sr_lightning import image, video
from sr_lightning.cli.argument_types import printable
from sr_lightning.commands.upscale_page import PIPE, check_page, compare
from sr_lightning.commands.upscale_progress import show_check, show_upscaling
from sr_lightning.errors import InputError
from sr_lightning.system.atomic import check_writable
from sr_lightning.upscaling import (
    Job,
    Report,
    Upscaler,
    check_jobs,
    plan,
    upscale_picture,
)
from sr_lightning.weights.by_name import load_generator
from sr_lightning.weights.published import SMALL

log = logging.getLogger(__name__)


def run(options: argparse.Namespace) -> int:
    """Upscale all inputs and return the exit status.

    Args:
        options: parsed arguments of the command.
    Raises:
        InputError: an unusable input, output or option.
    """
    console = Console(stderr=True)
    handler = RichHandler(console=console, show_time=False, show_path=False)
    logger = logging.getLogger("sr_lightning")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        if options.compare is not None:
            check_page(options.compare, options.inputs, options.output)
        upscaler = prepared(options)
        if PIPE in options.inputs or options.output == PIPE:
            return through_pipe(options, upscaler)
        return through_files(options, upscaler, console)
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def prepared(options: argparse.Namespace) -> Upscaler:
    """Load the network onto its device.

    Raises:
        InputError: it cannot be loaded, or options contradict each other.
    """
    if options.weights == SMALL:
        log.info(
            "Network: %s, part of the package. Stronger: --weights realesrgan-x4plus (67 MB, downloaded once)", SMALL
        )
    try:
        generator = load_generator(options.weights)
        return Upscaler(generator, options.device, options.precision, options.tile, options.overlap)
    except InputError:
        raise
    except (ValueError, RuntimeError, AssertionError) as error:  # raised by torch for an unavailable device
        raise InputError(str(error).split("\n")[0]) from error


def through_pipe(options: argparse.Namespace, upscaler: Upscaler) -> int:
    """Upscale one image from standard input or a file to standard output or a file."""
    if len(options.inputs) > 1:
        raise InputError(f"{PIPE}: only a single input is allowed")
    if options.dry_run:
        raise InputError(f"--dry-run: needs files instead of {PIPE}")
    source, target = options.inputs[0], None if options.output == PIPE else options.output
    if Path(source).suffix.lower() in video.EXTENSIONS:
        raise InputError(f"{source}: videos cannot be written to {PIPE}; use --output FILE")
    if target is not None:
        check_jobs([Job(Path(source), Path(target))])
        check_writable(target)
        if Path(target).exists() and not options.overwrite:
            raise InputError(f"{target}: already exists; use --overwrite or another name")
    if source == PIPE:
        content = sys.stdin.buffer.read()
        picture = image.decode(content, "standard input")
        suffix = f".{options.format}" if options.format else image.same_suffix(content)
    else:
        picture = image.read_picture(source)
        suffix = suffix_of(options)(Path(source))
    suffix = suffix if target is None else Path(target).suffix
    check_output(picture, suffix, options.outscale or upscaler.scale, "standard input" if source == PIPE else source)
    enlarged = upscale_picture(upscaler, picture, options.outscale)
    if target is None:
        sys.stdout.buffer.write(image.encode(enlarged, suffix, "standard output"))
        sys.stdout.buffer.flush()
    else:
        image.write_picture(target, enlarged)
    return 0


def check_output(picture: image.Picture, suffix: str, factor: float, name: str) -> None:
    """Check that a format can hold the output, and log what it will lose.

    Raises:
        InputError: it cannot.
    """
    height, width = (max(round(side * factor), 1) for side in picture.pixels.shape[:2])
    image.check_writable_as(picture, suffix, height, width, name)
    for loss in image.losses(picture, suffix):
        log.warning("%s: %s", name, loss)


def suffix_of(options: argparse.Namespace) -> Callable[[Path], str]:
    """Return a function that maps an input file to the suffix of its output."""

    def suffix(path: Path) -> str:
        if path.suffix.lower() in video.EXTENSIONS:
            return path.suffix.lower()
        return f".{options.format}" if options.format else image.suffix_for(path.suffix)

    return suffix


def through_files(options: argparse.Namespace, upscaler: Upscaler, console: Console) -> int:
    """Upscale all input files and print a summary."""
    scale = f"{options.outscale or upscaler.scale:g}"
    jobs = plan(options.inputs, options.output, scale, suffix_of(options))
    todo = [job for job in jobs if options.overwrite or not os.path.exists(job.target)]
    for job in todo:
        check_writable(job.target)
    checked = show_check(todo, upscaler.scale, console)
    for message in checked.problems.values():
        sys.stdout.write(f"{printable(message)}\n")
    for message in checked.warnings():
        log.warning("%s", message)
    good = [job for job in todo if job.source not in checked.problems]
    if options.dry_run:
        lines = [f"{printable(f'{job.source} -> {job.target}')}\n" for job in good]
        failing = f", {len(checked.problems)} cannot be" if checked.problems else ""
        sys.stdout.write(f"{''.join(lines)}{len(good)} of {len(jobs)} would be upscaled{failing}\n")
        return 1 if checked.problems else 0
    sys.stdout.flush()
    report = show_upscaling(good, checked, upscaler, options.outscale, console) if good else Report()
    if options.compare is not None:
        lead = f"Left: bicubic interpolation. Right: {Path(options.weights).name}. Both ×{scale}."
        compare(jobs, options.compare, lead, report, console)
    for message in report.problems.values():
        sys.stdout.write(f"{printable(message)}\n")
    report.problems.update(checked.problems)
    kind = "files" if any(job.is_video for job in jobs) else "images"
    summary = [f"{report.done} of {len(jobs)} {kind} upscaled"]
    if len(todo) < len(jobs):
        summary.append(f"{len(jobs) - len(todo)} already existed (use --overwrite to replace them)")
    if report.problems:
        summary.append(f"{len(report.problems)} failed")
    sys.stdout.write(f"{', '.join(summary)}\n")
    return 1 if report.problems else 0
