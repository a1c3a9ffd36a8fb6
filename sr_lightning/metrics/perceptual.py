"""LPIPS and DISTS: distances between features of networks that were trained to see; both need torchvision."""

from abc import abstractmethod
from collections.abc import Callable
from importlib.util import find_spec
from typing import Literal

import torch
from torch import Tensor, nn
from torchmetrics.functional.image.dists import DISTSNetwork
from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

from sr_lightning.errors import InputError
from sr_lightning.metrics.base import ImageMetric
from sr_lightning.ops.color import rgb


class PerceptualMetric(ImageMetric):
    """A distance between the features of two RGB images; lower is better.

    The network is kept from being a submodule: checkpoints do not hold it, optimizers and DDP do not see it. It follows
    the images to their device and computes in float32.

    Args:
        build: makes the network; torchvision downloads its ImageNet weights on first use.
        border: pixels removed on each side before measuring; the papers remove none.

    Raises:
        InputError: torchvision is not installed.
    """

    higher_is_better = False

    def __init__(self, build: Callable[[], nn.Module], border: int = 0) -> None:
        super().__init__(border, space=rgb)
        if find_spec("torchvision") is None:
            raise InputError(
                f"{type(self).__name__} needs torchvision, which is not installed: "
                "pip install 'sr_lightning[perceptual-metrics]'"
            )
        self._hidden = (build().eval().requires_grad_(False),)  # nn.Module does not look into a tuple

    @abstractmethod
    def distance(self, network: nn.Module, sr: Tensor, hr: Tensor) -> Tensor:
        """B distances between two batches in [0, 1], (B, 3, H, W) float32."""

    @torch.no_grad()
    def measure(self, sr: Tensor, hr: Tensor) -> Tensor:
        sr, hr = self.prepare(sr, hr)
        network = self._hidden[0].to(sr.device)
        with torch.autocast(sr.device.type, enabled=False):
            return self.distance(network, sr.float(), hr.float()).reshape(len(sr))


class LPIPS(PerceptualMetric):
    """Zhang et al. 2018, "The unreasonable effectiveness of deep features as a perceptual metric", arXiv:1801.03924.

    Values of different networks cannot be compared: a table says which one it is.

    Args:
        network: "alex", "vgg" or "squeeze".
        border: pixels removed on each side before measuring; the paper removes none.

    Raises:
        InputError: torchvision is not installed.
        ValueError: there is no such network.
    """

    def __init__(self, network: Literal["alex", "vgg", "squeeze"] = "alex", border: int = 0) -> None:
        if network not in ("alex", "vgg", "squeeze"):
            raise ValueError(f'network of LPIPS is "alex", "vgg" or "squeeze", got {network!r}')
        super().__init__(lambda: LearnedPerceptualImagePatchSimilarity(net_type=network).net, border)

    def distance(self, network: nn.Module, sr: Tensor, hr: Tensor) -> Tensor:
        return network(sr, hr, normalize=True)  # from [0, 1] to the [-1, 1] that it was trained on


class DISTS(PerceptualMetric):
    """Ding et al. 2020, "Image quality assessment: unifying structure and texture similarity", arXiv:2004.07728.

    Args:
        border: pixels removed on each side before measuring; the paper removes none.

    Raises:
        InputError: torchvision is not installed.
    """

    def __init__(self, border: int = 0) -> None:
        super().__init__(DISTSNetwork, border)

    def distance(self, network: nn.Module, sr: Tensor, hr: Tensor) -> Tensor:
        return network(sr, hr)
