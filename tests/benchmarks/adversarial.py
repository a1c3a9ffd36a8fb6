"""One step of ESRGAN, as published code does it and as this library does it.

The published way: float32, contiguous memory, the discriminator run five times (on real and fake for the generator's
loss; on fake, real and fake again for its own two), and every loss read back at once.
"""

import copy
import statistics
import sys
import time
from collections.abc import Callable

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch.nn import functional as F

from sr_lightning.command_line import CONF, quiet
from sr_lightning.modules import AdversarialRestorer

CROP, BATCH = 128, 4


def parts(overrides: list[str]) -> AdversarialRestorer:
    """The networks, losses and optimizers of model=esrgan."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", ["model=esrgan", "perceptual=embedded", "name=bench", *overrides])
    return instantiate(config.module)


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
    module: AdversarialRestorer, lr: torch.Tensor, hr: torch.Tensor, dtype: torch.dtype, layout: torch.memory_format
) -> Callable[[], None]:
    """The step of AdversarialRestorer without its logging: one forward of the discriminator on each batch."""
    module.to(memory_format=layout)
    lr, hr = lr.contiguous(memory_format=layout), hr.contiguous(memory_format=layout)
    players = [module.generator, module.discriminator]
    optimizers = [module.optimizer(network.parameters()) for network in players]
    module.manual_backward = lambda loss, **arguments: loss.backward(**arguments)  # type: ignore[assignment]
    module.log = module.log_dict = lambda *_, **__: None  # type: ignore[assignment]
    module._trainer = type("Trainer", (), {"global_step": 0})()

    def step() -> None:
        for optimizer in optimizers:
            optimizer.zero_grad()
        with torch.autocast(lr.device.type, dtype, enabled=dtype != torch.float32):
            module.backward_both(lr, hr)
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


def measure(overrides: list[str], rounds: int = 3) -> dict[str, float]:
    """Median seconds of each way, taken in turn after one step each to warm up."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    module = parts(overrides).to(device)
    lr, hr = torch.rand(BATCH, 3, CROP // 4, CROP // 4, device=device), torch.rand(BATCH, 3, CROP, CROP, device=device)
    plain, nhwc = torch.contiguous_format, torch.channels_last
    steps = {
        "published way": published(copy.deepcopy(module), lr, hr),
        "one forward, float32, contiguous": ours(copy.deepcopy(module), lr, hr, torch.float32, plain),
        "and channels-last": ours(copy.deepcopy(module), lr, hr, torch.float32, nhwc),
        "and bfloat16 (the default)": ours(copy.deepcopy(module), lr, hr, torch.bfloat16, nhwc),
    }
    found: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds + 1):
        for name, step in steps.items():
            found[name].append(seconds(step, device))
    return {name: statistics.median(values[1:]) for name, values in found.items()}


if __name__ == "__main__":
    quiet()
    found = measure(sys.argv[1:])
    for name, value in found.items():
        sys.stdout.write(f"{name}: {value:.2f} s, {found['published way'] / value:.2f}\n")
