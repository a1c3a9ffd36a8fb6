"""Small adversarial trainings without the command line."""

from functools import partial

import torch
from lightning import Trainer
from torch import nn
from torch.utils.data import DataLoader

from sr_lightning.data.batch import Batch
from sr_lightning.discriminators import VGGDiscriminator
from sr_lightning.generators import Nearest, ResidualBlock, TrunkGenerator
from sr_lightning.losses import Reconstruction, Vanilla
from sr_lightning.modules import AdversarialRestorer

WEIGHTS = {"pixel": 0.5, "adversarial": 0.3, "discriminator": 2.0}


def restorer(**changes) -> AdversarialRestorer:
    torch.manual_seed(0)
    parts = {
        "generator": TrunkGenerator(partial(ResidualBlock, norm=nn.Identity), Nearest, width=4, depth=1, scale=2),
        "discriminator": VGGDiscriminator(16, width=4, norm=nn.Identity),
        "gan": Vanilla(),
        "objective": Reconstruction(pixel=nn.L1Loss()),
        "weights": WEIGHTS,
        "optimizer": partial(torch.optim.SGD, lr=0.1),
        "scheduler": partial(torch.optim.lr_scheduler.MultiStepLR, milestones=[2], gamma=0.1),
        "metrics": {},
    }
    return AdversarialRestorer(**{**parts, **changes})


def batches(count: int, size: int = 4) -> list[Batch]:
    torch.manual_seed(1)
    return [Batch(torch.rand(size, 3, 8, 8), torch.rand(size, 3, 16, 16), torch.arange(size)) for _ in range(count)]


def fit(module: AdversarialRestorer, data: list[Batch], **settings) -> Trainer:
    trainer = Trainer(accelerator="cpu", max_steps=len(data), max_epochs=-1, logger=False, enable_checkpointing=False,
                      enable_progress_bar=False, enable_model_summary=False, **settings)  # fmt: skip
    trainer.fit(module, DataLoader(data, batch_size=None))
    return trainer
