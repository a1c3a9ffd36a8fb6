"""Reports of runs and sweeps: read from their folders, compared, and written as a page, tables and pictures."""

from sr_lightning.reports.document import write_report
from sr_lightning.reports.gathering import Report, gather

__all__ = ["Report", "gather", "write_report"]
