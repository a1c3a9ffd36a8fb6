"""Fused Adam with on-device step skipping."""

from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer

from sr_lightning.system.torch_compat import skip_fused_steps_if, unscale_before_step

FUSED = ("cpu", "cuda")  # devices that have the kernel in every supported version of torch


def fuse(optimizer: Optimizer) -> Optimizer:
    """Enable Adam's fused kernel on CPUs and GPUs, unless the optimizer's ``fused`` or ``foreach`` is set.

    A gradient scaler still unscales gradients before the step and not in the kernel, because clipping needs them.
    """
    for group in optimizer.param_groups:
        undecided = group.get("fused") is None and group.get("foreach") is None
        if isinstance(optimizer, Adam | AdamW) and undecided and group["params"][0].device.type in FUSED:
            group["fused"] = True
    unscale_before_step(optimizer)
    return optimizer


def skip_if(optimizer: Optimizer, condition: Tensor) -> None:
    """Make the next step change neither parameters nor optimizer state if the condition is true.

    Fused Adam reads the condition on the device. For other optimizers it is read here, which is free on a CPU, and the
    gradients are removed: optimizers skip parameters without gradients.

    Args:
        condition: a scalar on the device of the parameters.
    """
    if isinstance(optimizer, Adam | AdamW) and all(group.get("fused") for group in optimizer.param_groups):
        skip_fused_steps_if(optimizer, condition)
    elif condition:
        optimizer.zero_grad(set_to_none=True)
