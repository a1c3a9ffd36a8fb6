"""Open video files and read their properties."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sr_lightning.errors import InputError

EXTENSIONS = frozenset({".m4v", ".mkv", ".mov", ".mp4", ".webm"})
"""Suffixes, in lower case, of supported videos."""

_TOLERANCE = 0.5  # seconds by which a file may be shorter than its declared duration


@dataclass(frozen=True)
class VideoInfo:
    """Number of frames of a video, and their stored size."""

    frames: int
    height: int
    width: int


def probe(path: Path | str) -> VideoInfo:
    """Count the frames of a file without decoding them.

    Raises:
        InputError: PyAV is missing, or the file cannot be opened, is not a video, or is truncated.
    """
    with open_video(path) as container:
        stream = video_stream(container, path)
        count, end = 0, 0.0
        for packet in container.demux():
            if packet.pts is None or not packet.size:
                continue
            count += packet.stream is stream
            end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        start = (container.start_time or 0) / 1e6
        declared = (container.duration or 0) / 1e6 + min(start, 0.0)
        if not count:
            raise InputError(f"{path}: has no frames; replace or remove it")
        if end < declared - _TOLERANCE:
            raise InputError(f"{path}: ends after {end:.1f} of {declared:.1f} s, it is truncated; replace or remove it")
        return VideoInfo(count, stream.height, stream.width)


@contextmanager
def open_video(path: Path | str) -> Iterator[Any]:
    """Open a video file; FFmpeg's errors inside the block become an InputError that names the file."""
    if find_spec("av") is None:
        raise InputError(f"{path}: videos need the package av: pip install 'sr_lightning[video]'")
    import av

    try:
        with av.open(str(path), metadata_errors="replace") as container:
            yield container
    except av.error.FFmpegError as error:
        raise InputError(f"{path}: cannot be decoded ({error.strerror}); replace or remove it") from error


def video_stream(container: Any, path: Path | str) -> Any:
    """Return the video stream.

    Raises:
        InputError: no video stream, or one that cannot be decoded.
    """
    stream = container.streams.best("video")
    if stream is not None and stream.codec_context is None:
        raise InputError(f"{path}: its video format cannot be decoded; convert it first")
    if stream is None or not stream.width:
        raise InputError(f"{path}: contains no video; replace or remove it")
    stream.thread_type = "AUTO"
    return stream
