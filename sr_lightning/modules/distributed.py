"""Data-parallel training under manual optimization.

DistributedDataParallel expects one backward pass through all parameters per forward pass; a generator and a
discriminator with a common graph do two, each to their own parameters. So the module is not wrapped, and averages
gradients explicitly.
"""

from typing import Any

from lightning import LightningModule
from lightning.pytorch.strategies import DDPStrategy
from torch import distributed, nn

from sr_lightning.modules import tensor_groups


class UnwrappedDDPStrategy(DDPStrategy):
    """DDP's processes without its wrapper around the module."""

    def _setup_model(self, model: nn.Module) -> Any:
        for tensor in model.state_dict().values():
            distributed.broadcast(tensor, 0)
        return model

    def _register_ddp_hooks(self) -> None:
        """Register nothing, because there is no wrapper."""


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
