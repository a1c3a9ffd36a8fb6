"""Networks, losses and optimizers of a model, for timing steps without a trainer."""

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import nn

from sr_lightning.cli.config import CONF
from sr_lightning.features.vgg import build_layer, layer_names
from sr_lightning.modules import Restorer
from sr_lightning.system import tensor_files


def parts(model: str, overrides: Sequence[str] = ()) -> Restorer:
    """Return the module of ``model``; its VGG19, if any, has random weights."""
    torch.manual_seed(0)
    words = [f"model={model}", *random_features(), "name=bench", *overrides]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return instantiate(compose("train", words).module)


def random_features() -> list[str]:
    """Return overrides that give perceptual losses a VGG19 with random weights.

    They need no download, and the time of a step does not depend on them.
    """
    return [f"features.weights={Path(random_file().name, 'vgg19.safetensors')}"]


@cache
def random_file() -> tempfile.TemporaryDirectory:
    """Return a folder with a file of random weights, which is deleted at the end of the process."""
    folder = tempfile.TemporaryDirectory()
    tensor_files.write(Path(folder.name, "vgg19.safetensors"), random_vgg19())
    return folder


def random_vgg19() -> dict[str, torch.Tensor]:
    """Return weights in torchvision's layout that preserve the variance of features."""
    found = {}
    for position, name in enumerate(layer_names(19)):
        layer = build_layer(name, ceil_mode=False)
        if isinstance(layer, nn.Conv2d):
            weight = torch.empty(layer.weight.shape)
            nn.init.kaiming_normal_(weight)
            found |= {f"features.{position}.weight": weight, f"features.{position}.bias": torch.zeros(len(weight))}
    return found
