"""Degradations on the device: equal to the CPU's except for noise, which has the right distribution."""

import torch

from tests.benchmarks.degradation import records_of, second_order
from tests.benchmarks.timing import default_device
from tests.gpu.checks.samples import bicubic_lr, crops, psnr
from tests.gpu.checks.waiting import without_waiting
from tests.gpu.settings import Settings
from tests.gpu.stage import Row, at_least, at_most, holds

LEVELS = 255


def bicubic(settings: Settings) -> list[Row]:
    """Compare bicubic LR with the CPU's; rounded to 8 bits, they may differ by one level."""
    _, hr = crops(settings)
    expected, found = bicubic_lr(hr), bicubic_lr(hr.to(default_device())).cpu()
    difference = float((found - expected).abs().max() * LEVELS)
    return [at_most("bicubic against the CPU, largest difference in levels", difference, 1.01)]


def stages(settings: Settings) -> list[Row]:
    """Compare all stages except noise with the CPU, and check that noise is reproducible."""
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
    """Check the standard deviation of Gaussian noise, sigma, and of Poisson noise, scale · √(light / peak), on gray."""
    stage, side = second_order().chain.stages["noise"], 64 if settings.small else 256
    area = torch.full((3, side, side), 0.5, device=default_device())
    light = round(0.5 * LEVELS) / LEVELS  # a single gray level, for which Real-ESRGAN's peak is 1
    expected = {"gaussian": (10.0, 10.0), "poisson": (0.05, 0.05 * light**0.5 * LEVELS)}
    rows = []
    for kind, (strength, deviation) in expected.items():
        record = {"kind": kind, "strength": strength, "gray": False, "key": 1}
        found = float(stage.apply(area, record, (side, side)).std() * LEVELS)
        limit = 0.05 if settings.small else 0.02
        rows.append(at_most(f"deviation of {kind} noise, relative error", abs(found / deviation - 1), limit))
    return rows


def waiting(settings: Settings) -> list[Row]:
    """Check that a second batch does not wait for the device."""
    device, (_, hr) = default_device(), crops(settings)
    degradation, there = second_order(), hr.to(device)
    records = records_of(degradation, 0, len(hr))
    degradation(there, records)
    return [without_waiting("second_order does not wait for the device", lambda: degradation(there, records), device)]
