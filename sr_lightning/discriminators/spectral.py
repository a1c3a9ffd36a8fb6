"""Convolution with spectral normalization."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class SpectralConv2d(nn.Conv2d):
    """Convolution without bias whose weight is divided by its largest singular value.

    The value is estimated by one power iteration per training pass, always in float32: autocast would compute the
    matrix-vector product in half precision on GPUs.

    Source:
        Miyato et al. 2018, "Spectral normalization for GANs", arXiv:1802.05957, algorithm 1.
    """

    left: Tensor  # (channels_out,)
    right: Tensor  # (channels_in * kernel * kernel,)

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> None:
        super().__init__(channels_in, channels_out, kernel, stride, padding=1, bias=False)
        self.register_buffer("left", F.normalize(torch.randn(channels_out), dim=0))
        self.register_buffer("right", torch.zeros(channels_in * kernel * kernel))
        for _ in range(15):  # a good initial estimate
            self.iterate()

    def forward(self, features: Tensor) -> Tensor:
        return F.conv2d(features, self.normalized(), stride=self.stride, padding=self.padding)

    def normalized(self) -> Tensor:
        """Return the weight over its largest singular value; gradients flow through both."""
        with torch.autocast(self.weight.device.type, enabled=False):
            if self.training:
                self.iterate()
            # copies, as the next pass changes the vectors before this one's gradient is computed
            return self.weight / (self.left.clone() @ self.weight.flatten(1) @ self.right.clone())

    @torch.no_grad()
    def iterate(self) -> None:
        """Update both singular vectors by one power iteration."""
        matrix = self.weight.flatten(1)
        self.right.copy_(F.normalize(matrix.T @ self.left, dim=0))
        self.left.copy_(F.normalize(matrix @ self.right, dim=0))
