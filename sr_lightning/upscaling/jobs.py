"""Plan which input file becomes which output file."""

import glob
import logging
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sr_lightning import image, video
from sr_lightning.data.discovery import describe_left_out, find_images
from sr_lightning.errors import InputError
from sr_lightning.system.atomic import check_name_length

log = logging.getLogger(__name__)

EXTENSIONS = image.EXTENSIONS | video.EXTENSIONS
_VIDEOS = "3gp avi flv m2ts mpeg mpg mts ogv ts vob wmv"
UNREAD = image.UNREAD_EXTENSIONS | {f".{ending}" for ending in _VIDEOS.split()}
"""Suffixes, in lower case, of images and videos in formats that are not supported; folders may contain them."""


@dataclass(frozen=True)
class Job:
    """An input file and its output file.

    Args:
        source: the input file.
        target: the output file.
        factor: output size over input size.
    """

    source: Path
    target: Path
    factor: float = 1.0

    @property
    def is_video(self) -> bool:
        """Return True if the input is a video, judging by its suffix."""
        return self.source.suffix.lower() in video.EXTENSIONS


def plan(inputs: Sequence[str], output: str | None, scale: str, suffix_of: Callable[[Path], str]) -> list[Job]:
    """Return a job for each input file; every job has its own target.

    Args:
        inputs: files, folders (searched recursively) and glob patterns.
        output: a file, for a single input file and a name with the suffix of an image; else a folder, in which input
            folders keep their structure. None writes ``NAME-x4.png`` beside ``NAME.png`` and ``FOLDER-x4/`` beside a
            folder.
        scale: output size over input size, as it is written in those names.
        suffix_of: returns the suffix of a file's target.
    Raises:
        InputError: an input is missing or contains no images, two targets coincide, or a target is an input.
    """
    pairs = [(Path(part), file) for text in inputs for part in expand(text) for file in list_files(Path(part), output)]
    sources = list(dict.fromkeys(pairs))  # (input path, file in it)
    if output is not None:
        check_name_length(output)
    if output is not None and is_file_name(Path(output)):
        if len(sources) > 1 or Path(inputs[0]).is_dir():
            raise InputError(f"--output {output}: is a file, but there are {len(sources)} images; give a folder")
        return check_jobs([Job(sources[0][1], Path(output), float(scale))])
    same_target = defaultdict(set)
    for root, file in sources:
        same_target[target_stem(root, file, output, scale), suffix_of(file)].add(file)
    jobs = []
    for root, file in sources:
        stem, suffix = target_stem(root, file, output, scale), suffix_of(file)
        # if a.jpg and a.png are both written as PNG, their names include the original suffix
        if len({other.suffix for other in same_target[stem, suffix]}) > 1:
            stem = stem.with_name(f"{stem.name}-{file.suffix[1:]}")
        jobs.append(Job(file, stem.with_name(stem.name + suffix), float(scale)))
    return check_jobs(jobs)


def expand(text: str) -> list[str]:
    """Return the path itself, or the paths that match a glob pattern.

    Raises:
        InputError: no match, or none in a supported format.
    """
    if os.path.exists(text) or not glob.has_magic(text):
        return [text]
    matches = sorted(glob.glob(text, recursive=True))
    if not matches:
        raise InputError(f"{text}: no file matches; check the pattern")
    left_out = Counter(Path(path).suffix.lower() for path in matches if Path(path).suffix.lower() in UNREAD)
    if left_out:
        log.warning("%s: %s", text, describe_left_out(left_out, EXTENSIONS))
    usable = [path for path in matches if Path(path).is_dir() or Path(path).suffix.lower() in EXTENSIONS]
    if not usable:
        accepted = ", ".join(sorted(EXTENSIONS))
        raise InputError(f"{text}: matches no image in a supported format; supported are {accepted}")
    return usable


def list_files(path: Path, output: str | None) -> list[Path]:
    """Return the file itself, or all images and videos below a folder, without those in an output folder inside it.

    Raises:
        InputError: no such path, an empty folder, or a folder that is its own output.
    """
    if output is None or not path.is_dir():
        return find_images(path, EXTENSIONS, UNREAD)
    target = os.path.realpath(output)
    if target == os.path.realpath(path):
        raise InputError(f"--output {output}: is the input folder; choose another one")
    return [file for file in find_images(path, EXTENSIONS, UNREAD) if target not in map(os.path.realpath, file.parents)]


def is_file_name(path: Path) -> bool:
    """Return True if an output path names a file."""
    return path.suffix.lower() in EXTENSIONS | UNREAD and not path.is_dir()


def target_stem(root: Path, file: Path, output: str | None, scale: str) -> Path:
    """Return a target's path without its suffix.

    Args:
        root: the input path that led to the file: the file itself or a folder.
        file: the input file.
        output: folder of the outputs, or None to write beside the input.
        scale: appended to names beside the input.
    """
    inside = file.relative_to(root).with_suffix("") if root != file else Path(file.stem)
    if output is not None:
        return Path(output) / inside
    if root == file:
        return file.with_name(f"{file.stem}-x{scale}")
    named = root if root.name else Path(os.path.abspath(root))  # "." has no name
    return named.with_name(f"{named.name}-x{scale}") / inside


def check_jobs(jobs: list[Job]) -> list[Job]:
    """Return the jobs after checking their targets.

    Raises:
        InputError: two jobs write the same file, one writes an input file, or a target has an unsupported suffix.
    """
    sources = {os.path.realpath(job.source) for job in jobs}
    targets: dict[str, Path] = {}
    for job in jobs:
        kinds = sorted(video.EXTENSIONS if job.is_video else image.ENCODERS)
        if job.target.suffix.lower() not in kinds:
            raise InputError(f"{job.source}: cannot be written as {job.target}; use one of {', '.join(kinds)}")
        real = os.path.realpath(job.target)
        if real in sources:
            raise InputError(f"{job.source}: would overwrite the input {job.target}; choose another --output")
        if targets.setdefault(real, job.source) != job.source:
            raise InputError(
                f"{job.source} and {targets[real]}: would both be written to {job.target}; use different folders"
            )
    return jobs
