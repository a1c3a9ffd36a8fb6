"""Read and write videos frame by frame with PyAV, and copy their sound and subtitles."""

from sr_lightning.video.reader import EXTENSIONS, VideoInfo, probe
from sr_lightning.video.transcode import convert

__all__ = ["EXTENSIONS", "VideoInfo", "convert", "probe"]
