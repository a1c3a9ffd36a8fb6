"""What a network costs: parameters and multiply-adds."""

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode


def parameters(network: nn.Module) -> int:
    """Number of weights that training changes."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def multiply_adds(generator: nn.Module, crop: int, channels: int = 3) -> int:
    """Multiply-adds of a generator's convolutions and products for one training crop, a batch of one, forward only.

    Nothing is computed: a tensor without values passes through the network.

    Args:
        generator: with its ``scale``.
        crop: side of the crop in HR pixels; the network sees ``crop / scale`` of it.
        channels: of the image.
    """
    side = crop // int(generator.scale)  # type: ignore[arg-type]
    training = generator.training
    generator.eval()  # statistics of batch norm stay as they are
    with torch.no_grad(), FakeTensorMode(allow_non_fake_inputs=True), FlopCounterMode(display=False) as counter:
        generator.forward(torch.empty(1, channels, side, side, device=device(generator)))
    generator.train(training)
    return counter.get_total_flops() // 2


def device(network: nn.Module) -> torch.device:
    """Where a network's weights are."""
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
