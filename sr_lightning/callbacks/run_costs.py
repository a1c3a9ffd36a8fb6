"""Measure the costs of a run: parameters, multiply-adds, memory and time."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import nn

from sr_lightning.callbacks.stopwatch import Stopwatch
from sr_lightning.generators.complexity import multiply_adds, parameters
from sr_lightning.generators.protocol import channels_of
from sr_lightning.system.peak_memory import PeakMemory
from sr_lightning.system.torch_compat import is_compiled, tensor_leaves


class Costs(Callback):
    """Measures the costs of training and logs them at its end as ``costs/NAME``.

    Time and iterations are summed over resumed runs; the measured memory is kept.

    Args:
        crop: side of the training crops, in HR pixels.
        clock: returns seconds, e.g. ``time.monotonic``.
    """

    def __init__(self, crop: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.crop, self.watch = crop, Stopwatch(clock)
        self.iterations, self.seconds = 0, 0.0
        self.peak_memory: int | None = None
        self.network: dict[str, int] = {}
        self.first, self.probe = 0, PeakMemory()
        self.probing = False

    @property
    def results(self) -> dict[str, int | float | None]:
        """Return the measurements so far.

        ``parameters`` of the generator; ``multiply_adds`` of its forward pass for one training crop;
        ``peak_memory_bytes`` of all tensors during a training iteration on one device, optimizer states included (on a
        CPU without the weights of the perceptual network and the workspace of kernels; None for a compiled network on a
        CPU, and before two consecutive iterations); ``iterations_per_second``, without validations; None before the
        first iteration.
        """
        speed = self.iterations / self.seconds if self.seconds else None
        return {**self.network, "peak_memory_bytes": self.peak_memory, "iterations_per_second": speed}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        generator = generator_of(pl_module)
        self.network = {
            "parameters": parameters(generator),
            "multiply_adds": multiply_adds(generator, self.crop, channels_of(generator)),
        }
        self.first = trainer.global_step
        self.watch.lap()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Measure the memory of the second iteration: the first one creates the optimizer states."""
        if self.peak_memory is not None or trainer.global_step != self.first + 1:
            return
        if pl_module.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(pl_module.device)
            self.probing = True
        elif not is_compiled(generator_of(pl_module)):
            self.probe.__enter__()
            self.probing = True

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if self.probing:
            self.probing = False
            if pl_module.device.type == "cuda":
                self.peak_memory = torch.cuda.max_memory_allocated(pl_module.device)
            else:
                self.probe.__exit__(None, None, None)
                self.peak_memory = self.probe.peak + persistent_bytes(trainer, pl_module)
        self.seconds += self.watch.lap()
        self.iterations += 1

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not trainer.sanity_checking:
            self.seconds += self.watch.lap()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.watch.lap()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        known = {f"costs/{name}": value for name, value in self.results.items() if value is not None}
        for logger in trainer.loggers:
            logger.log_metrics(known, trainer.global_step)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        if self.probing and pl_module.device.type != "cuda":
            self.probe.__exit__(None, None, None)
        self.probing = False

    def state_dict(self) -> dict[str, Any]:
        return {
            "iterations": self.iterations, "seconds": self.seconds, "peak_memory": self.peak_memory,
            "network": self.network,
        }  # fmt: skip

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self.iterations, self.seconds = state_dict["iterations"], state_dict["seconds"]
        self.peak_memory, self.network = state_dict["peak_memory"], dict(state_dict["network"])


def persistent_bytes(trainer: Trainer, module: LightningModule) -> int:
    """Return the bytes of persistent tensors: parameters, buffers and optimizer states."""
    tensors = [*module.parameters(), *module.buffers()]
    tensors += [tensor for optimizer in trainer.optimizers for tensor in tensor_leaves(list(optimizer.state.values()))]
    return sum(tensor.untyped_storage().nbytes() for tensor in tensors)


def generator_of(module: LightningModule) -> nn.Module:
    """Return a module's generator.

    Raises:
        TypeError: it has none.
    """
    generator = getattr(module, "generator", None)
    if not isinstance(generator, nn.Module):
        raise TypeError(f"{type(module).__name__} has no generator whose costs could be measured")
    return generator
