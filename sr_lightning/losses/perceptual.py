"""Perceptual loss: a distance between features of a pretrained network."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from sr_lightning.features.frozen import Frozen
from sr_lightning.ops.value_range import require_floating


class Perceptual(nn.Module):
    """Weighted sum of distances between features of sr and of hr.

    Features are computed in the surrounding precision, except for layers that the network keeps in float32; distances
    are computed in float32.

    Source:
        Johnson et al. 2016, arXiv:1603.08155; SRGAN, arXiv:1609.04802, eq. 5, after activation; ESRGAN,
        arXiv:1809.00219, sec. 3.3, before activation.
    Args:
        network: builds a network from layer names and weights, which returns the features of these layers by name.
        layers: name -> weight of its distance.
        distance: maps two feature maps to a scalar.
        weights: file of the network's weights; None: the network's default.
    Attributes:
        smallest: minimum height and width of images; 1 if the network has no such attribute.
    Shape:
        sr and hr (B, C, H, W) in [0, 1] -> float32 scalar.
    Raises:
        ValueError: a layer that the network does not have, or images that are not floating point.
        InputError: weights that cannot be downloaded or read, or belong to another network.
    Example:
        >>> loss = Perceptual(VGG, {"conv5_4": 1}, nn.L1Loss())
    """

    def __init__(
        self,
        network: Callable[[Collection[str], str | Path | None], nn.Module],
        layers: Mapping[str, float],
        distance: Callable[[Tensor, Tensor], Tensor],
        weights: str | Path | None = None,
    ) -> None:
        super().__init__()
        self.layers = dict(layers)
        features = network(list(layers), weights)
        self.features = Frozen(features)
        self.smallest = getattr(features, "smallest", 1)
        self.distance = distance

    def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
        require_floating(sr, "sr")
        require_floating(hr, "hr")
        with torch.no_grad():
            targets = self.features(hr)
        features = self.features(sr)
        distances = [
            factor * self.distance(features[name].float(), targets[name].float())
            for name, factor in self.layers.items()
        ]
        return torch.stack(distances).sum()
