"""Where the weights of a VGG come from, and under which names."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError

import torch
from filelock import FileLock
from torch import Tensor

from sr_lightning.errors import InputError
from sr_lightning.system import tensor_files

ZOO = "https://download.pytorch.org/models/"
FILES = {16: "vgg16-397923af.pth", 19: "vgg19-dcbb9e9d.pth"}  # the digits begin the file's SHA-256
EMBEDDED = Path(__file__).with_name("vgg16_conv3_3.safetensors")


def embedded() -> Path:
    """The file that comes with the package: VGG16 to conv3_3, fine-tuned from ImageNet for edges; licence beside it."""
    return EMBEDDED


def imagenet(depth: int) -> Path:
    """PyTorch's weights for ImageNet, downloaded where they are not there and checked by their hash.

    Of several processes one downloads, and shows how far it is, while the others wait.

    Raises:
        InputError: no connection, or a wrong hash.
    """
    url, folder = ZOO + FILES[depth], Path(torch.hub.get_dir()) / "checkpoints"
    path = folder / FILES[depth]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            if not path.is_file():
                torch.hub.load_state_dict_from_url(url, str(folder), "cpu", check_hash=True, weights_only=True)
    except (OSError, RuntimeError, UnpicklingError, EOFError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(
            f"{url}: cannot be had ({reason}); connect to the internet once, or give a file of VGG{depth}'s weights: "
            "perceptual.weights=FILE"
        ) from error
    return path


def read(path: str | Path, names: Sequence[str], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """Weights of the wanted shapes, by the names of layers and in float32.

    Args:
        path: torchvision's layout, where a layer is called ``features.N``, or that of the MINC network, where conv1_2
            is called ``conv12``.
        names: all layers of the network, in their order.
        shapes: of the weights that are wanted, e.g. of ``conv1_2.weight``.
    Raises:
        InputError: no such file, or a weight is missing, is none of the network's, or has another shape.
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
        found = tuple(getattr(content.get(theirs[name]), "shape", ["missing"]))
        if found != shape:
            found_text = "missing" if found == ("missing",) else f"of shape {found}"
            raise refused(path, f"{theirs[name]} is {found_text}, and {name} needs shape {shape}")
    known = {*theirs.values(), *(name for name in content if name.startswith("classifier."))}
    for name in content:
        if name not in known:
            raise refused(path, f"{name} is not a part of this network")
    return {name: content[theirs[name]].float() for name in shapes}


def refused(path: str | Path, reason: str) -> InputError:
    return InputError(f"{path}: not the weights of this VGG: {reason}; give a file of torchvision's layout, features.N")
