"""python -m sr_lightning.degrade INPUT… --output DIR [--seed N] [--record] [--replay FILE] [key=value …]: copies.

Writes DIR/lr/NAME.png for each image, DIR/preview.png with HR, LR and what was drawn, and --record DIR/records.json.
Draws are those that a validation on the same images has. With the inputs' folder, DIR/lr is a data set for data=paired.
--replay takes the draws of such a file: each image that of its name, or all images the only one that is in it.
An image that is damaged or too small is named and left out; exit status: 0 all are there, 1 some or none are.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn

from sr_lightning import image
from sr_lightning.cli.argument_types import printable
from sr_lightning.cli.config import CONF, check_values, integer
from sr_lightning.cli.errors import one_line_errors
from sr_lightning.cli.parser import Parser
from sr_lightning.data import Files
from sr_lightning.data.discovery import find_images
from sr_lightning.data.full_images import WholeImages
from sr_lightning.degradations import RandomDegradation, Record
from sr_lightning.degradations.describe import described
from sr_lightning.errors import InputError
from sr_lightning.system import atomic
from sr_lightning.visuals.comparison import chosen, comparison, stacked, with_text

PANEL = 400  # side of the part of an image that is shown: hr as it is, where it is so large, and lr enlarged


def degrade(
    inputs: Sequence[Path],
    output: Path,
    config: DictConfig,
    record: bool = False,
    rows: int = 8,
    replay: Path | None = None,
) -> tuple[int, list[str]]:
    """Degrade every image of the inputs; returns how many, and what is wrong with each of the others.

    Args:
        config: degradation, scale.
        record: write what was drawn.
        rows: images in the preview, the first ones; 0: none is made.
        replay: file of records that are repeated instead of new draws.
    Raises:
        InputError: nothing to degrade, two images of one name, an output inside an input, or no file of any use.
    """
    paths = sources(inputs, output)
    degradation: Any = instantiate(config.degradation)
    random = isinstance(degradation, RandomDegradation)
    if replay is not None and not random:
        raise InputError(f"--replay {replay}: this degradation draws nothing; leave it out")
    given = None if replay is None else read_records(replay, degradation, config.scale)
    images = WholeImages(Files(list(paths)), config.scale)
    console = Console(stderr=True)
    records: dict[str, Record] = {}
    pictures: list[Tensor] = []
    problems: list[str] = []
    names = track(paths.values(), "Degrading", console=console, disable=not console.is_terminal)
    for number, name in enumerate(names):
        try:
            item = images[number]
            drawn = repeated(given, name, replay) if given else degradation.draw(item["keys"][0]) if random else {}
        except InputError as error:
            problems.append(str(error))
            continue
        hr = item["hr"].float().div(255)
        with torch.no_grad():
            lr, _ = degradation(hr, [drawn]) if random else degradation(hr)
        image.write(output / "lr" / f"{name}.png", lr[0])
        records[name] = drawn
        if len(pictures) < rows:
            pictures.append(row(name, lr[0], hr[0], drawn))
    if not records:
        raise InputError(problems[0])
    if pictures:
        image.write(output / "preview.png", stacked(pictures))
    if record:
        atomic.write_text(output / "records.json", json.dumps(records, indent=1) + "\n")
    return len(records), problems


def read_records(file: Path, degradation: nn.Module, scale: int) -> dict[str, Record]:
    """Records that were written by an earlier run.

    Raises:
        InputError: no such file, or its records are not of this degradation.
    """
    try:
        records = json.loads(file.read_text("utf-8"))
        for record in records.values():
            degradation(torch.zeros(1, 3, scale, scale), [record])
    except OSError as error:
        raise InputError(f"--replay {file}: cannot be read, {error.strerror}") from None
    except Exception as error:  # whatever stages make of numbers that are not theirs
        raise InputError(
            f"--replay {file}: is not a records.json of this degradation ({type(error).__name__}: {error}); "
            "give the key=value with which it was written"
        ) from None
    return records


def repeated(records: Mapping[str, Record], name: str, file: Path | None) -> Record:
    """The record of an image, or the only one that there is."""
    if len(records) == 1:
        return next(iter(records.values()))
    if name not in records:
        raise InputError(f"{name}: has no record in {file}; rename it, or leave one record there, for all images")
    return records[name]


def sources(inputs: Sequence[Path], output: Path) -> dict[Path, str]:
    """Every image, and its name: its path below the input, without suffix.

    Raises:
        InputError: as `degrade`.
    """
    found: dict[Path, str] = {}
    for root in inputs:
        if root.is_dir() and output.resolve().is_relative_to(root.resolve()):
            raise InputError(f"--output {output}: lies inside the input {root}; choose another folder")
        base = root if root.is_dir() else root.parent
        found |= {path: path.relative_to(base).with_suffix("").as_posix() for path in find_images(root)}
    first: dict[str, Path] = {}
    for path, name in found.items():
        if first.setdefault(name, path) != path:
            raise InputError(f"{path}: would be written over the copy of {first[name]}; rename one of them")
    return found


def row(name: str, lr: Tensor, hr: Tensor, drawn: Record) -> Tensor:
    """A line of the preview: the image, a part of hr and lr beside each other, and what was drawn beneath."""
    versions = [("LR", lr), ("HR", hr)]
    picture = comparison(versions, chosen(versions, min(PANEL, *hr.shape[-2:])), panel=PANEL)
    return with_text(picture, f"{name}:  {'  |  '.join(described(drawn))}" if drawn else name)


def words(given: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Inputs, and overrides of the configuration: what has an equals sign and is no file."""
    overrides = [word for word in given if "=" in word.split("/")[0] and not os.path.exists(word)]
    return [Path(word) for word in given if word not in overrides], overrides


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    parser = Parser("python -m sr_lightning.degrade", description="Make low-resolution copies.")
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="images, folders, and key=value of the degradation")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder of what is written")
    parser.add_argument("--seed", type=int, default=0, help="of all draws (default: %(default)s)")
    parser.add_argument("--record", action="store_true", help="write what was drawn to records.json")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="repeat the draws of a records.json")
    parser.add_argument("--preview", type=int, default=8, metavar="ROWS", help="images in preview.png (default: 8)")
    options = parser.parse_intermixed_args(arguments)
    inputs, overrides = words(options.inputs)
    with one_line_errors():
        if not inputs:
            raise InputError("no input: name images or folders")
        with initialize_config_dir(str(CONF.absolute()), version_base="1.3"):
            config = compose("degrade", [f"seed={options.seed}", *overrides])
        check_values(config, {"seed": integer(0), "scale": integer(1)})
        count, problems = degrade(inputs, options.output, config, options.record, options.preview, options.replay)
    for message in problems:
        sys.stdout.write(f"{printable(message)}\n")
    left = f", {len(problems)} could not be degraded" if problems else ""
    sys.stdout.write(printable(f"{count} images in {options.output / 'lr'}{left}") + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
