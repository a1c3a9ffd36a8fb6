"""Transform every frame of a video and copy its sound, subtitles and attachments."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sr_lightning.errors import InputError
from sr_lightning.system.atomic import replacing
from sr_lightning.video.colorspace import to_rgb
from sr_lightning.video.encoder import Encoder
from sr_lightning.video.reader import open_video, video_stream

log = logging.getLogger(__name__)


def convert(
    source: Path | str,
    target: Path | str,
    transform: Callable[[np.ndarray], np.ndarray],
    on_frame: Callable[[], None] | None = None,
) -> None:
    """Write a video with every frame transformed; the target appears only when it is complete.

    One frame is in memory at a time, besides those in the encoder. Time stamps and chapters are kept. Sound, subtitles
    and attachments are copied without re-encoding; streams that the target container does not support are dropped with
    a warning. Of several video streams the first is used; the cover image of an MP4 file is copied.

    Args:
        source: input file.
        target: output file; its suffix selects the container.
        transform: maps an upright frame, (H, W, 3) uint16 RGB, to the new frame; all new frames have the same size.
        on_frame: called after each frame.
    Raises:
        InputError: the source is damaged, or the target cannot be written.
    """
    with open_video(source) as reading, replacing(target) as partial:
        stream = video_stream(reading, source)
        import av

        if _has_alpha(stream):
            log.warning("%s: transparency is not supported and is dropped", source)
        with av.open(str(partial), "w", format=_format(target), options=_options(target)) as writing:
            writing.metadata.update(reading.metadata)
            writing.set_chapters(reading.chapters())
            encoder = Encoder(writing, stream, Path(target))
            copies = _copy_streams(reading, writing, source, target)
            _copy_attachments(reading, writing, source, target)
            _process_packets(reading, stream, copies, writing, encoder, transform, on_frame)
            if not encoder.frames:
                raise InputError(f"{source}: has no frames that can be decoded; replace or remove it")


def _process_packets(
    reading: Any,
    stream: Any,
    copies: dict[int, Any],
    writing: Any,
    encoder: Encoder,
    transform: Callable[[np.ndarray], np.ndarray],
    on_frame: Callable[[], None] | None,
) -> None:
    """Process all packets in file order; packets before the first frame wait until the frame size is known."""
    waiting: list[Any] = []
    for packet in reading.demux([stream, *(reading.streams[index] for index in copies)]):
        if packet.stream is not stream:
            if packet.dts is None and packet.size and packet.stream.type == "video":
                packet.dts = packet.pts = 0  # a cover has no time stamp
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                waiting.append(packet)
        else:
            for frame in packet.decode():
                encoder.add(frame, transform(to_rgb(frame)))
                if on_frame is not None:
                    on_frame()
        if encoder.frames:
            writing.mux(waiting)
            waiting.clear()
    encoder.finish()


def _copy_streams(reading: Any, writing: Any, source: Path | str, target: Path | str) -> dict[int, Any]:
    """Add output streams for sound and subtitles, by their input index; warn about streams that are dropped."""
    copies = {}
    for stream in reading.streams:
        cover = _is_cover(stream)
        if (stream.type in ("audio", "subtitle") or (cover and writing.format.name == "mp4")) and _is_supported(
            stream, writing
        ):
            copies[stream.index] = writing.add_stream_from_template(stream)
            copies[stream.index].metadata.update(stream.metadata)
            if cover:
                copies[stream.index].disposition = stream.disposition
        elif stream.type == "video" and not cover and stream is not reading.streams.best("video"):
            log.warning("%s: only the first video stream is upscaled; dropping another %s", source, _describe(stream))
        elif stream.type != "attachment" and stream is not reading.streams.best("video"):
            log.warning("%s: %s is not supported in %s; dropped", source, _describe(stream), Path(target).suffix)
    return copies


def _is_supported(stream: Any, writing: Any) -> bool:
    """Return True if the output container can hold the stream's format."""
    context = stream.codec_context
    return context is not None and context.codec.canonical_name in writing.supported_codecs


def _is_cover(stream: Any) -> bool:
    """Return True for a still image such as a cover."""
    return stream.type == "video" and "attached_pic" in (stream.disposition.name or "")


def _has_alpha(stream: Any) -> bool:
    """Return True if the frames have alpha, which VP8 and VP9 declare only in the container's metadata."""
    components = stream.codec_context.format.components if stream.codec_context.format else ()
    return any(component.is_alpha for component in components) or stream.metadata.get("alpha_mode") == "1"


def _describe(stream: Any) -> str:
    """Return the kind and format of a stream, for messages."""
    context = stream.codec_context
    kind = "cover" if _is_cover(stream) else stream.type
    return f"{kind} in an unknown format" if context is None else f"{kind} ({context.name})"


def _copy_attachments(reading: Any, writing: Any, source: Path | str, target: Path | str) -> None:
    """Copy attachments, e.g. fonts of subtitles; of the supported containers only Matroska has them."""
    for attachment in reading.streams.attachments:
        if Path(target).suffix.lower() == ".mkv":
            writing.add_attachment(attachment.name, attachment.mimetype, attachment.data)
        else:
            log.warning("%s: %s is not supported in %s; dropped", source, attachment.name, Path(target).suffix)


def _format(target: Path | str) -> str | None:
    """Return FFmpeg's name of the container if the suffix would select another one, else None."""
    return "mp4" if Path(target).suffix.lower() == ".m4v" else None  # FFmpeg's ipod container supports fewer formats


def _options(target: Path | str) -> dict[str, str]:
    """Return the container's options: MP4 files begin with their index, so that they play while they load."""
    return {"movflags": "+faststart"} if Path(target).suffix.lower() in (".m4v", ".mp4", ".mov") else {}
