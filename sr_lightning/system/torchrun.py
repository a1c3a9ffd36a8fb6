"""Process groups: detection of torchrun, a decision that all ranks share, and a clean environment for children."""

import os
import sys
from collections.abc import Callable

from sr_lightning.errors import InputError

GROUP_VARIABLES = {
    *("RANK", "LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "ROLE_RANK", "ROLE_NAME"),
    *("WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_WORLD_SIZE", "ROLE_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"),
}
"""Environment variables that make a process a member of a group."""


def started_by_torchrun() -> bool:
    """Return True if torchrun has started this process as one of a group."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def decide_once(decide: Callable[[], str]) -> str:
    """Return what rank 0 decides, on all ranks that torchrun has started; without torchrun, call ``decide``.

    Raises:
        InputError: torchrun's store is not available.
    """
    if not started_by_torchrun():
        return decide()
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        raise InputError("hydra.run.dir: torchrun shares no store here; set hydra.run.dir=FOLDER for all processes")
    from torch.distributed import PrefixStore, TCPStore  # slow to import, and needed under torchrun only

    server = TCPStore(os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False)
    store = PrefixStore(f"sr_lightning/{os.environ.get('TORCHELASTIC_RESTART_COUNT', 0)}", server)
    if os.environ["RANK"] == "0":
        store.set("decision", decide())
    return str(store.get("decision").decode())


def leave_process_group() -> None:
    """Destroy this process's group, if it has one; a thread of the group may otherwise abort the process at exit."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def independent_environment() -> dict[str, str]:
    """Return the environment for a child process that trains on its own, outside of this process's group.

    The child starts its own W&B service: a shared one keeps the run of a killed process open, and rejects the process
    that resumes it.
    """
    environment = {name: value for name, value in os.environ.items() if name not in {*GROUP_VARIABLES, "WANDB_SERVICE"}}
    return {name: value for name, value in environment.items() if not name.startswith("TORCHELASTIC_")}
