"""Frames into an open video file, each at its time."""

from pathlib import Path
from typing import Any

import numpy as np

from sr_lightning.errors import InputError
from sr_lightning.videos.reading import BT709, FULL, LIMITED, scaling

_H264 = ("libx264", {"crf": "16", "x264-params": "rc-lookahead=10"})  # more of large frames would fill the memory
_VP9 = ("libvpx-vp9", {"crf": "20", "b": "0", "row-mt": "1", "cpu-used": "2", "lag-in-frames": "8"})
ENCODERS = {".mkv": _H264, ".mov": _H264, ".mp4": _H264, ".webm": _VP9}
"""Suffix, in lower case -> FFmpeg's encoder and its options, at which losses are hard to see."""


class Encoder:
    """The video stream of a file that is being written: 8 bits, YUV 4:2:0, BT.709.

    Of a side with an odd number of pixels the last row or column is repeated: halved colours need an even one.

    Args:
        container: open for writing.
        source: the stream whose times and shape of pixels are kept.
        path: of the file.
    Raises:
        InputError: FFmpeg was built without the encoder.
    """

    def __init__(self, container: Any, source: Any, path: Path) -> None:
        import av

        name, options = ENCODERS[path.suffix.lower()]
        if name not in av.codec.codecs_available:
            raise InputError(f"{path}: this PyAV cannot encode with {name}; install the one of its own wheels")
        self.container, self.source, self.path = container, source, path
        self.stream = container.add_stream(name, rate=source.average_rate or 25, options=options)
        self.stream.metadata.update(source.metadata)
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
            format="yuv420p",
            src_color_range=FULL,
            dst_colorspace=BT709,
            dst_color_range=LIMITED,
            interpolation=scaling(),
        )
        encoded.colorspace, encoded.color_range = BT709, LIMITED
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
        self.stream.height, self.stream.width, self.stream.pix_fmt = height, width, "yuv420p"
        context.time_base = self.source.time_base
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = LIMITED
        ratio = self.source.sample_aspect_ratio
        if ratio:
            context.sample_aspect_ratio = 1 / ratio if round(frame.rotation / 90) % 2 else ratio

    def _time(self, stamp: int | None) -> int:
        """The frame's own time, or one tick after the last where it has none or does not increase."""
        after = 0 if self._last is None else self._last + 1
        self._last = after if stamp is None or (self._last is not None and stamp < after) else stamp
        return self._last
