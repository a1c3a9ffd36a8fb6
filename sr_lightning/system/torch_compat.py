"""Every private name of torch that this library uses, behind one function or class each.

A release of torch may rename them; tests/system/test_torch_compat.py fails for each that no longer works.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

__all__ = ["TorchDispatchMode", "tensor_leaves"]


def tensor_leaves(tree: Any) -> list[Tensor]:
    """Return all tensors in nested lists, tuples and dictionaries."""
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


Conversion = Callable[[Tensor], Tensor]  # what ``to``, ``cuda``, ``float`` … apply to each tensor of a module


class ConversionHook(nn.Module):
    """Module that can change what ``to``, ``cuda``, ``float`` … of itself or of a surrounding module do to it."""

    def conversion(self, convert: Conversion) -> Conversion:
        """Return the function that is applied to this module's tensors in place of ``convert``."""
        raise NotImplementedError

    def _apply(self, fn: Conversion, *arguments: Any, **settings: Any) -> Any:
        return super()._apply(self.conversion(fn), *arguments, **settings)


def apply_conversion(module: nn.Module, convert: Conversion) -> None:
    """Apply a conversion to all parameters and buffers of a module."""
    module._apply(convert)


def fake_tensors() -> AbstractContextManager[Any]:
    """Create tensors inside the block without memory: operations compute shapes and types only."""
    from torch._subclasses.fake_tensor import FakeTensorMode  # slow to import

    return FakeTensorMode(allow_non_fake_inputs=True)


@torch.no_grad()
def copy_all(sources: Sequence[Tensor], targets: Sequence[Tensor]) -> None:
    """Copy each source into its target, by one kernel for all of them where the device has one."""
    torch._foreach_copy_(list(targets), list(sources))


def cpu_computes_in_bfloat16() -> bool:
    """Return True if the CPU has instructions for bfloat16 (AVX-512 or AMX)."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def is_compiled(module: nn.Module) -> bool:
    """Return True if ``module.compile()`` has been called."""
    return module._compiled_call_impl is not None


def unscale_before_step(optimizer: Optimizer) -> None:
    """Make a gradient scaler unscale the gradients before the step of a fused optimizer, and not in its kernel."""
    optimizer._step_supports_amp_scaling = False  # type: ignore[attr-defined]


def skip_fused_steps_if(optimizer: Optimizer, condition: Tensor) -> None:
    """Make the steps of a fused Adam change nothing while a scalar on its device is true, until the next call."""
    optimizer.found_inf = condition.to(torch.float32)  # type: ignore[attr-defined]


def allow_schedule_before_step(optimizer: Optimizer) -> None:
    """Let the schedule of an optimizer that waits for its first step advance without a warning of torch."""
    optimizer._opt_called = True  # type: ignore[attr-defined]
