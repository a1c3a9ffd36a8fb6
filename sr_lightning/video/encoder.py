"""Frames into an open video file, each at its time."""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from sr_lightning.errors import InputError
from sr_lightning.video.colorspace import FULL, LIMITED, colours, scaling

log = logging.getLogger(__name__)

_X264 = ("libx264", {"crf": "16", "x264-params": "rc-lookahead=10"})  # more of large frames would fill the memory
# with B-frames, x265 gives the packets of a video of one or two frames no valid times
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
"""Suffix, in lower case -> bits -> FFmpeg's encoders, the best first, with options at which losses are hard to see."""


def encoder(path: Path, bits: int) -> tuple[str, dict[str, str]]:
    """The best encoder for a file that this build of FFmpeg has.

    Raises:
        InputError: it has none.
    """
    import av

    choices = ENCODERS[path.suffix.lower()][bits]
    for name, options in choices:
        if name in av.codec.codecs_available:
            if name != choices[0][0]:
                log.warning("%s: this PyAV has no %s; encoding with %s", path, choices[0][0], name)
            return name, options
    raise InputError(f"{path}: this PyAV cannot encode with {choices[0][0]}; install the one of its own wheels")


class Encoder:
    """The video stream of a file that is being written: YUV 4:2:0 in BT.709; 10 bits and wide colours are kept.

    Of a side with an odd number of pixels the last row or column is repeated: halved colours need an even one.

    Args:
        container: open for writing.
        source: the stream whose times and shape of pixels are kept.
        path: of the file.
    Raises:
        InputError: FFmpeg was built without the encoder.
    """

    def __init__(self, container: Any, source: Any, path: Path) -> None:
        self.container, self.source, self.path = container, source, path
        self.colours = colours(source)
        name, options = encoder(path, self.colours.bits)
        self.stream = container.add_stream(name, rate=source.average_rate or 25, options=options)
        told = {key: value for key, value in source.metadata.items() if key.lower() != "alpha_mode"}
        self.stream.metadata.update(told)
        self.frames = 0
        self._last: int | None = None

    def add(self, frame: Any, pixels: np.ndarray) -> None:
        """Encode pixels in the place of a decoded frame. Shape: (H, W, 3) uint16.

        Raises:
            InputError: the size is not that of the first frame.
        """
        import av

        height, width = pixels.shape[:2]
        pixels = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        if not self.frames:
            self._begin(frame, *pixels.shape[:2])
        if pixels.shape[:2] != (self.stream.height, self.stream.width):
            raise InputError(f"{self.path}: cannot be written, the frames change their size; cut the video there")
        encoded = av.VideoFrame.from_ndarray(pixels, format="rgb48le").reformat(
            format=self.stream.pix_fmt,
            src_color_range=FULL,
            dst_colorspace=self.colours.scaled_by,
            dst_color_range=LIMITED,
            interpolation=scaling(),
        )
        encoded.colorspace, encoded.color_range = self.colours.matrix, LIMITED
        encoded.pts = self._time(frame.pts)
        encoded.time_base = self.stream.codec_context.time_base
        self.container.mux(self.stream.encode(encoded))
        self.frames += 1

    def finish(self) -> None:
        """Write what the encoder still holds."""
        if self.frames:
            self.container.mux(self.stream.encode(None))

    def _begin(self, frame: Any, height: int, width: int) -> None:
        context = self.stream.codec_context
        self.stream.height, self.stream.width = height, width
        self.stream.pix_fmt = "yuv420p" if self.colours.bits == 8 else "yuv420p10le"
        if context.name == "libx265" and self.path.suffix.lower() != ".mkv":
            context.codec_tag = "hvc1"  # without which Apple's players do not open it
        context.time_base = self.source.time_base
        context.colorspace = self.colours.matrix
        context.color_primaries, context.color_trc = self.colours.primaries, self.colours.transfer
        context.color_range = LIMITED
        ratio = self.source.sample_aspect_ratio
        if ratio:
            context.sample_aspect_ratio = 1 / ratio if round(frame.rotation / 90) % 2 else ratio

    def _time(self, stamp: int | None) -> int:
        """The frame's own time, or one tick after the last where it has none or does not increase."""
        after = 0 if self._last is None else self._last + 1
        self._last = after if stamp is None or (self._last is not None and stamp < after) else stamp
        return self._last
