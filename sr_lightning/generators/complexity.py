"""Count parameters and multiply-adds of a network."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from sr_lightning.system.torch_compat import fake_tensors


def parameters(network: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def multiply_adds(generator: nn.Module, crop: int, channels: int = 3) -> int:
    """Return the multiply-adds of a generator's convolutions and matrix products for one training crop, forward only.

    Uses fake tensors, so nothing is computed.

    Args:
        generator: with the attribute ``scale``.
        crop: side of the HR crop in pixels; the input has ``crop / scale``.
        channels: of the image.
    Returns:
        multiply-adds, i.e. half of the floating-point operations.
    """
    side = crop // int(generator.scale)  # type: ignore[arg-type]
    training = generator.training
    generator.eval()  # keeps the running statistics of batch norm
    with torch.no_grad(), fake_tensors(), FlopCounterMode(display=False) as counter:
        generator.forward(torch.empty(1, channels, side, side, device=device(generator)))
    generator.train(training)
    return counter.get_total_flops() // 2


def device(network: nn.Module) -> torch.device:
    """Return the device of a network's parameters."""
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
