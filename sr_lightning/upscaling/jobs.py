"""Inputs of any kind -> which file becomes which."""

import glob
import logging
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sr_lightning import image, video
from sr_lightning.data.discovery import find_images
from sr_lightning.errors import InputError

log = logging.getLogger(__name__)

EXTENSIONS = image.EXTENSIONS | video.EXTENSIONS
_PICTURES = "arw avif cr2 cr3 dng exr heic heif jp2 jpe jxl nef orf psd raf rw2 tga"
_VIDEOS = "3gp avi flv m2ts mpeg mpg mts vob wmv"
UNREAD = frozenset(f".{ending}" for ending in f"{_PICTURES} {_VIDEOS}".split())
"""Suffixes, in lower case, of pictures and videos that are in a folder by good right, and that are not read."""


@dataclass(frozen=True)
class Job:
    """One file and what it becomes."""

    source: Path
    target: Path

    @property
    def is_video(self) -> bool:
        return self.source.suffix.lower() in video.EXTENSIONS


def plan(inputs: Sequence[str], output: str | None, scale: str, suffix_of: Callable[[Path], str]) -> list[Job]:
    """All files of the inputs, each with its own target.

    Args:
        inputs: files, folders (with everything below them) and patterns.
        output: a file, if there is one input file and this ends as an image does; else a folder, in which folders keep
            their structure. None writes ``NAME-x4.png`` beside a file ``NAME.png`` and ``FOLDER-x4/`` beside a folder.
        scale: said in those names.
        suffix_of: the suffix of a file's target.
    Raises:
        InputError: an input is missing or has no images, two files would become one, or one would overwrite an input.
    """
    found = [(Path(part), file) for text in inputs for part in expanded(text) for file in files_of(Path(part), output)]
    found = list(dict.fromkeys(found))
    if output is not None and is_file_name(Path(output)):
        if len(found) > 1 or Path(inputs[0]).is_dir():
            raise InputError(f"--output {output}: is one file, for {len(found)} images; give a folder")
        return checked([Job(found[0][1], Path(output))])
    wanted = defaultdict(set)
    for root, file in found:
        wanted[target_stem(root, file, output, scale), suffix_of(file)].add(file)
    jobs = []
    for root, file in found:
        stem, suffix = target_stem(root, file, output, scale), suffix_of(file)
        # a.jpg and a.png, both as PNG: neither may take the other's name, whatever the order
        if len({other.suffix for other in wanted[stem, suffix]}) > 1:
            stem = stem.with_name(f"{stem.name}-{file.suffix[1:]}")
        jobs.append(Job(file, stem.with_name(stem.name + suffix)))
    return checked(jobs)


def expanded(text: str) -> list[str]:
    """A path, or what a pattern stands for.

    Raises:
        InputError: it stands for nothing that is read.
    """
    if os.path.exists(text) or not glob.has_magic(text):
        return [text]
    found = sorted(glob.glob(text, recursive=True))
    if not found:
        raise InputError(f"{text}: no file matches; check the pattern")
    tell_unread([Path(path) for path in found])
    usable = [path for path in found if Path(path).is_dir() or Path(path).suffix.lower() in EXTENSIONS]
    if not usable:
        accepted = ", ".join(sorted(EXTENSIONS))
        raise InputError(f"{text}: matches no image of a kind that is read; accepted are {accepted}")
    return usable


def files_of(path: Path, output: str | None) -> list[Path]:
    """The file itself, or all images below a folder, except those in an output folder there."""
    if path.is_dir():
        with suppress(InputError):  # there are none, which is as it should be
            tell_unread(find_images(path, UNREAD))
    if output is None or not path.is_dir():
        return find_images(path, EXTENSIONS)
    made = os.path.realpath(output)
    if made == os.path.realpath(path):
        raise InputError(f"--output {output}: is the input folder; choose another one")
    return [file for file in find_images(path, EXTENSIONS) if made not in map(os.path.realpath, file.parents)]


def tell_unread(paths: Sequence[Path]) -> None:
    """Warn of files that somebody would expect to be enlarged."""
    left = Counter(path.suffix.lower() for path in paths if path.suffix.lower() in UNREAD)
    if left:
        counts = ", ".join(f"{count} {ending}" for ending, count in sorted(left.items()))
        log.warning("Left out, formats that are not read: %s; convert them first", counts)


def is_file_name(path: Path) -> bool:
    """Whether an output is meant as a file."""
    return path.suffix.lower() in EXTENSIONS | UNREAD and not path.is_dir()


def target_stem(root: Path, file: Path, output: str | None, scale: str) -> Path:
    """A target's path without its suffix."""
    inside = file.relative_to(root).with_suffix("") if root != file else Path(file.stem)
    if output is not None:
        return Path(output) / inside
    if root == file:
        return file.with_name(f"{file.stem}-x{scale}")
    named = root if root.name else Path(os.path.abspath(root))  # "." has no name
    return named.with_name(f"{named.name}-x{scale}") / inside


def checked(jobs: list[Job]) -> list[Job]:
    """The jobs themselves.

    Raises:
        InputError: two of them write one file, or one writes an input.
    """
    sources = {os.path.realpath(job.source) for job in jobs}
    targets: dict[str, Path] = {}
    for job in jobs:
        kinds = sorted(video.EXTENSIONS if job.is_video else image.ENCODERS)
        if job.target.suffix.lower() not in kinds:
            raise InputError(f"{job.source}: cannot become {job.target}; let it end in one of {', '.join(kinds)}")
        real = os.path.realpath(job.target)
        if real in sources:
            raise InputError(f"{job.source}: would overwrite the input {job.target}; choose another --output")
        if targets.setdefault(real, job.source) != job.source:
            raise InputError(
                f"{job.source} and {targets[real]}: would both become {job.target}; upscale them into different folders"
            )
    return jobs
