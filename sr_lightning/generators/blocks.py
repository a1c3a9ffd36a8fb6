"""Basic blocks of SRResNet and ESRGAN (ESRGAN, Fig. 3 and 4)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sr_lightning.generators.activations import PReLU

Norm = Callable[[int], nn.Module]  # channels -> layer; torch.nn.Identity disables normalization


def convolution(channels_in: int, channels_out: int, kernel: int = 3) -> nn.Conv2d:
    """Return a convolution with an odd kernel, padded so that it keeps height and width."""
    return nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2)


def initialize(layer: nn.Conv2d, factor: float) -> None:
    """Apply Kaiming's normal initialization (He et al. 2015) times ``factor``, and zero the bias."""
    nn.init.kaiming_normal_(layer.weight)
    layer.weight.data.mul_(factor)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def to_autocast_dtype(features: Tensor) -> Tensor:
    """Cast to autocast's dtype if autocast is enabled.

    A single float32 tensor would promote all tensors that are concatenated with it. Any shape.
    """
    kind = features.device.type
    return features.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else features


class ResidualBlock(nn.Module):
    """Residual block: convolution, norm, PReLU, convolution, norm, plus the input.

    Source:
        SRResNet, Ledig et al. 2017, arXiv:1609.04802, Fig. 4.
    Args:
        channels: features in and out.
        norm: builds the normalization from the number of channels.
    Shape:
        (B, channels, H, W) -> the same.
    """

    def __init__(self, channels: int, norm: Norm = nn.BatchNorm2d) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, channels),
            norm(channels),
            PReLU(),
            convolution(channels, channels),
            norm(channels),
        )

    def forward(self, features: Tensor) -> Tensor:
        return features + self.body(features)


class DenseBlock(nn.Module):
    """Dense block: five densely connected convolutions, scaled by beta, plus the input.

    Source:
        ESRGAN, Wang et al. 2018, arXiv:1809.00219, Fig. 4; small initialization as in sec. 3.1.
    Args:
        channels: features in and out.
        growth: features added by each of the first four convolutions.
        beta: residual scaling.
        norm: builds the normalization after each convolution.
        initialization: factor on Kaiming's initialization.
        plus: add ESRGAN+'s shortcuts.
    Shape:
        (B, channels, H, W) -> the same.
    """

    def __init__(
        self, channels: int, growth: int, beta: float, norm: Norm, initialization: float, plus: bool = False
    ) -> None:
        super().__init__()
        widths = [growth] * 4 + [channels]
        layers = [convolution(channels + i * growth, width) for i, width in enumerate(widths)]
        self.convolutions = nn.ModuleList(layers)
        self.norms = nn.ModuleList(norm(width) for width in widths)
        self.activate = nn.LeakyReLU(0.2, inplace=True)
        self.beta = beta
        self.shortcut = nn.Conv2d(channels, growth, 1, bias=False) if plus else None
        for layer in layers if self.shortcut is None else [*layers, self.shortcut]:
            initialize(layer, initialization)

    def forward(self, features: Tensor) -> Tensor:
        dense = [to_autocast_dtype(features)]
        *growing, last = zip(self.convolutions, self.norms, strict=True)
        for number, (conv, norm) in enumerate(growing, 1):
            dense.append(self.activate(norm(conv(torch.cat(dense, dim=1)))))
            if self.shortcut is not None and number == 2:
                dense[2] = dense[2] + self.shortcut(dense[0])
            if self.shortcut is not None and number == 4:
                dense[4] = dense[4] + dense[2]
        conv, norm = last
        return features + self.beta * norm(conv(torch.cat(dense, dim=1)))

    def extra_repr(self) -> str:
        return f"beta={self.beta}"


class RRDB(nn.Module):
    """Residual-in-residual dense block: three dense blocks, scaled by beta, plus the input.

    Source:
        ESRGAN, Fig. 4. The paper removes batch norm; ``norm`` adds it for the ablation.
    Args:
        channels: features in and out.
        growth: features added by each dense convolution; None: half of the channels, as in the paper.
        beta: residual scaling, in the dense blocks and around them.
        norm: builds the normalization after each convolution.
        initialization: factor on Kaiming's initialization.
        plus: add the shortcuts of ESRGAN+ (arXiv:2001.08073, Fig. 3) in the dense blocks: a 1x1 convolution from the
            input to the second features, and from these to the fourth.
    Shape:
        (B, channels, H, W) -> the same.
    """

    def __init__(
        self,
        channels: int,
        growth: int | None = None,
        beta: float = 0.2,
        norm: Norm = nn.Identity,
        initialization: float = 0.1,
        plus: bool = False,
    ) -> None:
        super().__init__()
        growth = max(1, channels // 2) if growth is None else growth
        self.body = nn.Sequential(*(DenseBlock(channels, growth, beta, norm, initialization, plus) for _ in range(3)))
        self.beta = beta

    def forward(self, features: Tensor) -> Tensor:
        return features + self.beta * self.body(features)

    def extra_repr(self) -> str:
        return f"beta={self.beta}"
