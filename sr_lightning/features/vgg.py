"""VGG16 and VGG19 feature extractors."""

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
    """The convolutional part of VGG16 or VGG19, up to the deepest requested layer.

    Layers are named by stage and position: ``conv5_4`` is the fourth convolution before the fifth pooling, before its
    activation, ``relu5_4`` the same after its activation, ``pool5`` the pooling.

    Under autocast the first convolutions stay in float32: half precision would round the image by as much as two
    smooth images differ, and distort the gradient of their distance.

    Source:
        Simonyan & Zisserman 2014, arXiv:1409.1556, table 1, D (16) and E (19).
    Args:
        layers: names of the layers to return.
        weights: file of weights; by default ImageNet weights from PyTorch's model zoo.
        depth: 16 or 19.
        normalize: subtract ImageNet's mean and divide by its deviation first.
        ceil_mode: round sizes up in pooling.
        float32: number of leading convolutions that stay in float32 under autocast.
    Attributes:
        smallest: least height and width for which every layer has an output.
    Shape:
        (B, C, H, W) in [0, 1] -> name -> (B, width, H / 2^n, W / 2^n) for each layer, n poolings before it.
    Raises:
        ValueError: an unsupported depth, no layers, or an unknown layer.
        InputError: the weights cannot be downloaded, or belong to another network.
    """

    conv1_1: nn.Conv2d
    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        layers: Collection[str],
        weights: str | Path | None = None,
        depth: int = 19,
        normalize: bool = True,
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
        mean, deviation = (MEAN, DEVIATION) if normalize else ((0.0,) * 3, (1.0,) * 3)
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
    """Return the names of all layers of the convolutional part, in order."""
    if depth not in CONVOLUTIONS:
        raise ValueError(f"depth of VGG must be 16 or 19, got {depth}")
    names = []
    for stage, count in enumerate(CONVOLUTIONS[depth], start=1):
        names += [f"{kind}{stage}_{i}" for i in range(1, count + 1) for kind in ("conv", "relu")] + [f"pool{stage}"]
    return names


def build(name: str, ceil_mode: bool) -> nn.Module:
    """Build a layer by its name, without weights."""
    if name.startswith("relu"):
        return nn.ReLU()  # not in place: the features before activation may be requested
    if name.startswith("pool"):
        return nn.MaxPool2d(2, ceil_mode=ceil_mode)
    stage, position = map(int, name.removeprefix("conv").split("_"))
    width = WIDTHS[stage - 1]
    before = width if position > 1 else (3, *WIDTHS)[stage - 1]
    return nn.Conv2d(before, width, 3, padding=1, device="meta")  # draws no random numbers


def three_channels(image: Tensor) -> Tensor:
    """Repeat gray images to three channels, and select the first three of more.

    Raises:
        ValueError: two channels.
    """
    channels = image.shape[1]
    if channels == 2:
        raise ValueError(f"features need images of 1, 3 or more channels, got {tuple(image.shape)}")
    return image.expand(-1, 3, -1, -1) if channels == 1 else image[:, :3]


def convolve_image(layer: nn.Conv2d, image: Tensor) -> Tensor:
    """Apply the first convolution without rounding the image.

    GPUs round the inputs of float32 convolutions to TF32, which has 10 mantissa bits. The image is split into a coarse
    and a fine part in separate channels, each of which fits, so that it is exact to 18 bits.
    """
    coarse = image.detach().bfloat16().to(image.dtype)
    parts = torch.cat([coarse, image - coarse], dim=1)
    return F.conv2d(parts, layer.weight.repeat(1, 2, 1, 1), layer.bias, padding=1)
