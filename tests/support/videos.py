"""Synthetic videos."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

av = pytest.importorskip("av")


TIMES = [0, 1, 2, 4, 8, 9, 12, 20]  # in 25ths of a second


def film(path: Path, color: tuple[int, int, int] = (220, 0, 0), codec: str = "mpeg4", turn: int = 0) -> Path:
    """Write 8 frames of one color, 32x24, at uneven times, with one second of sound."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 24, "yuv420p"
        stream.bit_rate = 2_000_000
        if turn:
            stream.set_display_rotation(turn)
        sound = out.add_stream("libopus" if path.suffix == ".webm" else "aac", rate=48000, layout="mono")
        picture = np.full((24, 32, 3), color, np.uint8)
        picture[:, :8] = 0
        for time in TIMES:
            frame = av.VideoFrame.from_ndarray(picture)
            frame.pts, frame.time_base = time, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        noise = np.random.default_rng(0).normal(0, 0.1, (1, 48000)).astype(np.float32)
        wave = av.AudioFrame.from_ndarray(noise, format="fltp", layout="mono")
        wave.sample_rate = 48000
        resampler = av.AudioResampler(format=sound.format, layout="mono", rate=48000)
        for part in resampler.resample(wave):
            out.mux(sound.encode(part))
        out.mux(sound.encode(None))
    return path
