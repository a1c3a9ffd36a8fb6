"""Standard deviation of the features from block to block."""

import torch
from torch import Tensor

from sr_lightning.generators.trunk import TrunkGenerator


@torch.no_grad()
def feature_deviations(generator: TrunkGenerator, lr: Tensor) -> list[float]:
    """Return the standard deviation of the features after the head and after each block of the trunk.

    Source:
        ESRGAN, arXiv:1809.00219, sec. 3.1: residual scaling keeps the training of deep networks stable.
    Shape:
        (B, C, h, w) -> 1 + depth numbers
    """
    features = generator.head(lr)
    deviations = [float(features.std())]
    for block in list(generator.trunk)[:-2]:  # the last convolution and norm follow the blocks
        features = block(features)
        deviations.append(float(features.std()))
    return deviations
