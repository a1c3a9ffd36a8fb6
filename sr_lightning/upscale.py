"""python -m sr_lightning.upscale INPUT… --weights FILE|NAME [--output PATH]: enlarge with a trained network.

Inputs are pictures, videos, folders with everything below them, patterns, or - for standard input. Exit status:
0 all are there, 1 some could not be enlarged, 2 the arguments are wrong, 130 interrupted.
"""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from sr_lightning import image, video
from sr_lightning.cli.argument_types import factor, positive, printable
from sr_lightning.cli.parser import Parser
from sr_lightning.errors import InputError
from sr_lightning.system.atomic import check_writable
from sr_lightning.upscaling import (
    Job,
    Report,
    Upscaler,
    checked,
    plan,
    sliders,
    upscale_files,
    upscale_picture,
    upscale_videos,
)
from sr_lightning.upscaling.upscaler import OVERLAP, PRECISIONS
from sr_lightning.visuals import html
from sr_lightning.weights.by_name import load_generator

PIPE = "-"
COLUMNS = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())


def parser() -> Parser:
    formats = sorted({suffix[1:] for suffix in image.ENCODERS})
    found = Parser("python -m sr_lightning.upscale", description="Enlarge pictures with a trained network.")
    add = found.add_argument
    add(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="images, folders, patterns, - for standard input; videos with 'sr_lightning[video]'",
    )
    add("--weights", required=True, metavar="FILE|NAME", help="a checkpoint, a published file or name, or bicubic")
    add("--output", metavar="PATH", help="a file, a folder, or - for standard output (default: NAME-x4 beside NAME)")
    add("--format", choices=formats, help="of pictures (default: each input's own)")
    add("--outscale", type=factor, metavar="FACTOR", help="final size over the input's (default: the network's)")
    add("--tile", type=positive, metavar="PIXELS", help="largest side of a tile (default: by the free memory)")
    add("--overlap", type=whole, default=OVERLAP, metavar="PIXELS", help="of tiles (default: %(default)s)")
    add("--precision", choices=["auto", *PRECISIONS], default="auto", help="(default: %(default)s)")
    add("--device", default="auto", help="cpu, cuda, cuda:1 … (default: the GPU where there is one)")
    add("--compare", metavar="PAGE", help="write an HTML page with a slider between bicubic and each output")
    add("--overwrite", action="store_true", help="make outputs again that are there already")
    add("--dry-run", action="store_true", help="only tell which file would become which")
    return found


def whole(text: str) -> int:
    """A whole number, zero included."""
    return 0 if text == "0" else positive(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    asked = parser()
    options = asked.parse_args(arguments)
    console = Console(stderr=True)
    handler = RichHandler(console=console, show_time=False, show_path=False)
    logger = logging.getLogger("sr_lightning")
    logger.addHandler(handler)
    try:
        if options.compare is not None:
            check_page(options)
        upscaler = prepared(options)
        if PIPE in options.inputs or options.output == PIPE:
            return through_pipe(options, upscaler)
        return through_files(options, upscaler, console)
    except InputError as error:
        asked.exit(1, f"{printable(str(error))}\n")
    except KeyboardInterrupt:
        asked.exit(130, "interrupted; what is finished is there, and the same command goes on with the rest\n")
    finally:
        logger.removeHandler(handler)


def check_page(options: argparse.Namespace) -> None:
    """Before the work, not after it.

    Raises:
        InputError: the page cannot be written, or nothing can be compared on it.
    """
    page = Path(options.compare)
    if page.suffix.lower() not in (".html", ".htm"):  # also an input that was given right after --compare
        raise InputError(f"--compare {page}: is no name of a page; let it end in .html")
    if page.is_dir():
        raise InputError(f"--compare {page}: is a folder; choose another name")
    check_writable(page)
    if PIPE in options.inputs or options.output == PIPE:
        raise InputError(f"--compare {page}: compares files; give them instead of {PIPE}")


def prepared(options: argparse.Namespace) -> Upscaler:
    """The network, on its device.

    Raises:
        InputError: it cannot be loaded, or the options do not go together.
    """
    try:
        generator = load_generator(options.weights)
        return Upscaler(generator, options.device, options.precision, options.tile, options.overlap)
    except InputError:
        raise
    except (ValueError, RuntimeError, AssertionError) as error:  # torch's for a device that is not there
        raise InputError(str(error).split("\n")[0]) from error


def through_pipe(options: argparse.Namespace, upscaler: Upscaler) -> int:
    """One picture from standard input or a file to standard output or a file."""
    if len(options.inputs) > 1:
        raise InputError(f"{PIPE}: goes with one input alone")
    if options.dry_run:
        raise InputError(f"--dry-run: tells of files; give them instead of {PIPE}")
    source, target = options.inputs[0], None if options.output == PIPE else options.output
    if Path(source).suffix.lower() in video.EXTENSIONS:
        raise InputError(f"{source}: videos do not go through {PIPE}; give --output a file")
    if target is not None:
        checked([Job(Path(source), Path(target))])
        check_writable(target)
        if Path(target).exists() and not options.overwrite:
            raise InputError(f"{target}: is there already; give --overwrite or another name")
    if source == PIPE:
        content = sys.stdin.buffer.read()
        picture = image.decode(content, "standard input")
        suffix = f".{options.format}" if options.format else image.same_suffix(content)
    else:
        picture = image.read_picture(source)
        suffix = suffix_of(options)(Path(source))
    enlarged = upscale_picture(upscaler, picture, options.outscale)
    if target is None:
        sys.stdout.buffer.write(image.encode(enlarged, suffix, "standard output"))
        sys.stdout.buffer.flush()
    else:
        image.write_picture(target, enlarged)
    return 0


def suffix_of(options: argparse.Namespace) -> Callable[[Path], str]:
    """The suffix of a file's target."""

    def chosen(path: Path) -> str:
        if path.suffix.lower() in video.EXTENSIONS:
            return path.suffix.lower()
        return f".{options.format}" if options.format else image.suffix_for(path.suffix)

    return chosen


def through_files(options: argparse.Namespace, upscaler: Upscaler, console: Console) -> int:
    """Everything that the inputs stand for; tells what became of it."""
    scale = f"{options.outscale or upscaler.scale:g}"
    jobs = plan(options.inputs, options.output, scale, suffix_of(options))
    todo = [job for job in jobs if options.overwrite or not job.target.exists()]
    for job in todo:
        check_writable(job.target)
    if options.dry_run:
        told = [f"{printable(f'{job.source} -> {job.target}')}\n" for job in todo]
        sys.stdout.write(f"{''.join(told)}{len(todo)} of {len(jobs)} would be upscaled\n")
        return 0
    report = with_progress(todo, upscaler, options.outscale, console) if todo else Report()
    if options.compare is not None:
        compare(jobs, options, scale, report, console)
    for message in report.problems.values():
        sys.stdout.write(f"{printable(message)}\n")
    kind = "files" if any(job.is_video for job in jobs) else "images"
    told = [f"{report.done} of {len(jobs)} {kind} upscaled"]
    if len(todo) < len(jobs):
        told.append(f"{len(jobs) - len(todo)} were there already (--overwrite makes them again)")
    if report.problems:
        told.append(f"{len(report.problems)} could not be")
    sys.stdout.write(f"{', '.join(told)}\n")
    return 1 if report.problems else 0


def with_progress(jobs: Sequence[Job], upscaler: Upscaler, outscale: float | None, console: Console) -> Report:
    """Upscale with a bar that counts pixels of all pictures, then frames of each video."""
    stills, films = ([job for job in jobs if job.is_video is moving] for moving in (False, True))
    sizes = {job: pixels(job.source) for job in stills}
    with Progress(*COLUMNS, console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("Upscaling", total=sum(sizes.values()))
        finished = 0

        def enlarge(picture: image.Picture) -> image.Picture:
            return upscale_picture(upscaler, picture, outscale, lambda count: progress.advance(bar, count))

        def on_done(job: Job) -> None:
            nonlocal finished
            finished += sizes[job]  # also of a file that was given up
            progress.update(bar, completed=finished, description=printable(job.source.name)[-30:])

        def on_frame(job: Job, total: int) -> None:
            if progress.tasks[film].description != (name := printable(job.source.name)[-30:]):
                progress.reset(film, total=total, description=name, visible=True)
            progress.advance(film)

        report = upscale_files(stills, enlarge, on_done)
        progress.update(bar, visible=False)
        film = progress.add_task("Upscaling", visible=False)
        frame = partial(upscale_picture, upscaler, outscale=outscale)
        upscale_videos(films, frame, report, on_frame)
        return report


def compare(jobs: Sequence[Job], options: argparse.Namespace, scale: str, report: Report, console: Console) -> None:
    """Write the page with all pictures whose outputs are there; what cannot be compared is added to the report."""
    with Progress(*COLUMNS, console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("Comparing", total=len(jobs))
        parts, problems = sliders(jobs, lambda job: progress.advance(bar))
    report.problems.update(problems)
    if not parts:
        report.problems[Path(options.compare)] = f"{options.compare}: not written, no picture is there to be compared"
        return
    lead = f"Left of the line bicubic interpolation, right of it {Path(options.weights).name}; both ×{scale}."
    html.write_page(options.compare, html.page("Before and after", parts, lead))


def pixels(path: Path) -> int:
    """Of a file by its header; what is wrong with a file is told when its turn comes."""
    try:
        height, width = image.size(path)
    except InputError:
        return 0
    return height * width


if __name__ == "__main__":
    sys.exit(main())
