"""One step of ESRGAN, as published code does it and as this library does it.

The published way: float32, contiguous memory, the discriminator run five times (on real and fake for the generator's
loss; on fake, real and fake again for its own two), and every loss read back at once.
VGG19 has random weights here: they need no download, and a step takes the same time whatever they are.
"""

import copy
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import nn
from torch.nn import functional as F

from sr_lightning import tensor_files
from sr_lightning.command_line import CONF, quiet
from sr_lightning.losses.vgg import build, layer_names
from sr_lightning.modules import AdversarialRestorer
from sr_lightning.modules.fused import fuse

CROP, BATCH = 128, 4


def parts(overrides: list[str]) -> AdversarialRestorer:
    """The networks, losses and optimizers of model=esrgan."""
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder, initialize_config_dir(str(CONF), version_base="1.3"):
        weights = Path(folder, "vgg19.safetensors")
        tensor_files.write(weights, random_vgg19())
        config = compose("train", ["model=esrgan", f"perceptual.weights={weights}", "name=bench", *overrides])
        return instantiate(config.module)


def random_vgg19() -> dict[str, torch.Tensor]:
    """Weights in torchvision's layout that keep the features' variance."""
    found = {}
    for position, name in enumerate(layer_names(19)):
        layer = build(name, ceil_mode=False)
        if isinstance(layer, nn.Conv2d):
            weight = torch.empty(layer.weight.shape)
            nn.init.kaiming_normal_(weight)
            found |= {f"features.{position}.weight": weight, f"features.{position}.bias": torch.zeros(len(weight))}
    return found


def published(module: AdversarialRestorer, lr: torch.Tensor, hr: torch.Tensor) -> Callable[[], None]:
    """A step in two phases; halves and sums as in the relativistic loss of BasicSR."""
    generator, discriminator, weights = module.generator, module.discriminator, module.weights
    optimizers = [module.optimizer(network.parameters()) for network in (generator, discriminator)]

    def against(logits: torch.Tensor, real: bool) -> torch.Tensor:
        return F.softplus(-logits if real else logits).mean()

    def step() -> None:
        discriminator.requires_grad_(False)
        optimizers[0].zero_grad()
        sr = generator(lr)
        losses = module.objective.compare(sr, hr)
        real, fake = discriminator(hr).detach(), discriminator(sr)
        losses["adversarial"] = against(real - fake.mean(), False) + against(fake - real.mean(), True)
        sum(weights[name] * loss for name, loss in losses.items()).backward()
        optimizers[0].step()
        discriminator.requires_grad_(True)
        optimizers[1].zero_grad()
        fake = discriminator(sr.detach()).detach()
        real = discriminator(hr)
        loss_real = against(real - fake.mean(), True)
        loss_real.backward()
        fake = discriminator(sr.detach())
        loss_fake = against(fake - real.detach().mean(), False)
        loss_fake.backward()
        optimizers[1].step()
        for loss in [*losses.values(), loss_real, loss_fake]:
            loss.item()

    return step


def ours(
    module: AdversarialRestorer,
    lr: torch.Tensor,
    hr: torch.Tensor,
    dtype: torch.dtype = torch.bfloat16,
    layout: torch.memory_format = torch.channels_last,
    fused: bool = True,
    compiled: bool = False,
) -> Callable[[], None]:
    """The step of AdversarialRestorer without its logging: one forward of the discriminator on each batch."""
    module.to(memory_format=layout)
    if compiled:
        module.generator.compile()
    lr, hr = lr.contiguous(memory_format=layout), hr.contiguous(memory_format=layout)
    players = [module.generator, module.discriminator]
    optimizers = [module.optimizer(network.parameters()) for network in players]
    optimizers = [fuse(optimizer) if fused else optimizer for optimizer in optimizers]
    module.manual_backward = lambda loss, **arguments: loss.backward(**arguments)  # type: ignore[assignment]
    module.log = module.log_dict = lambda *_, **__: None  # type: ignore[assignment]
    module._trainer = type("Trainer", (), {"global_step": 0})()

    def step() -> None:
        for optimizer in optimizers:
            optimizer.zero_grad()
        with torch.autocast(lr.device.type, dtype, enabled=dtype != torch.float32):
            module.add_gradients(lr, hr, generator=True, discriminator=True)
        for optimizer in optimizers:
            optimizer.step()

    return step


def seconds(step: Callable[[], None], device: str) -> float:
    """Of one step."""
    start = time.perf_counter()
    step()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def measure(overrides: list[str], rounds: int = 7, compiled: bool = True) -> dict[str, float]:
    """Median seconds of each way, taken in turn after one step each to warm up; torch.compile only where asked."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    module = parts(overrides).to(device)
    coarse = parts([*overrides, "+features.network.float32=0"]).to(device)
    lr, hr = torch.rand(BATCH, 3, CROP // 4, CROP // 4, device=device), torch.rand(BATCH, 3, CROP, CROP, device=device)
    steps = {
        "published way": published(copy.deepcopy(module), lr, hr),
        "one forward, float32, contiguous": ours(
            copy.deepcopy(module), lr, hr, torch.float32, torch.contiguous_format, fused=False
        ),
        "and channels-last": ours(copy.deepcopy(module), lr, hr, torch.float32, fused=False),
        "and bfloat16": ours(coarse, lr, hr, fused=False),
        "but for the first convolutions of VGG19": ours(copy.deepcopy(module), lr, hr, fused=False),
        "and a fused optimizer (the default)": ours(copy.deepcopy(module), lr, hr),
    }
    if compiled:
        steps["the default, and torch.compile"] = ours(copy.deepcopy(module), lr, hr, compiled=True)
    found: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds + 1):
        for name, step in steps.items():
            found[name].append(seconds(step, device))
    return {name: statistics.median(values[1:]) for name, values in found.items()}


def averaging(overrides: list[str], rounds: int = 20) -> dict[str, float]:
    """Median seconds of one update of the generator's moving average: tensor by tensor, and all at once."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    values = [value.detach().to(device) for value in parts(overrides).generator.parameters()]
    averages = [value.clone() for value in values]

    def one_by_one() -> None:
        for average, value in zip(averages, values, strict=True):
            average.mul_(0.999).add_(value, alpha=0.001)

    ways: dict[str, Callable[[], None]] = {
        "moving average, tensor by tensor": one_by_one,
        "moving average, all at once (the default)": lambda: torch._foreach_lerp_(averages, values, 0.001),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            found[name].append(seconds(way, device))
    return {name: statistics.median(times[1:]) for name, times in found.items()}


if __name__ == "__main__":
    quiet()
    found = measure(sys.argv[1:])
    for name, value in found.items():
        sys.stdout.write(f"{name}: {value:.2f} s, {found['published way'] / value:.2f}\n")
