"""Frames of videos: a transformation, and reading."""

from pathlib import Path

import numpy as np

from tests.support.videos import av


def double(pixels: np.ndarray) -> np.ndarray:
    return pixels.repeat(2, 0).repeat(2, 1)


def read(path: Path) -> tuple[list[float], list[np.ndarray], list[bytes]]:
    """Return the times and pixels of the frames, and the packets of the sound."""
    with av.open(str(path)) as file:
        frames = list(file.decode(video=0))
    with av.open(str(path)) as file:
        sound = [bytes(packet) for packet in file.demux(audio=0) if packet.size]
    return [float(f.pts * f.time_base) for f in frames], [f.to_ndarray(format="rgb24") for f in frames], sound
