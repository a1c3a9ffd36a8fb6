"""Upscaling in tiles and in the default precision, and metrics, on the device."""

from collections.abc import Mapping

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import Tensor
from torchmetrics import Metric

from sr_lightning.cli.config import CONF
from sr_lightning.upscaling import Upscaler
from tests.benchmarks import upscale
from tests.benchmarks.timing import default_device
from tests.gpu.checks.samples import SCALE, bicubic_lr, network, photograph, psnr
from tests.gpu.device import exact_float32
from tests.gpu.settings import Settings
from tests.gpu.stage import Row, at_least, at_most

WHOLE, OVERLAP = 1024, 32  # in LR pixels: a tile of the full image, and an overlap above the receptive field


def tiles(settings: Settings) -> list[Row]:
    """Check that tiles equal the full image for a receptive field below the overlap."""
    generator = network("srresnet", settings, "norm=none", "generator.depth=1").generator
    lr = lr_image(settings)
    with exact_float32():
        full, tiled = (
            Upscaler(generator, precision="float32", tile=tile, overlap=OVERLAP)(lr)
            for tile in (WHOLE, 2 * OVERLAP + (4 if settings.small else 40))
        )
    return [at_most("tiles against the full image in float32, largest difference", difference(tiled, full), 1e-4)]


def precision(settings: Settings) -> list[Row]:
    """Compare the default precision of upscaling with float32 on the CPU."""
    generator = network("rrdb_psnr", settings).generator if settings.small else upscale.network()
    lr = lr_image(settings)[:, :64, :64]
    expected = Upscaler(generator, device="cpu", precision="float32", tile=WHOLE)(lr)
    found = Upscaler(generator, tile=WHOLE)(lr)
    with exact_float32():
        same = Upscaler(generator, precision="float32", tile=WHOLE)(lr)
    return [
        at_most("upscaling in float32 against the CPU, largest difference", difference(same, expected), 1e-3),
        at_least("upscaling by default against float32 on the CPU, PSNR in dB", psnr(found, expected), 40),
    ]


def metrics(settings: Settings) -> list[Row]:
    """Compare each metric of a bicubic enlargement with its value on the CPU."""
    hr = photograph()[None]
    sr = torch.nn.functional.interpolate(bicubic_lr(hr), scale_factor=SCALE, mode="bicubic").clamp(0, 1)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [f"metrics={'fidelity' if settings.small else 'full'}", "name=bench"])
    expected = values(instantiate(config.metrics), sr, hr, torch.device("cpu"))
    found = values(instantiate(config.metrics), sr, hr, default_device())
    return [
        at_most(f"{name} against the CPU, relative", abs(found[name] - value) / max(abs(value), 1e-6), 5e-3)
        for name, value in expected.items()
    ]


def values(metrics: Mapping[str, Metric], sr: Tensor, hr: Tensor, device: torch.device) -> dict[str, float]:
    """Return the value of each metric, computed on a device."""
    return {name: float(metric.to(device)(sr.to(device), hr.to(device))) for name, metric in metrics.items()}


def lr_image(settings: Settings) -> Tensor:
    """Return the photograph, or a small part of it, as LR image. Shape: (3, H, W)."""
    return photograph()[:, 60:150, 120:200] if settings.small else photograph()


def difference(found: Tensor, expected: Tensor) -> float:
    """Return the largest absolute difference."""
    return float((found - expected).abs().max())
