"""Real-ESRGAN's discriminator under the names of its published files."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm


class Published(nn.Module):
    """The U-Net discriminator under the names of its published files, with torch's spectral norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width, 8 * width, 4 * width, 2 * width, width, width, width]
        self.conv0 = nn.Conv2d(3, width, 3, padding=1)
        for number in range(1, 9):
            kernel, stride = (4, 2) if number < 4 else (3, 1)
            layer = nn.Conv2d(widths[number - 1], widths[number], kernel, stride, padding=1, bias=False)
            self.add_module(f"conv{number}", spectral_norm(layer))
        self.conv9 = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features, skips = F.leaky_relu(self.conv0(image), 0.2), []
        for number in range(1, 9):
            if number < 4:
                skips.append(features)
            elif number < 7:
                features = F.interpolate(features, scale_factor=2, mode="bilinear")
            features = F.leaky_relu(self.get_submodule(f"conv{number}")(features), 0.2)
            if 4 <= number < 7:
                features = features + skips.pop()
        return self.conv9(features)
