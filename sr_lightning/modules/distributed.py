"""Several devices under manual optimization: gradients averaged, buffers equal.

DistributedDataParallel expects one backward pass through all parameters for each forward; a generator and a
discriminator that share a graph do two, each to half of them. So the module is not wrapped; it averages by itself.
"""

from typing import Any

from lightning import LightningModule
from lightning.pytorch.strategies import DDPStrategy
from torch import distributed, nn

from sr_lightning.modules import tensor_groups


class UnwrappedDDPStrategy(DDPStrategy):
    """One process for each device, started and joined as by DDP, but without its wrapper around the module."""

    def _setup_model(self, model: nn.Module) -> Any:
        for tensor in model.state_dict().values():
            distributed.broadcast(tensor, 0)
        return model

    def _register_ddp_hooks(self) -> None:
        """There is no wrapper to hook into."""


def average_gradients(module: LightningModule) -> None:
    """Mean over devices of every gradient, in one message for each type."""
    if not distributed.is_initialized():
        return
    for gradients in tensor_groups.by_type(
        parameter.grad for parameter in module.parameters() if parameter.grad is not None
    ):
        total = tensor_groups.join(gradients)
        distributed.all_reduce(total)
        tensor_groups.spread(total / distributed.get_world_size(), gradients)


def broadcast_buffers(module: LightningModule) -> None:
    """Running statistics of the first device on all of them, as DDP does."""
    if distributed.is_initialized():
        for buffer in module.buffers():
            distributed.broadcast(buffer, 0)
