"""Many pictures in files: which become which, and their way through a network."""

from sr_lightning.batches.before_after import sliders
from sr_lightning.batches.films import upscale_videos
from sr_lightning.batches.jobs import Job, checked, plan
from sr_lightning.batches.pipeline import Report, upscale_files

__all__ = ["Job", "Report", "checked", "plan", "sliders", "upscale_files", "upscale_videos"]
