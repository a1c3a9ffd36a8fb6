"""Videos frame by frame, through PyAV: pixels out of a file, and into one with the sound of the first."""

from sr_lightning.videos.copying import convert
from sr_lightning.videos.reading import EXTENSIONS, Facts, facts

__all__ = ["EXTENSIONS", "Facts", "convert", "facts"]
