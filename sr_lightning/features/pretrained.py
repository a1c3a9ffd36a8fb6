"""Sources and key names of ImageNet weights."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from sr_lightning.errors import InputError
from sr_lightning.system import tensor_files
from sr_lightning.system.download import fetch

ALEXNET = Path(__file__).with_name("alexnet.safetensors")
EMBEDDED = Path(__file__).with_name("vgg16_conv3_3.safetensors")
ZOO = "https://download.pytorch.org/models/"
# depth of the VGG -> file, SHA-256; torchvision's IMAGENET1K_V1, whose file names hold the first eight digits
FILES = {
    16: ("vgg16-397923af.pth", "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0"),
    19: ("vgg19-dcbb9e9d.pth", "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44"),
}


def embedded() -> Path:
    """Return the path of the VGG16 weights for ImageNet in the package, which end at conv3_3."""
    return EMBEDDED


def imagenet(depth: int, option: str = "perceptual.weights") -> Path:
    """Return the path of torchvision's ImageNet weights of a VGG, downloaded to torch.hub's folder if necessary.

    Args:
        depth: 16 or 19.
        option: configuration key that takes a file instead, for the error message.
    Raises:
        InputError: no connection, or a wrong checksum.
    """
    name, sha256 = FILES[depth]
    try:
        return fetch(ZOO + name, Path(torch.hub.get_dir()) / "checkpoints", sha256=sha256)
    except InputError as error:
        raise InputError(f"{error} Or give a file of VGG{depth}'s weights: {option}=FILE") from error


def read(path: str | Path, names: Sequence[str], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """Read weights by the names of layers, in float32.

    Args:
        path: torchvision's layout, where a layer is called ``features.N``, or that of the MINC network, where conv1_2
            is called ``conv12``.
        names: all layers of the network, in order.
        shapes: of the requested weights, e.g. of ``conv1_2.weight``.
    Raises:
        InputError: no such file, or a weight is missing, unknown, or of another shape.
    """
    content = tensor_files.read(path)
    content = content.get("state_dict", content)
    minc = any(re.match(r"conv\d\d\.", name) for name in content)
    theirs: dict[str, str] = {}
    for position, layer in enumerate(names):
        if layer.startswith("conv"):
            name = layer.replace("_", "") if minc else f"features.{position}"
            theirs |= {f"{layer}.{kind}": f"{name}.{kind}" for kind in ("weight", "bias")}
    for name, shape in shapes.items():
        actual = getattr(content.get(theirs[name]), "shape", None)
        if actual is None or tuple(actual) != shape:
            problem = "missing" if actual is None else f"of shape {tuple(actual)}"
            raise wrong_weights(path, f"{theirs[name]} is {problem}, and {name} needs shape {shape}")
    known = {*theirs.values(), *(name for name in content if name.startswith("classifier."))}
    for name in content:
        if name not in known:
            raise wrong_weights(path, f"{name} is not a part of this network")
    return {name: content[theirs[name]].float() for name in shapes}


def wrong_weights(path: str | Path, reason: str) -> InputError:
    """Return the error for a file that does not hold this network's weights."""
    return InputError(
        f"{path}: not the weights of this network: {reason}; give a file of torchvision's layout, features.N"
    )
