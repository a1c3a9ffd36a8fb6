"""Processes that train one network together: who is one of them, and what they agree on before they can talk."""

import os
from collections.abc import Callable

from torch.distributed import PrefixStore, TCPStore, destroy_process_group, is_available, is_initialized

from sr_lightning.errors import InputError

GROUP = {
    *("RANK", "LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "ROLE_RANK", "ROLE_NAME"),
    *("WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_WORLD_SIZE", "ROLE_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"),
}
"""What tells a process that it is one of several."""


def started_by_torchrun() -> bool:
    """Whether somebody else has started the processes of all devices already."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def agreed(decide: Callable[[], str]) -> str:
    """What the first process decides, in all processes that torchrun has started; elsewhere each decides.

    Raises:
        InputError: torchrun shares nothing between its processes.
    """
    if not started_by_torchrun():
        return decide()
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        raise InputError("hydra.run.dir: torchrun shares no store here; set hydra.run.dir=FOLDER for all processes")
    server = TCPStore(os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False)
    store = PrefixStore(f"sr_lightning/{os.environ.get('TORCHELASTIC_RESTART_COUNT', 0)}", server)
    if os.environ["RANK"] == "0":
        store.set("decision", decide())
    return str(store.get("decision").decode())


def leave() -> None:
    """End what this process shares with the others, where it does; or its threads may abort it while it exits."""
    if is_available() and is_initialized():
        destroy_process_group()


def independent() -> dict[str, str]:
    """The environment for a process that trains on its own account.

    It also has its own W&B service: one that is shared holds the run of a process that was killed, and refuses it to
    the process that goes on with it.
    """
    own = {name: value for name, value in os.environ.items() if name not in {*GROUP, "WANDB_SERVICE"}}
    return {name: value for name, value in own.items() if not name.startswith("TORCHELASTIC_")}
