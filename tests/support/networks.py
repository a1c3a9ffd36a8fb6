"""Small networks, and comparisons of their outputs."""

import re
from functools import partial

import torch
from torch import nn

from sr_lightning.generators import (
    RRDB,
    Interpolation,
    Nearest,
    ResidualBlock,
    Shuffle,
    Tail,
    TrunkGenerator,
)


def rrdbnet(scale=4, depth=2, width=6, growth=3, **changes) -> TrunkGenerator:
    tail = partial(Tail, hidden=True)
    return TrunkGenerator(partial(RRDB, growth=growth), Nearest, tail=tail, width=width, depth=depth, scale=scale,
                          **changes).eval()  # fmt: skip


RECIPE = {
    "_target_": "sr_lightning.generators.TrunkGenerator",
    "block": {
        "_target_": "sr_lightning.generators.ResidualBlock",
        "_partial_": True,
        "norm": {"_target_": "torch.nn.BatchNorm2d", "_partial_": True},
    },
    "upsampler": {"_target_": "sr_lightning.generators.Shuffle", "_partial_": True},
    "norm": {"_target_": "torch.nn.BatchNorm2d", "_partial_": True},
    "skip": {"_target_": "sr_lightning.generators.Interpolation", "mode": "bicubic", "scale": 3},
    "width": 4,
    "depth": 1,
    "scale": 3,
    "channels": 1,
}


def described() -> TrunkGenerator:
    return TrunkGenerator(partial(ResidualBlock, norm=nn.BatchNorm2d), Shuffle, norm=nn.BatchNorm2d, width=4, depth=1,
                          scale=3, channels=1, skip=Interpolation("bicubic", 3))  # fmt: skip


def outputs(*networks, channels=3, size=(5, 7)):
    lr = torch.rand(1, channels, *size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return [network(lr) for network in networks]


def equal(network, loaded, channels=3):
    one, two = outputs(network, loaded, channels=channels)
    return not loaded.training and loaded.scale == network.scale and torch.equal(one, two)


def state(network):
    return network.state_dict()


def same(one, two):
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def trained(seed):
    """Return a small network with batch norm; weights and running statistics depend on the seed."""
    torch.manual_seed(seed)
    network = described().train()
    with torch.no_grad():
        for _ in range(seed + 1):
            network(torch.rand(2, 1, 6, 7))
    return network.eval()


def esrgan_layout(tensors):
    """Rename weights from BasicSR's layout to that of ESRGAN's first release."""
    pairs = [(r"body\.(\d+)\.rdb", r"RRDB_trunk.\1.RDB"), ("conv_body", "trunk_conv"), ("conv_up", "upconv"),
             ("conv_hr", "HRconv")]  # fmt: skip
    for theirs, older in pairs:
        tensors = {re.sub(theirs, older, name): value for name, value in tensors.items()}
    return tensors
