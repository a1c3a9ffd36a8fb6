"""Detection of operations that wait for the device."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

WAITING = {f"aten::{name}" for name in ("_local_scalar_dense", "nonzero", "masked_select", "equal", "_unique2")}


class Reads(TorchDispatchMode):
    """Record the operations that read a value back from the device, which waits for all queued work of a GPU.

    Attributes:
        looking: record operations now.
    """

    def __init__(self, looking: bool = True):
        super().__init__()
        self.looking, self.found = looking, []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        masks = [leaf for leaf in tree_leaves(args[1:]) if isinstance(leaf, torch.Tensor) and leaf.dtype == torch.bool]
        name = func.overloadpacket._qualified_op_name
        if self.looking and (name in WAITING or (name.startswith("aten::index") and masks)):
            self.found.append(name)
        return func(*args, **(kwargs or {}))
