"""Training steps of this library, without its trainer."""

import torch
from torch import Tensor, nn

from sr_lightning.modules import AdversarialRestorer, Restorer
from sr_lightning.modules.microbatches import split
from sr_lightning.modules.optimizers import fuse
from sr_lightning.modules.update_schedule import Updates
from tests.benchmarks.published import Batches, Step


def step(
    module: Restorer,
    batches: Batches,
    dtype: torch.dtype = torch.bfloat16,
    layout: torch.memory_format = torch.channels_last,
    fused: bool = True,
    backend: str | None = None,
) -> Step:
    """Return a step without logging; one pass of the discriminator over real and fake serves both losses.

    Args:
        backend: of torch.compile for the generator; None: not compiled.
    """
    module.to(memory_format=layout)
    if backend is not None:
        module.generator.compile(backend=backend)
    optimizers = [module.optimizer(network.parameters()) for network in networks(module)]
    optimizers = [fuse(optimizer) if fused else optimizer for optimizer in optimizers]
    without_trainer(module)

    def run() -> None:
        lr, hr, _ = batches()
        for optimizer in optimizers:
            optimizer.zero_grad()
        with torch.autocast(lr.device.type, dtype, enabled=dtype != torch.float32):
            add_gradients(module, lr.contiguous(memory_format=layout), hr.contiguous(memory_format=layout))
        for optimizer in optimizers:
            optimizer.step()

    return run


def networks(module: Restorer) -> list[nn.Module]:
    """Return the generator, and the discriminator if the module has one."""
    return [module.generator, *([module.discriminator] if isinstance(module, AdversarialRestorer) else [])]


def without_trainer(module: Restorer) -> None:
    """Make a module compute gradients without a trainer; it logs nothing and stays in the first iteration."""
    module.manual_backward = lambda loss, **arguments: loss.backward(**arguments)  # type: ignore[assignment]
    module.log = module.log_dict = lambda *_, **__: None  # type: ignore[assignment]
    module._trainer = type("Trainer", (), {"global_step": 0})()  # type: ignore[assignment]


def add_gradients(module: Restorer, lr: Tensor, hr: Tensor) -> None:
    """Add the gradients of every network's losses."""
    if isinstance(module, AdversarialRestorer):
        module.add_gradients(*split(lr, hr, 1), Updates(generator=True, discriminator=True))
    else:
        module.total(module.objective(module.generator, lr, hr), len(hr)).backward()
