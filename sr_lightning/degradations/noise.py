"""Sensor noise: Gaussian, with uniform strength, and Poisson, which grows with brightness."""

from collections.abc import Sequence

import torch
from torch import Tensor

from sr_lightning.degradations import poisson_sampling
from sr_lightning.degradations.random_draws import Record, SampleRNG
from sr_lightning.degradations.stage import fraction, interval
from sr_lightning.ops.quantize import quantize


class Noise:
    """Add Gaussian or Poisson noise, gray or colored, with a strength drawn per sample.

    Args:
        probability: of adding noise to a sample.
        gaussian: share of Gaussian noise; the rest is Poisson noise.
        sigma: interval of standard deviations of Gaussian noise, in levels of 255.
        scale: interval of scale factors of Poisson noise.
        gray: share of noise that is identical in all channels.
    Raises:
        ValueError: an invalid setting.
    """

    def __init__(
        self, probability: float, gaussian: float, sigma: Sequence[float], scale: Sequence[float], gray: float
    ) -> None:
        self.probability = fraction("probability", probability)
        self.gaussian = fraction("gaussian", gaussian)
        self.sigma = interval("sigma", sigma, 0)
        self.scale = interval("scale", scale, 0)
        self.gray = fraction("gray", gray)

    def draw(self, rng: SampleRNG) -> Record | None:
        """Draw kind, strength and color of the noise, and the seed of its values."""
        if not rng.chance(self.probability):
            return None
        kind = "gaussian" if rng.chance(self.gaussian) else "poisson"
        strength = rng.uniform(self.sigma if kind == "gaussian" else self.scale)
        return {"kind": kind, "strength": strength, "gray": rng.chance(self.gray), "key": rng.noise_seed()}

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        """Add noise and clamp to [0, 1]. Shape: (C, H, W) -> the same."""
        generator = torch.Generator(image.device).manual_seed(record["key"])
        noise = gaussian_noise if record["kind"] == "gaussian" else poisson_noise
        return (image + noise(image, record["strength"], record["gray"], generator)).clamp(0, 1)


def gaussian_noise(image: Tensor, sigma: float, gray: bool, generator: torch.Generator) -> Tensor:
    """Return noise of standard deviation ``sigma`` / 255. Shape: (C, H, W) -> (C, H, W), or (1, H, W) if gray."""
    shape = (1 if gray else len(image), *image.shape[-2:])
    return torch.randn(shape, generator=generator, device=image.device) * (sigma / 255)


def poisson_noise(image: Tensor, scale: float, gray: bool, generator: torch.Generator) -> Tensor:
    """Return ``scale`` times the photon counting error: at intensity x, its variance is scale² · x / peak.

    The peak is the number of distinct levels in the image, rounded up to a power of two, as in Real-ESRGAN's code.

    Shape:
        (C, H, W) in [0, 1] -> (C, H, W), or (1, H, W) if gray.
    """
    intensity = image.clamp(0, 1)
    if gray and len(image) > 1:
        from kornia.color import rgb_to_grayscale  # here because kornia is slow to import

        intensity = rgb_to_grayscale(intensity) if len(image) == 3 else intensity.mean(0, keepdim=True)
    level = quantize(intensity).mul(255).round().long()
    distinct = torch.zeros(256, device=image.device).index_fill(0, level.flatten(), 1).sum()
    bits = distinct.log2().ceil().long()
    counts = poisson_sampling.counts(level, bits, generator)
    return (counts / torch.exp2(bits.float()) - level / 255) * scale
