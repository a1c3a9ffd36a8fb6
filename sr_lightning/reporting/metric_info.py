"""What is measured, as a reader wants it told: name, unit, direction, digits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hydra.utils import get_class


@dataclass(frozen=True)
class Measure:
    """
    Args:
        key: in configurations and files.
        title: with its unit.
        better: which values are; None where nobody can say.
        digits: after the point.
    """

    key: str
    title: str
    better: Literal["higher", "lower"] | None
    digits: int


KNOWN = {
    "psnr_y": ("PSNR-Y (dB)", 2),
    "ssim_y": ("SSIM-Y", 4),
    "lpips": ("LPIPS", 4),
    "lpips_vgg": ("LPIPS (VGG)", 4),
    "dists": ("DISTS", 4),
    "niqe": ("NIQE", 2),
    "lr_consistency": ("LR consistency (dB)", 2),
    "colour_shift": ("Colour shift (of\u00a0255)", 2),
}
RMSE = Measure("rmse_y", "RMSE-Y (of\u00a0255)", "lower", 2)
"""Root of the mean squared error of an image's Y; no metric of training, but PSNR in another unit, `rmse`."""
GAP = Measure("batch_statistics_gap", "Batch norm gap (of\u00a0255)", "lower", 2)
"""Of `callbacks.BatchStatistics`: logged by validations, and so a mean over images alone."""
PERCEPTUAL = ("lpips", "lpips_vgg", "dists", "niqe")
"""What stands against PSNR in the perception–distortion plane: the first of them that was measured."""


OWN = {measure.key: measure for measure in (RMSE, GAP)}


def rmse(psnr: float) -> float:
    """Of one image, in levels of 255, from its PSNR in dB."""
    return 255 * 10 ** (-psnr / 20)


def measures(keys: Iterable[str], metrics: Mapping[str, Any]) -> list[Measure]:
    """The metrics with these keys; their classes say in which direction they are better.

    Args:
        metrics: as configurations have them, key -> ``{_target_: CLASS, …}``.
    """
    found = []
    for key in keys:
        title, digits = KNOWN.get(key, (key, 3))
        found.append(OWN.get(key) or Measure(key, title, direction(metrics.get(key)), digits))
    return found


def direction(metric: Any) -> Literal["higher", "lower"] | None:
    """Which values of a configured metric are better; None for a class that does not say or is not here."""
    try:
        higher = get_class(metric["_target_"]).higher_is_better  # type: ignore[attr-defined]
    except (TypeError, KeyError, ImportError, ValueError, AttributeError):
        return None
    return {True: "higher", False: "lower"}.get(higher)  # type: ignore[return-value]
