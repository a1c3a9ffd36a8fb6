"""Encode frames into an open video file with their time stamps."""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from sr_lightning.errors import InputError
from sr_lightning.video.colorspace import FULL, LIMITED, color_space, swscale_flags

log = logging.getLogger(__name__)

# A short lookahead limits the memory for large frames. B-frames are off in x265, which otherwise writes invalid time
# stamps for videos of one or two frames.
_X264 = ("libx264", {"crf": "16", "x264-params": "rc-lookahead=10"})
_X265 = ("libx265", {"crf": "18", "x265-params": "log-level=none:rc-lookahead=10:bframes=0"})
_VP9 = ("libvpx-vp9", {"crf": "20", "b": "0", "row-mt": "1", "cpu-used": "2", "lag-in-frames": "8"})
_MPEG4 = ("mpeg4", {"qscale": "2", "flags": "+qscale"})
_MPEG = {8: (_X264, _MPEG4), 10: (_X265,)}
ENCODERS: dict[str, dict[int, tuple[tuple[str, dict[str, str]], ...]]] = {
    ".m4v": _MPEG,
    ".mkv": _MPEG,
    ".mov": _MPEG,
    ".mp4": _MPEG,
    ".webm": {8: (_VP9,), 10: (_VP9,)},
}
"""Suffix, in lower case -> bits -> FFmpeg encoders with visually lossless options, the best first."""


def choose_encoder(path: Path, bits: int) -> tuple[str, dict[str, str]]:
    """Return the best available encoder and its options.

    Raises:
        InputError: this build of FFmpeg has none.
    """
    import av

    choices = ENCODERS[path.suffix.lower()][bits]
    for name, options in choices:
        if name in av.codec.codecs_available:
            if name != choices[0][0]:
                log.warning("%s: this PyAV has no %s; encoding with %s", path, choices[0][0], name)
            return name, options
    raise InputError(f"{path}: this build of PyAV lacks the encoder {choices[0][0]}; install PyAV from its wheels")


class Encoder:
    """The video stream of an output file: YUV 4:2:0 in BT.709, or 10 bits and a wide gamut if the source has them.

    Chroma subsampling needs even sizes: an odd last row or column is repeated.

    Args:
        container: open for writing.
        source: the input stream, whose time stamps and pixel aspect ratio are kept.
        path: of the output file, for error messages.
    Raises:
        InputError: FFmpeg was built without the encoder.
    """

    def __init__(self, container: Any, source: Any, path: Path) -> None:
        self.container, self.source, self.path = container, source, path
        self.colors = color_space(source)
        name, options = choose_encoder(path, self.colors.bits)
        self.stream = container.add_stream(name, rate=source.average_rate or 25, options=options)
        metadata = {key: value for key, value in source.metadata.items() if key.lower() != "alpha_mode"}
        self.stream.metadata.update(metadata)
        self.frames = 0
        self._last: int | None = None

    def add(self, frame: Any, pixels: np.ndarray) -> None:
        """Encode pixels with the time stamp of a decoded frame. Shape: (H, W, 3) uint16.

        Raises:
            InputError: the frame size changed.
        """
        import av

        height, width = pixels.shape[:2]
        pixels = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        if not self.frames:
            self._begin(frame, *pixels.shape[:2])
        if pixels.shape[:2] != (self.stream.height, self.stream.width):
            raise InputError(f"{self.path}: cannot be written because the frame size changes; split the video there")
        encoded = av.VideoFrame.from_ndarray(pixels, format="rgb48le").reformat(
            format=self.stream.pix_fmt,
            src_color_range=FULL,
            dst_colorspace=self.colors.swscale_matrix,
            dst_color_range=LIMITED,
            interpolation=swscale_flags(),
        )
        encoded.colorspace, encoded.color_range = self.colors.matrix, LIMITED
        encoded.pts = self._time(frame.pts)
        encoded.time_base = self.stream.codec_context.time_base
        self.container.mux(self.stream.encode(encoded))
        self.frames += 1

    def finish(self) -> None:
        """Flush the encoder."""
        if self.frames:
            self.container.mux(self.stream.encode(None))

    def _begin(self, frame: Any, height: int, width: int) -> None:
        """Configure the encoder for the first frame."""
        context = self.stream.codec_context
        self.stream.height, self.stream.width = height, width
        self.stream.pix_fmt = "yuv420p" if self.colors.bits == 8 else "yuv420p10le"
        if context.name == "libx265" and self.path.suffix.lower() != ".mkv":
            context.codec_tag = "hvc1"  # required by Apple's players
        context.time_base = self.source.time_base
        context.colorspace = self.colors.matrix
        context.color_primaries, context.color_trc = self.colors.primaries, self.colors.transfer
        context.color_range = LIMITED
        ratio = self.source.sample_aspect_ratio
        if ratio:
            context.sample_aspect_ratio = 1 / ratio if round(frame.rotation / 90) % 2 else ratio

    def _time(self, stamp: int | None) -> int:
        """Return the time stamp of a frame, or one tick after the last if it is missing or does not increase."""
        after = 0 if self._last is None else self._last + 1
        self._last = after if stamp is None or (self._last is not None and stamp < after) else stamp
        return self._last
