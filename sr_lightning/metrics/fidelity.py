"""PSNR and SSIM by the protocol of super-resolution papers: 8 bits, Y channel, border removed, per image."""

from typing import Any

from torch import Tensor

from sr_lightning.metrics.base import ImageMetric
from sr_lightning.metrics.gaussian_window import local_mean


class PSNR(ImageMetric):
    """Peak signal-to-noise ratio in dB, 10·log10(255² / MSE), of Y unless ``space=rgb``.

    At most 100 dB, the value of equal images, so that one perfect image does not make the mean infinite.

    Args:
        border: pixels removed on each side before measuring.
        space: color conversion before measuring, ``luma`` or ``rgb``.
    """

    title, unit, digits = "PSNR", "dB", 2
    higher_is_better = True

    @classmethod
    def label(cls, **options: Any) -> str:
        return with_space(cls.title, options)

    def measure(self, sr: Tensor, hr: Tensor) -> Tensor:
        sr, hr = self.prepare(sr, hr)
        error = (sr - hr).square().mean((1, 2, 3))
        return (-10 * error.log10()).clamp(max=100)


class SSIM(ImageMetric):
    """Structural similarity, Wang et al. 2004 ("Image quality assessment: from error visibility to structural
    similarity"), of Y unless ``space=rgb``.

    As in the authors' program: 11x11 Gaussian window with sigma 1.5, K1 = 0.01, K2 = 0.03, windows inside the image
    only; 1 for equal images.

    Args:
        border: pixels removed on each side before measuring.
        space: color conversion before measuring, ``luma`` or ``rgb``.

    Raises:
        ValueError: fewer than 11x11 pixels remain after the border is removed.
    """

    title, digits = "SSIM", 4
    higher_is_better = True

    @classmethod
    def label(cls, **options: Any) -> str:
        return with_space(cls.title, options)

    def measure(self, sr: Tensor, hr: Tensor) -> Tensor:
        sr, hr = self.prepare(sr, hr)
        height, width = sr.shape[-2:]
        if min(height, width) < 11:
            raise ValueError(f"SSIM needs 11x11 pixels, got {width}x{height} after a border of {self.border}")
        return similarity(sr, hr).mean((1, 2, 3))


def similarity(x: Tensor, y: Tensor) -> Tensor:
    """Return the SSIM map (eq. 13) of valid windows. Shape: (B, C, H, W) in [0, 1] -> (B, C, H - 10, W - 10)."""
    x_mean, y_mean, x_square, y_square, product = (local_mean(z, 11, 1.5) for z in (x, y, x * x, y * y, x * y))
    x_variance, y_variance = x_square - x_mean**2, y_square - y_mean**2
    covariance = product - x_mean * y_mean
    c1, c2 = 0.01**2, 0.03**2
    structure = (2 * covariance + c2) / (x_variance + y_variance + c2)
    return structure * (2 * x_mean * y_mean + c1) / (x_mean**2 + y_mean**2 + c1)


def with_space(title: str, options: dict[str, Any]) -> str:
    """Return the title with the measured channels: ``-Y`` by default, none for another color space."""
    return title if options.get("space") else f"{title}-Y"
