"""Peak memory of the tensors that a block of code allocates."""

import weakref
from collections.abc import Callable
from typing import Any

import torch

from sr_lightning.system.torch_compat import TorchDispatchMode, tensor_leaves


class PeakMemory(TorchDispatchMode):
    """Context manager that counts the bytes of tensors that are created inside it and alive at the same time.

    Workspace that kernels allocate internally is not counted.

    Attributes:
        alive: bytes of the tensors that exist now.
        peak: largest value of ``alive`` so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.alive = self.peak = 0
        self._known: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = {id(leaf.untyped_storage()) for leaf in tensor_leaves((args, kwargs))}
        result = func(*args, **(kwargs or {}))
        for leaf in tensor_leaves(result):
            if id(leaf.untyped_storage()) not in given:
                self._count(leaf.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        if storage in self._known:
            return
        self._known.add(storage)
        self.alive += storage.nbytes()
        self.peak = max(self.peak, self.alive)
        weakref.finalize(storage, self._release, storage.nbytes())

    def _release(self, size: int) -> None:
        self.alive -= size
