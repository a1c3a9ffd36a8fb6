"""Trainer.fit with graceful shutdown."""

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lightning import LightningDataModule, LightningModule, Trainer

from sr_lightning.system import tensor_files
from sr_lightning.system.shutdown import shutdown

log = logging.getLogger(__name__)


def fit(trainer: Trainer, module: LightningModule, data: LightningDataModule, resume: str | None, last: Path) -> None:
    """Run ``Trainer.fit``; an interrupted run logs how to resume it and exits with the status of the signal.

    Args:
        trainer: of the run.
        module: to train.
        data: to train on.
        resume: checkpoint to resume from; None: start from iteration 0.
        last: checkpoint from which ``resume=auto`` resumes.
    Raises:
        SystemExit: with status 130 after Ctrl-C, 143 after SIGTERM.
    """
    with ctrl_c_saves(trainer) as pressed:
        try:
            trainer.fit(module, data, ckpt_path=resume, weights_only=True)
        except SystemExit:  # raised by Lightning after Ctrl-C and SIGTERM, with another status
            if not trainer.interrupted:
                raise
    if trainer.interrupted:
        if trainer.is_global_zero:
            log.info("Stopped at iteration %d; %s", trainer.global_step, resume_hint(last))
        by_user = pressed or not trainer.received_sigterm
        raise SystemExit(128 + (signal.SIGINT if by_user else signal.SIGTERM))


@contextmanager
def ctrl_c_saves(trainer: Trainer) -> Iterator[list[int]]:
    """Make Ctrl-C stop training after the current iteration with a checkpoint, as SIGTERM does; a second one aborts.

    Does nothing with several processes, which a terminal's Ctrl-C reaches at different times.

    Yields:
        Numbers of the received signals.
    """

    def stop(received: list[int]) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            raise KeyboardInterrupt
        log.info("Stopping after this step and saving; Ctrl-C again to abort")
        os.kill(os.getpid(), signal.SIGTERM)

    default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    applies = trainer.world_size == 1 and os.name != "nt" and default
    with shutdown(stop, ("SIGINT",) if applies else ()) as received:
        yield received


def resume_hint(last: Path) -> str:
    """Return a message on how to resume an interrupted run."""
    if not last.is_file():
        return "no checkpoint was saved"
    iteration = tensor_files.read(last)["global_step"]
    return f"the same command with resume=auto resumes from iteration {iteration}"
