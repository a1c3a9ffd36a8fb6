"""Perceptual loss: a distance between features of a pretrained network."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from sr_lightning.features.frozen import Frozen
from sr_lightning.ops.value_range import require_floating


class Perceptual(nn.Module):
    """Weighted sum of distances between features of sr and of hr.

    The features are computed in the precision around them, but for the layers that their network keeps in float32;
    their distance is computed in float32.

    Source:
        Johnson et al. 2016, arXiv:1603.08155; SRGAN, arXiv:1609.04802, eq. 5, after activation; ESRGAN,
        arXiv:1809.00219, sec. 3.3, before activation.
    Args:
        network: builds, from the names of layers and the weights, what returns these layers' features by name.
        layers: name -> factor of its distance.
        distance: of two feature maps.
        weights: file of the network's weights; by default the network's own choice.
    Attributes:
        smallest: height and width of images, as the network's attribute of that name says.
    Shape:
        two batches (B, C, H, W) in [0, 1] -> scalar.
    Raises:
        ValueError: a layer that the network does not have, or images that are not floating point.
        InputError: weights that cannot be had or are another network's.
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
