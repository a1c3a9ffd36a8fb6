"""Small instances of both training modules."""

from functools import partial

import torch
from torch import nn

from sr_lightning.discriminators import VGGDiscriminator
from sr_lightning.generators import Nearest, ResidualBlock, TrunkGenerator
from sr_lightning.losses import Reconstruction, Vanilla
from sr_lightning.modules import AdversarialRestorer, Restorer
from tests.support.adversarial import WEIGHTS


def restorer(kind: type[Restorer], **changes) -> Restorer:
    """Return a module with batch norm in its networks, whose statistics a batch with nan would change."""
    torch.manual_seed(0)
    block = partial(ResidualBlock, norm=nn.BatchNorm2d)
    parts = {
        "generator": TrunkGenerator(block, Nearest, width=4, depth=1, scale=2, norm=nn.BatchNorm2d),
        "objective": Reconstruction(pixel=nn.L1Loss()),
        "weights": WEIGHTS,
        "optimizer": OPTIMIZERS["adam"],
        "scheduler": partial(torch.optim.lr_scheduler.ConstantLR, factor=1.0),
        "metrics": {},
    }
    if kind is AdversarialRestorer:
        parts |= {"discriminator": VGGDiscriminator(16, width=4, norm=nn.BatchNorm2d), "gan": Vanilla()}
    return kind(**{**parts, **changes})


OPTIMIZERS = {
    "adam": partial(torch.optim.Adam, lr=1e-3, fused=False),
    "fused": partial(torch.optim.Adam, lr=1e-3),  # the default, which skips steps on the device
    "momentum": partial(torch.optim.SGD, lr=1e-2, momentum=0.9),
}
