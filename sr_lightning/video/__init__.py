"""Read and write videos frame by frame with PyAV, and copy their sound and subtitles."""

from sr_lightning.video.reader import EXTENSIONS, Facts, facts
from sr_lightning.video.transcode import convert

__all__ = ["EXTENSIONS", "Facts", "convert", "facts"]
