"""Write degraded copies of images: the work of the ``degrade`` command."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig
from rich.console import Console
from rich.progress import track
from torch import Tensor

from sr_lightning import image
from sr_lightning.cli.argument_types import printable
from sr_lightning.cli.config import CONF, check_values, integer
from sr_lightning.cli.errors import one_line_errors
from sr_lightning.cli.known_keys import check_known_keys
from sr_lightning.data import Files
from sr_lightning.data.discovery import find_images
from sr_lightning.data.full_images import FullImages
from sr_lightning.degradations import Degradation, Record
from sr_lightning.degradations.describe import describe
from sr_lightning.degradations.recorded import read_records, select_record
from sr_lightning.errors import InputError
from sr_lightning.ops.quantize import from_uint8
from sr_lightning.system import atomic
from sr_lightning.visuals.comparison import choose_squares, comparison, stacked, with_text

PANEL = 400  # pixels: side of the HR crop and of the enlarged LR crop in the preview


@dataclass
class Copies:
    """Results of `degrade`.

    Args:
        records: name -> drawn parameters of each written copy.
        previews: rows of the preview, (3, H, W) each.
        problems: one message for each skipped image.
    """

    records: dict[str, Record] = field(default_factory=dict)
    previews: list[Tensor] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def degrade(
    inputs: Sequence[Path],
    output: Path,
    config: DictConfig,
    record: bool = False,
    rows: int = 8,
    replay: Path | None = None,
) -> tuple[int, list[str]]:
    """Write degraded copies of all images; return their number and one message for each skipped image.

    Args:
        config: with ``degradation`` and ``scale``.
        record: write the drawn parameters.
        rows: number of images in the preview; 0 writes none.
        replay: file of records to use instead of new draws.
    Raises:
        InputError: nothing to degrade, two images of one name, an output inside an input, or no usable image.
    """
    names = name_images(inputs, output)
    degradation: Degradation = instantiate(config.degradation)
    recorded = read_records(replay, degradation, config.scale) if replay else None
    copies = write_copies(names, output / "lr", degradation, config.scale, recorded, rows)
    if not copies.records:
        raise InputError(copies.problems[0])
    if copies.previews:
        image.write(output / "preview.png", stacked(copies.previews))
    if record:
        atomic.write_text(output / "records.json", json.dumps(copies.records, indent=1) + "\n")
    return len(copies.records), copies.problems


def write_copies(
    names: Mapping[Path, str],
    folder: Path,
    degradation: Degradation,
    scale: int,
    recorded: dict[str, Record] | None,
    rows: int,
) -> Copies:
    """Degrade each image and write it to ``folder``.

    Args:
        names: file -> name of its copy, without suffix.
        recorded: records to use instead of new draws.
        rows: number of images in the preview.
    """
    copies, images = Copies(), FullImages(Files(list(names)), scale)
    console = Console(stderr=True)
    for index, name in enumerate(track(names.values(), "Degrading", console=console, disable=not console.is_terminal)):
        try:
            item = images[index]
            record = select_record(recorded, name) if recorded is not None else degradation.draw([item.key])[0]
        except InputError as error:
            copies.problems.append(str(error))
            continue
        hr = from_uint8(item.hr)
        with torch.no_grad():
            lr = degradation(hr, [record])
        image.write(folder / f"{name}.png", lr[0])
        copies.records[name] = record
        if len(copies.previews) < rows:
            copies.previews.append(preview_row(name, lr[0], hr[0], record))
    return copies


def name_images(inputs: Sequence[Path], output: Path) -> dict[Path, str]:
    """Return each image with its name: its path relative to the input, without suffix.

    Raises:
        InputError: no images, two images of one name, or an output inside an input.
    """
    names: dict[Path, str] = {}
    for root in inputs:
        if root.is_dir() and output.resolve().is_relative_to(root.resolve()):
            raise InputError(f"--output {output}: lies inside the input {root}; choose another folder")
        base = root if root.is_dir() else root.parent
        names |= {path: path.relative_to(base).with_suffix("").as_posix() for path in find_images(root)}
    first: dict[str, Path] = {}
    for path, name in names.items():
        if first.setdefault(name, path) != path:
            raise InputError(f"{path}: would overwrite the copy of {first[name]}; rename one of them")
    return names


def preview_row(name: str, lr: Tensor, hr: Tensor, record: Record) -> Tensor:
    """Draw LR and HR crops side by side, with the drawn parameters as caption. Shape: (3, H, W)."""
    versions = [("LR", lr), ("HR", hr)]
    picture = comparison(versions, choose_squares(versions, min(PANEL, *hr.shape[-2:])), panel=PANEL)
    return with_text(picture, f"{name}:  {'  |  '.join(describe(record))}" if record else name)


def split_arguments(arguments: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Separate inputs from overrides: an argument with an equals sign that is not an existing file is an override."""
    overrides = [word for word in arguments if "=" in word.split("/")[0] and not os.path.exists(word)]
    return [Path(word) for word in arguments if word not in overrides], overrides


def search_path(folder: Path | None) -> list[str]:
    """Return the override that adds a folder of options to Hydra's search path.

    Raises:
        InputError: there is no such folder.
    """
    if folder is None:
        return []
    if not folder.is_dir():
        raise InputError(f"--config-dir {folder}: no such folder")
    return [f"hydra.searchpath=[{json.dumps(f'file://{folder.absolute()}', ensure_ascii=False)}]"]


def run(options: argparse.Namespace) -> int:
    """Degrade all inputs and return the exit status; end the program with one line if that is not possible.

    Args:
        options: parsed arguments of the command.
    """
    inputs, overrides = split_arguments(options.inputs)
    with one_line_errors("degrade"):
        if not inputs:
            raise InputError("no input: name images or folders")
        with initialize_config_dir(str(CONF.absolute()), version_base="1.3"):
            config = compose("degrade", [f"seed={options.seed}", *search_path(options.config_dir), *overrides])
        check_known_keys(config, "degrade")
        check_values(config, {"seed": integer(0), "scale": integer(1)})
        count, problems = degrade(inputs, options.output, config, options.record, options.preview, options.replay)
    for message in problems:
        sys.stdout.write(f"{printable(message)}\n")
    skipped = f", {len(problems)} could not be degraded" if problems else ""
    sys.stdout.write(printable(f"{count} images in {options.output / 'lr'}{skipped}") + "\n")
    return 1 if problems else 0
