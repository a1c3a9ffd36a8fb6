"""Training until it is done or somebody ends it."""

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
    """``Trainer.fit``; a run that is interrupted says how to go on, and does not end as if it were complete.

    Args:
        last: checkpoint that a run with ``resume=auto`` goes on from.
    """
    with ctrl_c_saves(trainer) as pressed:
        try:
            trainer.fit(module, data, ckpt_path=resume, weights_only=True)
        except SystemExit:  # what Lightning makes of Ctrl-C and SIGTERM, with a status of its own
            if not trainer.interrupted:
                raise
    if trainer.interrupted:
        if trainer.is_global_zero:
            log.info("Stopped at iteration %d; %s", trainer.global_step, way_on(last))
        by_user = pressed or not trainer.received_sigterm
        raise SystemExit(128 + (signal.SIGINT if by_user else signal.SIGTERM))


@contextmanager
def ctrl_c_saves(trainer: Trainer) -> Iterator[list[int]]:
    """Ctrl-C ends training as SIGTERM does, after the iteration and with a checkpoint; once more, it ends at once.

    Not with several processes, all of which a terminal's Ctrl-C reaches at different moments. Yields what was received.
    """

    def stop(received: list[int]) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            raise KeyboardInterrupt
        log.info("Ends after this iteration, and saves; Ctrl-C again ends now")
        os.kill(os.getpid(), signal.SIGTERM)

    default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    takes = trainer.world_size == 1 and os.name != "nt" and default
    with shutdown(stop, ("SIGINT",) if takes else ()) as received:
        yield received


def way_on(last: Path) -> str:
    """What a person can do with an interrupted run."""
    if not last.is_file():
        return "nothing is saved yet"
    done = tensor_files.read(last)["global_step"]
    return f"the same command with resume=auto goes on from iteration {done}"
