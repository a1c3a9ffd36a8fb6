"""Noise of sensors: Gaussian, whose strength is the same everywhere, and Poisson, which grows with the light."""

from collections.abc import Sequence

import torch
from torch import Tensor

from sr_lightning.degradations import poisson_sampling
from sr_lightning.degradations.random_draws import Dice, Record
from sr_lightning.degradations.stage import fraction, interval
from sr_lightning.ops.color import gray
from sr_lightning.ops.quantize import eight_bit


class Noise:
    """A kind, a strength, and grey or coloured, for each sample.

    Args:
        probability: that there is noise.
        gaussian: share of Gaussian noise; the others get Poisson noise.
        sigma: standard deviations of the Gaussian, in levels of 255.
        scale: factors of the Poisson noise.
        grey: share of noise that is the same in all channels.
    Raises:
        ValueError: a setting that is impossible.
    """

    def __init__(
        self, probability: float, gaussian: float, sigma: Sequence[float], scale: Sequence[float], grey: float
    ) -> None:
        self.probability = fraction("probability", probability)
        self.gaussian = fraction("gaussian", gaussian)
        self.sigma = interval("sigma", sigma, 0)
        self.scale = interval("scale", scale, 0)
        self.grey = fraction("grey", grey)

    def draw(self, dice: Dice) -> Record | None:
        if not dice.happens(self.probability):
            return None
        kind = "gaussian" if dice.happens(self.gaussian) else "poisson"
        strength = dice.uniform(self.sigma if kind == "gaussian" else self.scale)
        return {"kind": kind, "strength": strength, "grey": dice.happens(self.grey), "key": dice.noise_key()}

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        generator = torch.Generator(image.device).manual_seed(record["key"])
        noise = gaussian_noise if record["kind"] == "gaussian" else poisson_noise
        return (image + noise(image, record["strength"], record["grey"], generator)).clamp(0, 1)


def gaussian_noise(image: Tensor, sigma: float, grey: bool, generator: torch.Generator) -> Tensor:
    """Of standard deviation ``sigma`` / 255. Shape: (C, H, W) -> (C, H, W), or (1, H, W) for grey."""
    shape = (1 if grey else len(image), *image.shape[-2:])
    return torch.randn(shape, generator=generator, device=image.device) * (sigma / 255)


def poisson_noise(image: Tensor, scale: float, grey: bool, generator: torch.Generator) -> Tensor:
    """``scale`` times the error of counting photons: at light x its variance is scale² · x / peak.

    The peak is the number of different levels in the image, rounded up to a power of two, as in Real-ESRGAN's code.

    Shape:
        (C, H, W) in [0, 1] -> (C, H, W), or (1, H, W) for grey.
    """
    light = image.clamp(0, 1)
    if grey and len(image) > 1:
        light = gray(light) if len(image) == 3 else light.mean(0, keepdim=True)
    level = eight_bit(light).mul(255).round().long()
    different = torch.zeros(256, device=image.device).index_fill(0, level.flatten(), 1).sum()
    bits = different.log2().ceil().long()
    counts = poisson_sampling.counts(level, bits, generator)
    return (counts / torch.exp2(bits.float()) - level / 255) * scale
