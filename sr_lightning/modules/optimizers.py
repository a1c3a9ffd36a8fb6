"""Optimizers that are told on the device whether to step."""

import torch
from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer

FUSED = ("cpu", "cuda")  # devices that have the kernel in every supported version of torch


def fuse(optimizer: Optimizer) -> Optimizer:
    """Run Adam on CPUs and GPUs as one kernel, where the optimizer's own ``fused`` and ``foreach`` say nothing else.

    A gradient scaler still takes its factor out before the step, not in the kernel: clipping needs the true gradients.
    """
    for group in optimizer.param_groups:
        undecided = group.get("fused") is None and group.get("foreach") is None
        if isinstance(optimizer, Adam | AdamW) and undecided and group["params"][0].device.type in FUSED:
            group["fused"] = True
    optimizer._step_supports_amp_scaling = False  # type: ignore[attr-defined]
    return optimizer


def skip_if(optimizer: Optimizer, condition: Tensor) -> None:
    """Make the coming step one that changes nothing, neither parameters nor the optimizer's state.

    A fused Adam reads the condition on the device. For others it is read here, which on a CPU costs nothing, and the
    gradients are removed: parameters without a gradient are left alone by every optimizer.

    Args:
        condition: a scalar; true: skip.
    """
    if isinstance(optimizer, Adam | AdamW) and all(group.get("fused") for group in optimizer.param_groups):
        optimizer.found_inf = condition.to(torch.float32)  # type: ignore[attr-defined]
    elif condition:
        optimizer.zero_grad(set_to_none=True)
