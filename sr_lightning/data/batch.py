"""What reaches a network: pairs of low and high resolution in [0, 1]."""

from typing import Any, NamedTuple

from torch import Tensor, device, nn

from sr_lightning.degradations import FIXED, RandomDegradation


class Batch(NamedTuple):
    """lr (B, C, h, w) and hr (B, C, s*h, s*w) in [0, 1], and (B,) the numbers of the images they come from.

    A whole image also has its file's name.
    """

    lr: Tensor
    hr: Tensor
    image: Tensor
    name: str = ""


def to_batch(item: dict[str, Any], degradation: nn.Module) -> Batch:
    """uint8 images, lr recorded or not -> a batch in [0, 1].

    A fixed random degradation is computed on the CPU, as noise of one seed is another on each kind of device.
    """
    hr = item["hr"].float().div(255)
    if "lr" in item:
        lr = item["lr"].float().div(255)
    elif isinstance(degradation, RandomDegradation):
        keys = item["keys"]
        place = device("cpu") if any(key.stream == FIXED for key in keys) else hr.device
        lr = degradation(hr.to(place), [degradation.draw(key) for key in keys])[0].to(hr.device)
    else:
        lr, hr = degradation(hr)
    return Batch(lr, hr, item["image"], item.get("name", ""))


class FixedBatches:
    """Whole images as batches; a random low resolution is made at the first look at an image, and kept in 8 bits.

    Args:
        degradation: hr batch -> (lr, hr), for images that have no recorded lr.
    """

    def __init__(self, degradation: nn.Module) -> None:
        self.degradation = degradation
        self.kept: dict[str, Tensor] = {}

    def __call__(self, item: dict[str, Any]) -> Batch:
        if "lr" in item or not isinstance(self.degradation, RandomDegradation):
            return to_batch(item, self.degradation)
        if item["name"] not in self.kept:
            self.kept[item["name"]] = to_batch(item, self.degradation).lr.mul(255).round().byte().cpu()
        return to_batch({**item, "lr": self.kept[item["name"]].to(item["hr"].device)}, self.degradation)
