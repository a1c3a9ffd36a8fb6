"""Upscale images and videos of any size with a trained network, in memory and in files."""

from sr_lightning.upscaling.any_image import upscale_image
from sr_lightning.upscaling.checks import Checked, check_files
from sr_lightning.upscaling.comparison_page import make_sliders
from sr_lightning.upscaling.jobs import Job, check_jobs, plan
from sr_lightning.upscaling.picture import upscale_picture, upscale_to_write
from sr_lightning.upscaling.pipeline import Report, upscale_files
from sr_lightning.upscaling.upscaler import Upscaler
from sr_lightning.upscaling.video_files import upscale_videos

__all__ = [
    "Checked",
    "Job",
    "Report",
    "Upscaler",
    "check_files",
    "check_jobs",
    "make_sliders",
    "plan",
    "upscale_files",
    "upscale_image",
    "upscale_picture",
    "upscale_to_write",
    "upscale_videos",
]
