"""Small trainings of a single network without the command line."""

from functools import partial

import torch
from lightning import Trainer
from torch import nn
from torch.utils.data import DataLoader

from sr_lightning.data.batch import Batch
from sr_lightning.losses import Reconstruction
from sr_lightning.metrics import PSNR
from sr_lightning.modules import Restorer


class Gain(nn.Module):
    """sr = gain * nearest enlargement; with a buffer that counts calls."""

    def __init__(self, gain: float = 0.5) -> None:
        super().__init__()
        self.scale = 2
        self.gain = nn.Parameter(torch.tensor(gain))
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, lr):
        if self.training:
            self.calls += 1
        return self.gain * nn.functional.interpolate(lr, scale_factor=2)


def restorer(**changes) -> Restorer:
    parts = {
        "generator": Gain(),
        "objective": Reconstruction(pixel=nn.MSELoss()),
        "weights": {"pixel": 1.0},
        "optimizer": partial(torch.optim.SGD, lr=0.1),
        "scheduler": partial(torch.optim.lr_scheduler.ConstantLR, factor=1.0),
        "metrics": {"psnr_y": PSNR(border=0)},
    }
    return Restorer(**{**parts, **changes})


def batches(count: int) -> DataLoader:
    hr = torch.full((1, 3, 8, 8), 0.5)
    return DataLoader([Batch(hr[..., ::2, ::2], hr, torch.tensor([i])) for i in range(count)], batch_size=None)


def fit(module, iterations, *callbacks):
    trainer = Trainer(accelerator="cpu", max_steps=iterations, max_epochs=-1, logger=False, callbacks=list(callbacks),
                      enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)  # fmt: skip
    trainer.fit(module, batches(iterations))
    return trainer
