"""One tile through ESRGAN's generator: as in published scripts, in this library, and by other engines."""

import copy
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from sr_lightning import image, weights
from sr_lightning.data.demo import VALIDATION, demo_images
from sr_lightning.generators import RRDB, Nearest, Tail, TrunkGenerator
from sr_lightning.upscaling import Upscaler

SIDE = 128
PUBLISHED = "float32, contiguous"
WEIGHTS = Path(os.environ.get("SR_SHARED", "../shared")) / "weights" / "realesrgan_x4plus.safetensors"
Way = Callable[[], Tensor]


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds of one call, until the result is on the CPU."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def network() -> nn.Module:
    """Return the published network if its file exists, else one of that size with random weights."""
    if WEIGHTS.is_file():
        return weights.load(WEIGHTS).requires_grad_(False)
    return TrunkGenerator(RRDB, Nearest, tail=partial(Tail, hidden=True)).eval().requires_grad_(False)


def photograph(side: int) -> Tensor:
    """Return a square crop of a photograph. Shape: (3, side, side)."""
    top, left = 60, 120
    return image.read(demo_images(VALIDATION[:1])[0])[:, top : top + side, left : left + side].contiguous()


def onnx_file(folder: str, generator: nn.Module) -> Path:
    path = Path(folder) / "network.onnx"
    weights.write(path, generator)
    return path


def onnxruntime(path: Path, tile: Tensor) -> Way:
    """Return a call of ONNX Runtime in float32 on the CPU."""
    import onnxruntime as runtime

    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda: torch.from_numpy(session.run(None, {"lr": tile[None].numpy()})[0][0])


def openvino(path: Path, tile: Tensor, precision: str) -> Way:
    """Return a call of OpenVINO on the CPU in ``f32`` or ``bf16``, compiled for this size."""
    import openvino as runtime

    core = runtime.Core()
    model = core.read_model(path)
    model.reshape([1, *tile.shape])
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": precision})
    return lambda: torch.from_numpy(compiled(tile[None].numpy())[0][0])


def ways(generator: nn.Module, tile: Tensor, compiled: bool = True) -> dict[str, Way]:
    """Return name -> call of PyTorch.

    Args:
        compiled: also with torch.compile, which takes a minute.
    """
    side = tile.shape[-1]
    default = Upscaler(generator, tile=side)
    exact = Upscaler(generator, default.device, "float32", tile=side)
    plain, there = copy.deepcopy(generator).to(default.device), tile[None].to(default.device)
    found: dict[str, Way] = {
        PUBLISHED: lambda: plain(there)[0].cpu(),
        "float32, channels-last": lambda: exact(tile),
        "the default": lambda: default(tile),
    }
    if compiled:
        faster = Upscaler(generator, default.device, tile=side)
        faster.network.compile()
        found["the default, and torch.compile"] = lambda: faster(tile)
    return found


def engines(path: Path, tile: Tensor) -> dict[str, Way]:
    """Return name -> call of each other installed engine on the CPU, with the network as ONNX."""
    found = {}
    if find_spec("onnxruntime"):
        found["ONNX Runtime, float32"] = onnxruntime(path, tile)
    if find_spec("openvino"):
        found["OpenVINO, float32"] = openvino(path, tile, "f32")
        found["OpenVINO, bfloat16"] = openvino(path, tile, "bf16")
    return found


def measure(
    rounds: int = 5,
    side: int = SIDE,
    generator: nn.Module | None = None,
    compiled: bool = True,
    others: bool = True,
) -> dict[str, tuple[float, float]]:
    """Return the median seconds of each variant, in turns after one call to warm up, and the PSNR in dB to float32.

    Args:
        others: also measure other engines.
    """
    generator, tile = generator or network(), photograph(side)
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        found = ways(generator, tile, compiled)
        if others:
            found |= engines(onnx_file(folder, generator), tile)
        times: dict[str, list[float]] = {name: [] for name in found}
        outputs = {name: work().clamp(0, 1) for name, work in found.items()}
        for _ in range(rounds):
            for name, work in found.items():
                times[name].append(seconds(work))
    errors = {name: (output - outputs[PUBLISHED]).square().mean() for name, output in outputs.items()}
    return {name: (statistics.median(times[name]), -10 * errors[name].log10().item()) for name in found}


if __name__ == "__main__":
    for name, (taken, psnr) in (found := measure()).items():
        sys.stdout.write(f"{name}: {taken:.2f} s, {found[PUBLISHED][0] / taken:.2f}, {psnr:.1f} dB\n")
