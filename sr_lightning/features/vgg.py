"""The features that perceptual losses compare."""

from collections import OrderedDict
from collections.abc import Collection
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sr_lightning.features import pretrained

CONVOLUTIONS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}  # depth of the network -> in each stage
WIDTHS = (64, 128, 256, 512, 512)  # features of each stage
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's RGB in [0, 1]


class VGG(nn.Sequential):
    """VGG16 or VGG19 up to the deepest layer that is asked for.

    Layers are named by stage and position: ``conv5_4`` is the fourth convolution before the fifth pooling, before its
    activation, ``relu5_4`` the same after its activation, ``pool5`` the pooling.

    Under autocast the first convolutions stay in float32. In half precision the image itself would be rounded, by as
    much as two images differ where they are smooth, and the gradient of their distance would point elsewhere.

    Source:
        Simonyan & Zisserman 2014, arXiv:1409.1556, table 1, D (16) and E (19).
    Args:
        layers: names of the layers to return.
        weights: file of weights; by default those of ImageNet, out of PyTorch's model zoo.
        depth: 16 or 19.
        normalise: subtract ImageNet's mean and divide by its deviation first.
        ceil_mode: pooling keeps an odd last row and column.
        float32: number of convolutions, from the first on, that autocast does not touch.
    Attributes:
        smallest: height and width from which on every layer has a feature.
    Shape:
        (B, C, H, W) in [0, 1] -> name -> (B, width, H / 2^n, W / 2^n) for each layer, n poolings before it.
    Raises:
        ValueError: another depth, no layers, or a name that is not a layer's.
        InputError: no weights to be had, or not this network's.
    """

    conv1_1: nn.Conv2d
    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        layers: Collection[str],
        weights: str | Path | None = None,
        depth: int = 19,
        normalise: bool = True,
        ceil_mode: bool = False,
        float32: int = 2,
    ) -> None:
        names = layer_names(depth)
        unknown = [name for name in layers if name not in names]
        if unknown or not layers:
            asked = f"got {unknown[0]!r}" if unknown else "none is given"
            raise ValueError(f"layers of VGG{depth} are conv1_1, relu1_1, conv1_2 … to {names[-1]}; {asked}")
        deepest = max(map(names.index, layers))
        super().__init__(OrderedDict((name, build(name, ceil_mode)) for name in names[: deepest + 1]))
        source = pretrained.imagenet(depth) if weights is None else weights
        shapes = {name: tuple(value.shape) for name, value in self.state_dict().items()}
        self.load_state_dict(pretrained.read(source, names, shapes), assign=True)
        mean, deviation = (MEAN, DEVIATION) if normalise else ((0.0,) * 3, (1.0,) * 3)
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation).view(3, 1, 1), persistent=False)
        self.layers = frozenset(layers)
        self.float32 = frozenset([name for name in names if name.startswith("conv")][:float32])
        poolings = sum(name.startswith("pool") for name in names[: deepest + 1])
        self.smallest = 1 if ceil_mode else 2**poolings

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        x = (three_channels(image) - self.mean) / self.deviation
        features = {}
        for name, layer in self.named_children():
            with torch.autocast(x.device.type, enabled=False) if name in self.float32 else nullcontext():
                x = convolve_image(self.conv1_1, x) if name == "conv1_1" else layer(x)
            if name in self.layers:
                features[name] = x
        return features


def layer_names(depth: int) -> list[str]:
    """All layers of the network's convolutional part, in their order."""
    if depth not in CONVOLUTIONS:
        raise ValueError(f"depth of VGG must be 16 or 19, got {depth}")
    names = []
    for stage, count in enumerate(CONVOLUTIONS[depth], start=1):
        names += [f"{kind}{stage}_{i}" for i in range(1, count + 1) for kind in ("conv", "relu")] + [f"pool{stage}"]
    return names


def build(name: str, ceil_mode: bool) -> nn.Module:
    """The layer of that name; its weights are still to come."""
    if name.startswith("relu"):
        return nn.ReLU()  # not in place: the features before it are wanted too
    if name.startswith("pool"):
        return nn.MaxPool2d(2, ceil_mode=ceil_mode)
    stage, position = map(int, name.removeprefix("conv").split("_"))
    width = WIDTHS[stage - 1]
    before = width if position > 1 else (3, *WIDTHS)[stage - 1]
    return nn.Conv2d(before, width, 3, padding=1, device="meta")  # draws no random numbers


def three_channels(image: Tensor) -> Tensor:
    """Grey is repeated; of more bands than three, the first three are taken.

    Raises:
        ValueError: two channels.
    """
    channels = image.shape[1]
    if channels == 2:
        raise ValueError(f"features need images of 1, 3 or more channels, got {tuple(image.shape)}")
    return image.expand(-1, 3, -1, -1) if channels == 1 else image[:, :3]


def convolve_image(layer: nn.Conv2d, image: Tensor) -> Tensor:
    """Apply the first convolution, without rounding of the image.

    GPUs round the inputs of float32 convolutions to TF32, with 10 bits after the leading one. A coarse and a fine part
    of the image, as channels of their own, both fit into that; so the image is exact to 18 bits.
    """
    coarse = image.detach().bfloat16().to(image.dtype)
    parts = torch.cat([coarse, image - coarse], dim=1)
    return F.conv2d(parts, layer.weight.repeat(1, 2, 1, 1), layer.bias, padding=1)
