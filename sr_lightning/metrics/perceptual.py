"""LPIPS and DISTS: distances between features of networks trained on ImageNet."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
import torchmetrics
from torch import Tensor, nn
from torch.nn import functional as F

from sr_lightning.features import VGG, AlexNet, Frozen, pretrained
from sr_lightning.metrics.base import ImageMetric
from sr_lightning.ops.color import rgb
from sr_lightning.system import tensor_files

ALEXNET_LAYERS = ("relu1", "relu2", "relu3", "relu4", "relu5")
VGG16_LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
LEARNED = Path(torchmetrics.__file__).parent / "functional" / "image"  # the published weights ship with torchmetrics


class PerceptualMetric(ImageMetric):
    """A distance between the features of two RGB images; lower is better.

    The network is excluded from checkpoints, optimizers and DDP, and runs in float32.

    Args:
        network: maps two batches (B, 3, H, W) in [0, 1] to B distances; its attribute ``smallest`` is the minimum
            height and width.
        border: pixels removed on each side before measuring; the papers remove none.

    Raises:
        ValueError: an image is too small for the network.
    """

    digits = 4
    higher_is_better = False

    def __init__(self, network: nn.Module, border: int = 0) -> None:
        super().__init__(border, space=rgb)
        self.smallest = int(getattr(network, "smallest", 1))
        self.network = Frozen(network)

    @torch.no_grad()
    def measure(self, sr: Tensor, hr: Tensor) -> Tensor:
        sr, hr = self.prepare(sr, hr)
        height, width = sr.shape[-2:]
        if min(height, width) < self.smallest:
            raise ValueError(
                f"{type(self).__name__} needs {self.smallest}x{self.smallest} pixels, got {width}x{height} after a "
                f"border of {self.border}"
            )
        with torch.autocast(sr.device.type, enabled=False):
            distances: Tensor = self.network(sr.float(), hr.float())
        return distances


class LPIPS(PerceptualMetric):
    """Zhang et al. 2018, "The unreasonable effectiveness of deep features as a perceptual metric", arXiv:1801.03924.

    Version 0.1, with the authors' linear weights; 0 for equal images. Values of different backbones are not comparable.

    Args:
        network: "alex", whose weights ship with the package, or "vgg", whose weights are downloaded once (553 MB).
        weights: file of the backbone's ImageNet weights in torchvision's layout, instead of the default.
        border: pixels removed on each side before measuring; the paper removes none.

    Raises:
        InputError: the weights cannot be downloaded, or the file does not hold them.
        ValueError: an unknown network.
    """

    title = "LPIPS"

    @classmethod
    def label(cls, **options: Any) -> str:
        return "LPIPS (VGG)" if options.get("network") == "vgg" else cls.title

    def __init__(
        self, network: Literal["alex", "vgg"] = "alex", weights: str | Path | None = None, border: int = 0
    ) -> None:
        if network not in ("alex", "vgg"):
            raise ValueError(f'network of LPIPS must be "alex" or "vgg", got {network!r}')
        linear = tensor_files.read(LEARNED / "lpips_models" / f"{network}.pth")
        factors = [linear[f"lin{i}.model.1.weight"] for i in range(5)]
        if network == "alex":
            features: VGG | AlexNet = AlexNet(ALEXNET_LAYERS, weights)
            layers = ALEXNET_LAYERS
        else:
            features = VGG(VGG16_LAYERS, weights or pretrained.imagenet(16, "metrics.lpips_vgg.weights"), depth=16)
            layers = VGG16_LAYERS
        super().__init__(LearnedDistance(features, dict(zip(layers, factors, strict=True))), border)


class LearnedDistance(nn.Module):
    """LPIPS, eq. 1: weighted squared differences of features of unit length, averaged over space, summed over layers.

    Args:
        features: feature extractor, image -> layer name -> features.
        factors: layer name -> channel weights, (1, C, 1, 1).
    Shape:
        two of (B, 3, H, W) in [0, 1] -> (B,).
    """

    def __init__(self, features: VGG | AlexNet, factors: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.features = features
        self.factors = nn.ParameterDict(factors)
        self.smallest = features.smallest

    def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
        of_sr, of_hr = self.features(sr), self.features(hr)
        distances = []
        for name, factor in self.factors.items():
            difference = F.normalize(of_sr[name], eps=1e-10) - F.normalize(of_hr[name], eps=1e-10)
            distances.append(F.conv2d(difference.square(), factor).mean((1, 2, 3)))
        return torch.stack(distances).sum(0)


class DISTS(PerceptualMetric):
    """Ding et al. 2020, "Image quality assessment: unifying structure and texture similarity", arXiv:2004.07728.

    Measured at full resolution, whereas the authors' program first resizes images to 256 pixels; 0 for equal images.

    Args:
        weights: file of VGG16's ImageNet weights in torchvision's layout; by default they are downloaded once (553 MB).
        border: pixels removed on each side before measuring; the paper removes none.

    Raises:
        InputError: the weights cannot be downloaded, or the file does not hold them.
    """

    title = "DISTS"

    def __init__(self, weights: str | Path | None = None, border: int = 0) -> None:
        features = VGG(VGG16_LAYERS, weights or pretrained.imagenet(16, "metrics.dists.weights"), depth=16)
        learned = tensor_files.read(LEARNED / "dists_models" / "weights.pt")
        super().__init__(StructureAndTexture(features, learned["alpha"], learned["beta"]), border)


class StructureAndTexture(nn.Module):
    """DISTS, eq. 2 and 5 to 7: similarity of means and correlations of the image and its VGG16 features.

    Args:
        features: VGG16; its max pooling is replaced by L2 pooling.
        alpha: weight of each channel's mean, (1, C, 1, 1) for all channels of the image and the layers.
        beta: weight of each channel's correlation, of the same shape.
    Shape:
        two of (B, 3, H, W) in [0, 1] -> (B,).
    """

    def __init__(self, features: VGG, alpha: Tensor, beta: Tensor) -> None:
        super().__init__()
        for stage in range(1, 5):
            features.add_module(f"pool{stage}", L2Pool())  # replaces the max pooling of that name
        self.features = features
        total = alpha.sum() + beta.sum()
        self.alpha, self.beta = nn.Parameter(alpha.flatten() / total), nn.Parameter(beta.flatten() / total)

    def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
        of_sr, of_hr = self.features(sr), self.features(hr)
        pairs = [(sr, hr), *((of_sr[name], of_hr[name]) for name in VGG16_LAYERS)]
        means, correlations = zip(*(similarities(x, y) for x, y in pairs), strict=True)
        return 1 - torch.cat(means, 1) @ self.alpha - torch.cat(correlations, 1) @ self.beta


def similarities(x: Tensor, y: Tensor, c: float = 1e-6) -> tuple[Tensor, Tensor]:
    """Return the similarity of the channel means (eq. 5) and of the structure (eq. 6).

    Shape:
        two of (B, C, H, W) -> two of (B, C)
    """
    x_mean, y_mean = x.mean((2, 3)), y.mean((2, 3))
    x, y = x - x_mean[..., None, None], y - y_mean[..., None, None]
    texture = (2 * x_mean * y_mean + c) / (x_mean**2 + y_mean**2 + c)
    covariance, variances = (x * y).mean((2, 3)), (x * x + y * y).mean((2, 3))
    return texture, (2 * covariance + c) / (variances + c)


class L2Pool(nn.Module):
    """L2 pooling: square, blur with a 3x3 Hann window and stride 2, square root (DISTS, eq. 3).

    Shape:
        (B, C, H, W) -> (B, C, ceil(H / 2), ceil(W / 2))
    """

    window: Tensor

    def __init__(self) -> None:
        super().__init__()
        window = torch.hann_window(5, periodic=False)[1:-1]
        window = torch.outer(window, window)
        self.register_buffer("window", window / window.sum(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        window = self.window.expand(x.shape[1], 1, 3, 3)
        blurred = F.conv2d(x.square(), window, stride=2, padding=1, groups=x.shape[1])
        return (blurred + 1e-12).sqrt()
