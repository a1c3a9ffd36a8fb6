"""Data-parallel training under manual optimization, where DDP's wrapper does not average gradients."""

from lightning import LightningModule
from torch import distributed

from sr_lightning.modules import tensor_groups


def average_gradients(module: LightningModule) -> None:
    """Average all gradients over devices, in one message per dtype."""
    if not distributed.is_initialized():
        return
    for gradients in tensor_groups.by_type(
        parameter.grad for parameter in module.parameters() if parameter.grad is not None
    ):
        total = tensor_groups.join(gradients)
        distributed.all_reduce(total)
        tensor_groups.spread(total / distributed.get_world_size(), gradients)


def broadcast_buffers(module: LightningModule) -> None:
    """Broadcast the running statistics of the first device, as DDP does."""
    if distributed.is_initialized():
        for buffer in module.buffers():
            distributed.broadcast(buffer, 0)
