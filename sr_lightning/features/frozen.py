"""Frozen feature extractor."""

from typing import Any

from torch import Tensor, nn

from sr_lightning.system.torch_compat import Conversion, ConversionHook, apply_conversion


class Frozen(ConversionHook):
    """Wraps a network that is never trained and hides its parameters and buffers.

    Optimizers, checkpoints and DDP therefore ignore it; DDP would otherwise broadcast its buffers in every step. It
    stays in evaluation mode; gradients pass through it to its input. It follows the surrounding module to devices,
    precisions and memory formats.

    Args:
        network: any module; it is switched to evaluation mode and its parameters are frozen.
    Shape:
        that of the network.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self._hidden = (network.eval().requires_grad_(False),)  # nn.Module does not look into a tuple

    def conversion(self, convert: Conversion) -> Conversion:
        """Convert the hidden network together with this module."""
        apply_conversion(self._hidden[0], convert)
        return convert

    def forward(self, *inputs: Tensor) -> Any:
        return self._hidden[0](*inputs)
