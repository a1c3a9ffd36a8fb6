"""Warnings of libraries that do not apply here."""

import logging
import warnings


def quiet() -> None:
    """Silence hints that do not apply here."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    for hint in (
        ".*does not have many workers.*",  # a store needs none
        ".*dataloader is not resumable.*",  # samples are a function of the iteration
        ".*smaller than the logging interval.*",
        ".*lr_scheduler.step.*before.*optimizer.step.*",  # said of manual optimization, too
        ".*`isinstance.treespec, LeafSpec.` is deprecated.*",
        ".*It is recommended to use .*sync_dist.*",  # what is logged is the same on all devices
    ):
        warnings.filterwarnings("ignore", message=hint)
