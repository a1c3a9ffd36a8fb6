"""Float32 as on the CPU, bfloat16 close to it, compiled generators equal to eager ones."""

import copy

import torch

from sr_lightning.system.hardware import bfloat16_is_fast
from tests.benchmarks.timing import default_device
from tests.gpu.checks.samples import crops, error, gradients, network, worst
from tests.gpu.device import exact_float32
from tests.gpu.settings import Settings
from tests.gpu.stage import Row, at_most

MODELS = ("srresnet", "esrgan")
WORST = "relative error of the worst weight"


def float32(settings: Settings) -> list[Row]:
    """Compare output and gradients with the CPU's."""
    device, (lr, hr), rows = default_device(), crops(settings), []
    with exact_float32():
        for model in MODELS:
            module = network(model, settings)
            with torch.no_grad():
                expected = copy.deepcopy(module.generator)(lr)
                found = copy.deepcopy(module.generator).to(device)(lr.to(device)).cpu()
            difference = float((found - expected).abs().max())
            rows.append(at_most(f"{model}: output in float32 against the CPU, largest difference", difference, 1e-4))
            difference = worst(gradients(module, lr.to(device), hr.to(device)), gradients(module, lr, hr))
            rows.append(at_most(f"{model}: gradients in float32 against the CPU, {WORST}", difference, 1e-2))
    return rows


def bfloat16(settings: Settings) -> list[Row]:
    """Check that gradients under autocast equal those in float32 except for rounding."""
    device = default_device()
    lr, hr = (crop.to(device) for crop in crops(settings))
    computed = "yes" if bfloat16_is_fast(device.type) else "no: float32 is the default here"
    rows: list[Row] = [{"check": "bfloat16 is computed by the hardware", "value": computed}]
    for model in ("srresnet", "rrdb_psnr"):
        module = network(model, settings)
        with exact_float32():
            expected = gradients(module, lr, hr)
        difference = worst(gradients(module, lr, hr, torch.bfloat16), expected)
        rows.append(at_most(f"{model}: gradients in bfloat16 against float32, {WORST}", difference, 0.1))
    return rows


def compiled(settings: Settings) -> list[Row]:
    """Compare gradients with a compiled generator, alone and with a discriminator, in float32 and bfloat16."""
    backend, device, rows = "aot_eager" if settings.small else "inductor", default_device(), []
    lr, hr = (crop.to(device) for crop in crops(settings))
    for model in MODELS:
        module, title = network(model, settings, "generator.depth=1"), f"{model}: gradients compiled by {backend}"
        with exact_float32():
            expected = gradients(module, lr, hr)
            difference = worst(gradients(module, lr, hr, backend=backend), expected)
        rows.append(at_most(f"{title} in float32 against eager, {WORST}", difference, 1e-2))
        if not settings.small:  # compiled again, which takes as long as before
            eager, faster = (error(gradients(module, lr, hr, torch.bfloat16, way), expected) for way in (None, backend))
            rows.append(at_most(f"{title} in bfloat16, error in errors of eager bfloat16", faster / eager, 1.5))
    return rows
