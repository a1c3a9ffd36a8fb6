"""Sweeps: each job is a process with its own folder, which the same command finds again."""

from sr_lightning.sweeps.launcher import Processes
from sr_lightning.sweeps.naming import job_directory, sweep_directory

__all__ = ["Processes", "job_directory", "sweep_directory"]
