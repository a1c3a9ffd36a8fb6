"""What the machine can do, and how much memory it has left."""

from pathlib import Path

import torch
from torch import Tensor


def bfloat16_is_fast(device_type: str) -> bool:
    """Whether a GPU or CPU multiplies in bfloat16 itself; elsewhere it would be slower than float32."""
    if device_type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device_type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def free_memory(device: torch.device) -> int | None:
    """Bytes that this process may still take, within the limit of its container; None where the system does not say."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free = []
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free += [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
        group = Path("/sys/fs/cgroup")
        free.append(int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    except (OSError, ValueError):  # another system, no container, or one without a limit
        pass
    return min(free, default=None)


def copied(values: Tensor, device: torch.device) -> Tensor:
    """The values on the device. A GPU gets them out of pinned memory, so that nothing waits for the work before."""
    if device.type != "cuda":
        return values.to(device)
    return values.pin_memory().to(device, non_blocking=True)


def precision(asked: str, accelerator: str) -> str:
    """``auto`` -> bf16-mixed where the hardware computes in bfloat16, else 32-true."""
    if asked != "auto":
        return asked
    if accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        return "bf16-mixed" if bfloat16_is_fast("cuda") else "32-true"
    if accelerator in ("auto", "cpu"):
        return "bf16-mixed" if bfloat16_is_fast("cpu") else "32-true"
    return "32-true"
