"""Many runs by one command: each in a process and a folder of its own, found again by the same command."""

from sr_lightning.sweeps.launcher import Processes
from sr_lightning.sweeps.naming import job_directory, sweep_directory

__all__ = ["Processes", "job_directory", "sweep_directory"]
