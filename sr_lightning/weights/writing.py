"""Write a generator to a file in the format of the file's suffix."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from sr_lightning.errors import InputError
from sr_lightning.system import tensor_files
from sr_lightning.weights.architectures.registry import to_basicsr
from sr_lightning.weights.onnx import write_onnx

ENDINGS = (".safetensors", ".pth", ".onnx", ".ckpt")


def refuse_overwrite(path: Path, sources: Sequence[str | Path]) -> None:
    """Refuse to overwrite an input file.

    Raises:
        InputError: the path is one of the files that the weights were read from.
    """
    if any(Path(source).exists() and path.exists() and path.samefile(source) for source in sources):
        raise InputError(f"{path}: would overwrite an input; choose another --output")


def write(path: Path, generator: nn.Module, recipe: Any = None, half: bool = False) -> None:
    """Write a network: .safetensors and .pth in BasicSR's layout, .onnx with its graph, .ckpt with its configuration.

    Args:
        recipe: configuration of the network, as ``recipe_of`` returns it; needed for .ckpt.
        half: write .safetensors and .pth in float16, half the size; ignored for the other formats.
    Raises:
        InputError: an unknown suffix, a network that the format cannot hold, a weight beyond float16's range, or a file
            that cannot be written.
    """
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"{path}: unknown format; use {', '.join(ENDINGS)}")
    if path.suffix.lower() == ".onnx":
        write_onnx(path, generator)
    elif path.suffix.lower() == ".ckpt":
        if recipe is None:
            raise InputError(
                f"{path}: a .ckpt needs the configuration of a checkpoint; use .safetensors, .pth or .onnx"
            )
        state = {f"generator.{name}": value for name, value in generator.state_dict().items()}
        tensor_files.write(path, {"hyper_parameters": {"generator": recipe}, "state_dict": state})
    else:
        tensors = to_basicsr(generator)
        if half:
            tensors = {name: in_half(path, name, value) for name, value in tensors.items()}
        tensor_files.write(path, {"params_ema": tensors} if path.suffix.lower() == ".pth" else tensors)


def in_half(path: Path, name: str, weight: Tensor) -> Tensor:
    """Convert a weight to float16.

    Raises:
        InputError: it exceeds the range of float16.
    """
    converted = weight.half()
    if not converted.isfinite().all():
        raise InputError(f"{path}: {name} exceeds float16's range of 65504; write it without --half")
    return converted
