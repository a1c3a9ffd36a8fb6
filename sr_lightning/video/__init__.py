"""Videos frame by frame, through PyAV: pixels out of a file, and into one with the sound of the first."""

from sr_lightning.video.reader import EXTENSIONS, Facts, facts
from sr_lightning.video.transcode import convert

__all__ = ["EXTENSIONS", "Facts", "convert", "facts"]
