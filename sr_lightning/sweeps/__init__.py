"""Sweeps: each job is a process with its own folder, and the same command resumes the sweep."""

from sr_lightning.sweeps.launcher import Processes, check_devices_in_process
from sr_lightning.sweeps.naming import job_directory, sweep_directory

__all__ = ["Processes", "check_devices_in_process", "job_directory", "sweep_directory"]
