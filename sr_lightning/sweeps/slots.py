"""Slots of a sweep: each runs one job at a time, on its own GPUs or share of the CPU cores."""

import os
from collections.abc import Sequence
from typing import Any

from sr_lightning.errors import InputError

Slot = dict[str, str]
"""Environment variables of the jobs that run in a slot."""


def make_slots(jobs: int, devices: Sequence[Any] | None) -> list[Slot]:
    """Return the slots of a sweep; the CPU threads are divided between them unless OMP_NUM_THREADS is set.

    Args:
        jobs: number of concurrent jobs, each of which sees all GPUs; used without ``devices``.
        devices: a GPU, or a group of GPUs, for each slot.
    Raises:
        InputError: an invalid number of jobs, an unknown device, or both arguments.
    """
    if not isinstance(jobs, int) or jobs < 1:
        raise InputError(f"hydra.launcher.jobs={jobs}: must be a whole number of at least 1")
    if devices is not None and jobs > 1:
        raise InputError("hydra.launcher: set jobs or devices, not both; each device runs one job at a time")
    slots: list[Slot] = [{} for _ in range(jobs)]
    if devices is not None:
        slots = [{"CUDA_VISIBLE_DEVICES": visible(device)} for device in devices]
    if len(slots) > 1 and "OMP_NUM_THREADS" not in os.environ:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        for slot in slots:
            slot["OMP_NUM_THREADS"] = str(max(1, cores // len(slots)))
    return slots


def visible(device: Any) -> str:
    """Return the value of CUDA_VISIBLE_DEVICES for a device or a group of devices.

    Args:
        device: index among the GPUs that are visible here, name of a GPU, or a sequence of these.
    Raises:
        InputError: no such device.
    """
    if isinstance(device, str):
        return device
    if not isinstance(device, int):
        return ",".join(visible(member) for member in device)
    import torch  # slow to import, and needed on GPUs only

    count = torch.cuda.device_count()
    if not 0 <= device < count:
        raise InputError(f"hydra.launcher.devices: there is no GPU {device}; the number of visible GPUs is {count}")
    names = os.environ.get("CUDA_VISIBLE_DEVICES")
    return names.split(",")[device] if names else str(device)
