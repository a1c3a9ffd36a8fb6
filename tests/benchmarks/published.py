"""Training steps as in published code.

Float32, contiguous memory, the default Adam, a separate pass through the discriminator for each loss, and every loss
read back at once.
"""

from collections.abc import Callable, Iterable

from torch import Tensor
from torch.nn import functional as F

from sr_lightning.modules import AdversarialRestorer, Restorer

Step = Callable[[], None]
Batches = Callable[[], tuple[Tensor, Tensor, Tensor]]  # -> lr, hr, and hr as the generator's losses see it


def fixed(lr: Tensor, hr: Tensor) -> Batches:
    """Return a function that returns the same batch each time."""
    return lambda: (lr, hr, hr)


def pixel(module: Restorer, batches: Batches) -> Step:
    """Return a step of SRResNet or RRDB-PSNR."""
    optimizer = module.optimizer(module.generator.parameters())

    def step() -> None:
        lr, _, target = batches()
        optimizer.zero_grad()
        losses = terms(module, module.generator(lr), target)
        total(module, losses).backward()
        optimizer.step()
        read(losses.values())

    return step


def relativistic(module: AdversarialRestorer, batches: Batches) -> Step:
    """Return a step of ESRGAN: five passes of the discriminator, whose own loss uses detached means.

    As in BasicSR, but without its factor of one half on both adversarial losses.
    """
    generator, discriminator, weights = module.generator, module.discriminator, module.weights
    optimizers = [module.optimizer(network.parameters()) for network in (generator, discriminator)]

    def step() -> None:
        lr, hr, target = batches()
        discriminator.requires_grad_(False)
        optimizers[0].zero_grad()
        sr = generator(lr)
        losses = terms(module, sr, target)
        real, fake = discriminator(hr).detach(), discriminator(sr)
        losses["adversarial"] = against(real - fake.mean(), False) + against(fake - real.mean(), True)
        total(module, losses).backward()
        optimizers[0].step()
        discriminator.requires_grad_(True)
        optimizers[1].zero_grad()
        fake = discriminator(sr.detach()).detach()
        real = discriminator(hr)
        loss_real = weights["discriminator"] * against(real - fake.mean(), True)
        loss_real.backward()
        fake = discriminator(sr.detach())
        loss_fake = weights["discriminator"] * against(fake - real.detach().mean(), False)
        loss_fake.backward()
        optimizers[1].step()
        read([*losses.values(), loss_real, loss_fake])

    return step


def vanilla(module: AdversarialRestorer, batches: Batches) -> Step:
    """Return a step of Real-ESRGAN: three passes of the discriminator."""
    generator, discriminator, weights = module.generator, module.discriminator, module.weights
    optimizers = [module.optimizer(network.parameters()) for network in (generator, discriminator)]

    def step() -> None:
        lr, hr, target = batches()
        discriminator.requires_grad_(False)
        optimizers[0].zero_grad()
        sr = generator(lr)
        losses = terms(module, sr, target)
        losses["adversarial"] = against(discriminator(sr), True)
        total(module, losses).backward()
        optimizers[0].step()
        discriminator.requires_grad_(True)
        optimizers[1].zero_grad()
        loss_real = weights["discriminator"] * against(discriminator(hr), True)
        loss_real.backward()
        loss_fake = weights["discriminator"] * against(discriminator(sr.detach()), False)
        loss_fake.backward()
        optimizers[1].step()
        read([*losses.values(), loss_real, loss_fake])

    return step


def terms(module: Restorer, sr: Tensor, target: Tensor) -> dict[str, Tensor]:
    """Compute the pixel and perceptual losses of the model."""
    return {name: term(sr, target) for name, term in module.objective.items()}  # type: ignore[attr-defined]


def against(logits: Tensor, real: bool) -> Tensor:
    """Compute the cross-entropy of logits against a label, real or fake."""
    return F.softplus(-logits if real else logits).mean()


def total(module: Restorer, losses: dict[str, Tensor]) -> Tensor:
    """Return the weighted sum."""
    weighted = [module.weights[name] * loss for name, loss in losses.items()]
    return sum(weighted[1:], weighted[0])


def read(losses: Iterable[Tensor]) -> None:
    """Read the value of each loss, as logging does."""
    for loss in losses:
        loss.item()
