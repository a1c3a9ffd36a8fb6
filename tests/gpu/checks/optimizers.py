"""Fused Adam, and steps skipped on the device."""

import copy
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import Tensor, nn
from torch.optim import Adam, Optimizer
from torch.utils.data import DataLoader

from sr_lightning.callbacks import SkipNotFinite
from sr_lightning.data import Batch
from sr_lightning.modules.optimizers import fuse, skip_if
from tests.benchmarks.timing import default_device
from tests.gpu.checks.samples import crops, network
from tests.gpu.checks.waiting import never_waiting
from tests.gpu.device import default_dtype
from tests.gpu.settings import Settings
from tests.gpu.stage import Row, at_most, holds

LEARNING_RATE = 1e-3


def fused(settings: Settings) -> list[Row]:
    """Compare five steps of fused Adam with the plain one."""
    kernel, plain = fuse(adam()), adam(foreach=False, fused=False)
    for iteration in range(5):
        for optimizer in (kernel, plain):
            give_gradients(optimizer, iteration)
            optimizer.step()
    difference = max(
        float((a - b).abs().max().detach()) for a, b in zip(parameters(kernel), parameters(plain), strict=True)
    )
    return [
        holds("Adam is fused", all(group["fused"] for group in kernel.param_groups)),
        at_most("fused Adam against plain, largest difference in learning rates", difference / LEARNING_RATE, 1e-2),
    ]


def skipped(settings: Settings) -> list[Row]:
    """Check that a step is skipped by a condition on the device that is never read."""
    optimizer = fuse(adam())
    device = parameters(optimizer)[0].device
    give_gradients(optimizer, 0)
    optimizer.step()
    before = snapshot(optimizer)
    give_gradients(optimizer, 1, torch.nan)
    condition = torch.ones((), dtype=torch.bool, device=device)
    with never_waiting(device):
        skip_if(optimizer, condition)
        optimizer.step()
    after = snapshot(optimizer)
    give_gradients(optimizer, 1)
    skip_if(optimizer, ~condition)
    optimizer.step()
    return [
        holds("a skipped step of fused Adam changes nothing, without a wait", same(before, after)),
        holds("the next step moves", not same(after, snapshot(optimizer))),
    ]


def iteration(settings: Settings) -> list[Row]:
    """Check that a batch with nan changes neither networks nor optimizers in adversarial training."""
    lr, hr = crops(settings)
    clean = Batch(lr, hr, torch.arange(len(lr)))
    poisoned = clean._replace(lr=lr.index_fill(0, torch.tensor([0]), torch.nan))
    record = Record()
    trainer = Trainer(
        accelerator=default_device().type, devices=1, max_steps=3, max_epochs=-1, logger=False,
        precision="bf16-mixed" if default_dtype(default_device()) == torch.bfloat16 else "32-true",
        limit_val_batches=0, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
        callbacks=[SkipNotFinite(), record],
    )  # fmt: skip
    data, validation = (DataLoader(batches, batch_size=None) for batches in ([clean, poisoned, clean], [clean]))
    trainer.fit(network("esrgan", settings), data, validation)
    first, second, third = record.states
    finite = all(bool(value.isfinite().all()) for value in third)
    return [
        holds("a poisoned iteration changes no parameter, statistic or optimizer", same(first, second)),
        holds("the iteration after it trains", finite and not same(second, third)),
    ]


class Record(Callback):
    """Record all state that training changes, after each iteration."""

    def __init__(self) -> None:
        self.states: list[list[Tensor]] = []

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        states = [state for optimizer in trainer.optimizers for state in snapshot(optimizer)]
        self.states.append([*copy.deepcopy([*pl_module.state_dict().values()]), *states])


def adam(**switches: bool) -> Adam:
    """Return an Adam over a few deterministic parameters on the device."""
    torch.manual_seed(0)
    sizes = [(64, 64, 3, 3), (64,), ()]
    return Adam([nn.Parameter(torch.randn(size).to(default_device())) for size in sizes], LEARNING_RATE, **switches)


def parameters(optimizer: Optimizer) -> list[Tensor]:
    """Return all parameters of an optimizer."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def give_gradients(optimizer: Optimizer, seed: int, factor: float = 1.0) -> None:
    """Set gradients that depend only on the seed."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in parameters(optimizer):
        parameter.grad = torch.randn(parameter.shape, generator=generator).to(parameter.device) * factor


def snapshot(optimizer: Optimizer) -> list[Tensor]:
    """Return copies of parameters and states."""
    states = [value for state in optimizer.state.values() for value in state.values() if isinstance(value, Tensor)]
    return [value.detach().clone() for value in [*parameters(optimizer), *states]]


def same(before: list[Tensor], after: list[Tensor]) -> bool:
    """Tell whether two snapshots are bit-identical."""
    return len(before) == len(after) and all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
