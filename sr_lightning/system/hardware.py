"""Capabilities of the hardware, free memory, and transfers to a device."""

from pathlib import Path

import torch
from torch import Tensor

from sr_lightning.system.torch_compat import cpu_computes_in_bfloat16


def bfloat16_is_fast(device_type: str) -> bool:
    """Return True if the GPU or CPU computes in bfloat16 natively; emulation is slower than float32."""
    if device_type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device_type == "cpu" and cpu_computes_in_bfloat16()


def free_memory(device: torch.device) -> int | None:
    """Return the bytes that this process can still allocate, within its container's limit; None if unknown."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free = []
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free += [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
        group = Path("/sys/fs/cgroup")
        free.append(int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    except (OSError, ValueError):  # not Linux, no container, or no memory limit
        pass
    return min(free, default=None)


def copy_to_device(values: Tensor, device: torch.device) -> Tensor:
    """Copy a tensor to a device; to a GPU through pinned memory, without waiting for its queued work."""
    if device.type != "cuda":
        return values.to(device)
    return values.pin_memory().to(device, non_blocking=True)


def precision(requested: str, accelerator: str) -> str:
    """Resolve ``auto``: bf16-mixed if the hardware computes in bfloat16, else 32-true; keep any other precision."""
    if requested != "auto":
        return requested
    if accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        return "bf16-mixed" if bfloat16_is_fast("cuda") else "32-true"
    if accelerator in ("auto", "cpu"):
        return "bf16-mixed" if bfloat16_is_fast("cpu") else "32-true"
    return "32-true"
