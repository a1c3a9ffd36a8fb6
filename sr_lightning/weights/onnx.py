"""Export generators to ONNX with dynamic batch and image size."""

import copy
import warnings
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sr_lightning.errors import InputError
from sr_lightning.generators import Interpolation
from sr_lightning.generators.protocol import channels_of
from sr_lightning.ops.resize import KERNEL_RADIUS, cubic_kernel, mirror
from sr_lightning.system.atomic import replacing

OPSET = 17


class BicubicConvolution(nn.Module):
    """Bicubic enlargement as a convolution and a pixel shuffle, because ONNX has no antialiased bicubic.

    Each of the scale^2 output positions of an input pixel has a fixed 5x5 kernel.

    Args:
        scale: any positive integer.
    Shape:
        (B, C, H, W) -> (B, C, scale*H, scale*W), equal to ``resize.bicubic``.
    """

    kernels: Tensor

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale
        places = (torch.arange(scale, dtype=torch.float64) + 0.5) / scale - 0.5
        weights = cubic_kernel(places[:, None] - torch.arange(-KERNEL_RADIUS, KERNEL_RADIUS + 1))
        kernels = torch.einsum("yi,xj->yxij", weights, weights).reshape(scale**2, 1, 5, 5)
        self.register_buffer("kernels", kernels.float())

    def forward(self, lr: Tensor) -> Tensor:
        batch, channels, height, width = lr.shape
        planes = lr.reshape(batch * channels, 1, height, width)
        for dim, length in ((-2, height), (-1, width)):
            planes = planes.index_select(dim, mirror(length, KERNEL_RADIUS, lr.device))
        enlarged = F.pixel_shuffle(F.conv2d(planes, self.kernels), self.scale)
        return enlarged.reshape(batch, channels, self.scale * height, self.scale * width)


def write_onnx(path: str | Path, generator: nn.Module) -> None:
    """Write a generator with input ``lr`` and output ``sr``, float32, dynamic in batch, height and width.

    Raises:
        InputError: the package onnx is missing, the file cannot be written, or an operation has no ONNX equivalent.
    """
    if find_spec("onnx") is None:
        raise InputError(f"{path}: writing ONNX needs the package onnx: pip install 'sr_lightning[onnx]'")
    network = exportable(generator)
    lr = torch.zeros(2, channels_of(generator), 9, 8)
    axes = {0: "batch", 2: "height", 3: "width"}
    try:
        with replacing(path) as partial, warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # about constant sizes, and the exporter's deprecation
            torch.onnx.export(
                network, (lr,), partial, input_names=["lr"], output_names=["sr"], opset_version=OPSET,
                dynamic_axes={"lr": axes, "sr": axes}, dynamo=False,  # takes 0.4 s, dynamo=True 10 s
            )  # fmt: skip
    except torch.onnx.errors.OnnxExporterError as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: an operation of this network has no ONNX equivalent ({reason})") from error


def exportable(generator: nn.Module) -> nn.Module:
    """Return a float32 copy on the CPU in evaluation mode, with bicubic interpolation as a convolution."""
    network = copy.deepcopy(generator).cpu().float().eval()
    for name, part in list(network.named_modules()):
        if isinstance(part, Interpolation) and part.mode == "bicubic":
            if part is network:
                return BicubicConvolution(part.scale)
            network.set_submodule(name, BicubicConvolution(part.scale))
    return network
