"""Reports of runs and sweeps: read from their folders, compared, and written as a page, tables and pictures."""

from sr_lightning.reporting.report import Report, gather
from sr_lightning.reporting.write import write_report

__all__ = ["Report", "gather", "write_report"]
