"""AlexNet, the backbone of LPIPS."""

from collections import OrderedDict
from collections.abc import Collection
from pathlib import Path

import torch
from torch import Tensor, nn

from sr_lightning.features import pretrained
from sr_lightning.features.vgg import DEVIATION, MEAN, three_channels

LAYERS = ("relu1", "relu2", "relu3", "relu4", "relu5")


class AlexNet(nn.Sequential):
    """The convolutions of AlexNet up to the fifth ReLU, with ImageNet weights that ship with the package.

    Source:
        Krizhevsky 2014, arXiv:1404.5997, the variant with one column of 64 to 384 features, as in torchvision.
    Args:
        layers: names of the activations to return, ``relu1`` to ``relu5``.
        weights: file of weights in torchvision's layout; by default those in the package.
    Attributes:
        smallest: smallest height and width for which every layer has an output.
    Shape:
        (B, C, H, W) in [0, 1] -> name -> (B, width, h, w) for each layer.
    Raises:
        ValueError: an unknown layer.
        InputError: the file does not hold this network's weights.
    """

    mean: Tensor
    deviation: Tensor
    smallest = 31

    def __init__(self, layers: Collection[str], weights: str | Path | None = None) -> None:
        unknown = [name for name in layers if name not in LAYERS]
        if unknown:
            raise ValueError(f"layers of AlexNet are {', '.join(LAYERS)}; got {unknown[0]!r}")
        with torch.device("meta"):  # draws no random numbers
            modules: dict[str, nn.Module] = {
                "conv1": nn.Conv2d(3, 64, 11, stride=4, padding=2),
                "relu1": nn.ReLU(),
                "pool1": nn.MaxPool2d(3, 2),
                "conv2": nn.Conv2d(64, 192, 5, padding=2),
                "relu2": nn.ReLU(),
                "pool2": nn.MaxPool2d(3, 2),
                "conv3": nn.Conv2d(192, 384, 3, padding=1),
                "relu3": nn.ReLU(),
                "conv4": nn.Conv2d(384, 256, 3, padding=1),
                "relu4": nn.ReLU(),
                "conv5": nn.Conv2d(256, 256, 3, padding=1),
                "relu5": nn.ReLU(),
            }
        super().__init__(OrderedDict(modules))
        source = pretrained.ALEXNET if weights is None else weights
        shapes = {name: tuple(value.shape) for name, value in self.state_dict().items()}
        self.load_state_dict(pretrained.read(source, list(modules), shapes), assign=True)
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(3, 1, 1), persistent=False)
        self.layers = frozenset(layers)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        x = (three_channels(image) - self.mean) / self.deviation
        features = {}
        for name, layer in self.named_children():
            x = layer(x)
            if name in self.layers:
                features[name] = x
        return features
