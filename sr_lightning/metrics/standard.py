"""The metrics of `conf/metrics` by key, with the names, units and digits that their classes declare."""

from collections.abc import Mapping

from sr_lightning.metrics.consistency import ColorShift, LRConsistency
from sr_lightning.metrics.fidelity import PSNR, SSIM
from sr_lightning.metrics.info import MetricInfo
from sr_lightning.metrics.niqe import NIQE
from sr_lightning.metrics.perceptual import DISTS, LPIPS

STANDARD: Mapping[str, MetricInfo] = {
    info.key: info
    for info in (
        PSNR.info("psnr_y"),
        SSIM.info("ssim_y"),
        LPIPS.info("lpips"),
        LPIPS.info("lpips_vgg", network="vgg"),
        DISTS.info("dists"),
        NIQE.info("niqe"),
        LRConsistency.info("lr_consistency"),
        ColorShift.info("color_shift"),
    )
}

RENAMED = {"colour_shift": "color_shift"}
"""Keys in files of earlier versions -> keys of this one."""


def caption(scores: Mapping[str, float]) -> list[tuple[MetricInfo, str]]:
    """Return the two values that caption an image, with their metrics: the first of PSNR-Y, LPIPS and NIQE.

    Args:
        scores: metric -> value, for one image.
    """
    keys = [key for key in ("psnr_y", "lpips", "niqe") if key in scores][:2]
    return [(STANDARD[key], STANDARD[key].text(scores[key])) for key in keys]


def caption_text(scores: Mapping[str, float]) -> str:
    """Return `caption` as text, such as ``26.49 dB   LPIPS 0.1712``."""
    return "   ".join(text if info.unit else f"{info.title} {text}" for info, text in caption(scores))
