"""Photographs, small networks and gradients for the checks."""

import copy
from collections.abc import Iterable

import torch
from torch import Tensor

from sr_lightning import image
from sr_lightning.data.demo import VALIDATION, demo_images
from sr_lightning.degradations import Bicubic, SampleKey
from sr_lightning.modules import Restorer
from sr_lightning.ops.random_streams import Stream
from tests.benchmarks import library
from tests.benchmarks.networks import parts
from tests.gpu.settings import Settings

SCALE = 4


def photograph() -> Tensor:
    """Return a held-out demo photograph, cropped to multiples of the scale. Shape: (3, 300, 448)."""
    photo = image.read(demo_images(VALIDATION[:1])[0])
    height, width = (length - length % SCALE for length in photo.shape[-2:])
    return photo[:, :height, :width].contiguous()


def crops(settings: Settings) -> tuple[Tensor, Tensor]:
    """Return a batch of LR and HR crops of the photograph, on the CPU."""
    count, side = (2, 32) if settings.small else (8, 96)
    photo = photograph()
    tops = torch.linspace(0, photo.shape[1] - side, count).int().tolist()
    lefts = torch.linspace(0, photo.shape[2] - side, count).int().tolist()
    hr = torch.stack([photo[:, top : top + side, left : left + side] for top, left in zip(tops, lefts, strict=True)])
    return bicubic_lr(hr), hr


def bicubic_lr(hr: torch.Tensor) -> torch.Tensor:
    """Downscale with the bicubic degradation. Shape: (B, C, s*h, s*w) -> (B, C, h, w)."""
    degradation = Bicubic(SCALE)
    return degradation(hr, degradation.draw([SampleKey(Stream.FIXED, 0, sample) for sample in range(len(hr))]))


def network(model: str, settings: Settings, *overrides: str) -> Restorer:
    """Return the training module of a model with a shallow network, on the CPU."""
    width, depth = (8, 1) if settings.small else (64, 4)
    sizes = [f"generator.width={width}", f"generator.depth={depth}", f"discriminator.width={width}"]
    side = 32 if settings.small else 96
    return parts(model, [*sizes, f"data.crop={side}", *overrides])


def gradients(
    module: Restorer, lr: Tensor, hr: Tensor, dtype: torch.dtype = torch.float32, backend: str | None = None
) -> list[Tensor]:
    """Return the gradient of every weight after one step of a copy of the module, on the CPU.

    Biases are left out: before batch norm their gradients are rounding errors.

    Args:
        backend: of torch.compile for the generator; None: not compiled.
    """
    device = lr.device
    module = copy.deepcopy(module).to(device)
    library.without_trainer(module)
    if backend is not None:
        torch.compiler.reset()  # graphs compiled for other sizes would make this one dynamic
        module.generator.compile(backend=backend)
    with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
        library.add_gradients(module, lr, hr)
    parameters = [parameter for net in library.networks(module) for parameter in net.parameters()]
    return [parameter.grad.cpu().double() for parameter in parameters if parameter.ndim > 1]


def worst(found: list[Tensor], expected: list[Tensor]) -> float:
    """Return the largest relative error of a weight's gradient."""
    return max(float((a - b).norm() / b.norm()) for a, b in zip(found, expected, strict=True))


def error(found: list[Tensor], expected: list[Tensor]) -> float:
    """Return the relative error of all gradients together."""
    return (squares(a - b for a, b in zip(found, expected, strict=True)) / squares(expected)) ** 0.5


def squares(tensors: Iterable[Tensor]) -> float:
    """Return the sum of squares over all values."""
    return sum(float(tensor.square().sum()) for tensor in tensors)


def psnr(found: Tensor, expected: Tensor) -> float:
    """Return the PSNR in dB; 200 for equal images, as JSON has no infinity."""
    error = float((found.double() - expected.double()).square().mean())
    return -10 * torch.tensor(max(error, 1e-20)).log10().item()
