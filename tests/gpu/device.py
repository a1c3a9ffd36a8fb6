"""The checked device and its precision."""

import gc
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.backends import cudnn

from sr_lightning.system.hardware import bfloat16_is_fast
from tests.benchmarks.timing import default_device
from tests.gpu import nvidia_smi


def machine() -> dict[str, Any]:
    """Return the name of the device, and the versions of the libraries and, if known, of the driver."""
    device = default_device()
    if device.type == "cpu":
        name = f"{torch.get_num_threads()} of {os.cpu_count()} CPU cores, {platform.machine()}"
        return {"device": name, "torch": torch.__version__}
    return {
        "device": torch.cuda.get_device_name(device),
        "torch": torch.__version__,
        "CUDA": torch.version.cuda,
        "cuDNN": cudnn.version(),
        "driver": nvidia_smi.query("driver_version"),
    }


@contextmanager
def exact_float32() -> Iterator[None]:
    """Compute float32 convolutions without rounding to TF32."""
    with cudnn.flags(enabled=True, allow_tf32=False):
        yield


def default_dtype(device: torch.device) -> torch.dtype:
    """Return the dtype in which this library trains on the device by default."""
    return torch.bfloat16 if bfloat16_is_fast(device.type) else torch.float32


def release() -> None:
    """Release unused GPU memory."""
    if torch.cuda.is_available():
        gc.collect()
        torch.cuda.empty_cache()
