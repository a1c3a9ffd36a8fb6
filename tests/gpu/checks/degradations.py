"""Low resolution made on the device: that of the CPU where it is not noise, and noise by its law."""

import torch

from tests.benchmarks.degradation import records_of, second_order
from tests.benchmarks.timing import default_device
from tests.gpu.checks.samples import bicubic_lr, crops, psnr
from tests.gpu.checks.waiting import without_waiting
from tests.gpu.settings import Settings
from tests.gpu.stage import Row, at_least, at_most, holds

LEVELS = 255


def bicubic(settings: Settings) -> list[Row]:
    """Rounded to 8 bits, so that one level is the least difference there can be."""
    _, hr = crops(settings)
    expected, found = bicubic_lr(hr), bicubic_lr(hr.to(default_device())).cpu()
    difference = float((found - expected).abs().max() * LEVELS)
    return [at_most("bicubic against the CPU, largest difference in levels", difference, 1.01)]


def stages(settings: Settings) -> list[Row]:
    """Everything but noise against the CPU; and noise that is the same again."""
    device, (_, hr) = default_device(), crops(settings)
    degradation = second_order()
    records = records_of(degradation, 0, len(hr))
    again = [degradation(hr.to(device), records) for _ in range(2)]
    for record in records:
        record["noise"] = record["second_noise"] = None
    expected, found = degradation(hr, records), degradation(hr.to(device), records).cpu()
    worst = min(psnr(a, b) for a, b in zip(found, expected, strict=True))
    return [
        at_least("second_order without noise against the CPU, PSNR in dB of the worst sample", worst, 40),
        holds("second_order with the same draws is the same again", torch.equal(*again)),
    ]


def noise(settings: Settings) -> list[Row]:
    """Deviation of Gaussian and Poisson noise on a gray area: sigma, and scale times the root of light over peak."""
    stage, side = second_order().chain.stages["noise"], 64 if settings.small else 256
    area = torch.full((3, side, side), 0.5, device=default_device())
    light = round(0.5 * LEVELS) / LEVELS  # one level only: Real-ESRGAN's peak is 1
    expected = {"gaussian": (10.0, 10.0), "poisson": (0.05, 0.05 * light**0.5 * LEVELS)}
    rows = []
    for kind, (strength, deviation) in expected.items():
        record = {"kind": kind, "strength": strength, "gray": False, "key": 1}
        found = float(stage.apply(area, record, (side, side)).std() * LEVELS)
        limit = 0.05 if settings.small else 0.02
        rows.append(at_most(f"deviation of {kind} noise, relative error", abs(found / deviation - 1), limit))
    return rows


def waiting(settings: Settings) -> list[Row]:
    """A second batch does not make the program wait for the device."""
    device, (_, hr) = default_device(), crops(settings)
    degradation, there = second_order(), hr.to(device)
    records = records_of(degradation, 0, len(hr))
    degradation(there, records)
    return [without_waiting("second_order does not wait for the device", lambda: degradation(there, records), device)]
