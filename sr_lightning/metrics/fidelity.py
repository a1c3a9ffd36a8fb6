"""PSNR and SSIM by the protocol of super-resolution papers: 8 bits, Y, border removed, image by image."""

from torch import Tensor

from sr_lightning.metrics.base import ImageMetric
from sr_lightning.metrics.gaussian_window import local_mean


class PSNR(ImageMetric):
    """Peak signal-to-noise ratio in dB, 10·log10(255² / MSE), of Y unless ``space=rgb``.

    At most 100 dB, which equal images reach: one perfect image must not turn the mean to infinity.
    """

    higher_is_better = True

    def measure(self, sr: Tensor, hr: Tensor) -> Tensor:
        sr, hr = self.prepare(sr, hr)
        error = (sr - hr).square().mean((1, 2, 3))
        return (-10 * error.log10()).clamp(max=100)


class SSIM(ImageMetric):
    """Structural similarity, Wang et al. 2004 ("Image quality assessment: from error visibility to structural
    similarity"), of Y unless ``space=rgb``.

    As its authors' program computes it: an 11x11 Gaussian window of sigma 1.5, K1 = 0.01, K2 = 0.03, only where the
    window lies inside the image. After the border is removed, 11 pixels a side must be left.
    """

    higher_is_better = True

    def measure(self, sr: Tensor, hr: Tensor) -> Tensor:
        sr, hr = self.prepare(sr, hr)
        height, width = sr.shape[-2:]
        if min(height, width) < 11:
            raise ValueError(f"SSIM needs 11x11 pixels, got {height}x{width} after a border of {self.border}")
        return similarity(sr, hr).mean((1, 2, 3))


def similarity(x: Tensor, y: Tensor) -> Tensor:
    """The map of SSIM (eq. 13) wherever its window fits: (B, C, H, W) in [0, 1] to (B, C, H - 10, W - 10)."""
    x_mean, y_mean, x_square, y_square, product = (local_mean(z, 11, 1.5) for z in (x, y, x * x, y * y, x * y))
    x_variance, y_variance = x_square - x_mean**2, y_square - y_mean**2
    covariance = product - x_mean * y_mean
    c1, c2 = 0.01**2, 0.03**2
    structure = (2 * covariance + c2) / (x_variance + y_variance + c2)
    return structure * (2 * x_mean * y_mean + c1) / (x_mean**2 + y_mean**2 + c1)
