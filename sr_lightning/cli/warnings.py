"""Filters for warnings of libraries that do not apply to this package."""

import logging
import warnings


def quiet() -> None:
    """Silence warnings of Lightning and torch that do not apply here."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    for message in (
        ".*does not have many workers.*",  # the crop store needs none
        ".*dataloader is not resumable.*",  # samples depend only on the iteration
        ".*smaller than the logging interval.*",
        ".*lr_scheduler.step.*before.*optimizer.step.*",  # also raised in manual optimization
        ".*`isinstance.treespec, LeafSpec.` is deprecated.*",
        ".*It is recommended to use .*sync_dist.*",  # logged values are equal on all devices
    ):
        warnings.filterwarnings("ignore", message=message)
