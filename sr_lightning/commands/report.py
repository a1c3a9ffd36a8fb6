"""Report on a run or a sweep: the work of the ``report`` command."""

import argparse
import logging

from sr_lightning.cli.errors import one_line_errors
from sr_lightning.reporting import gather, write_report

log = logging.getLogger(__name__)


def run(options: argparse.Namespace) -> None:
    """Write the report, and end the program with one line if that is not possible.

    Args:
        options: parsed arguments of the command.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with one_line_errors():
        report = gather(options.folder, options.interpolation, options.distortion, options.perception)
        output = options.output or options.folder / "report"
        for file in write_report(output, report, options.against, options.wandb):
            log.info("%s", file)
