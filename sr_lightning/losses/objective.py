"""An objective turns a network and one batch into named losses.

Weighting is not its business: raw values are what is logged and compared across ablations.
"""

from typing import Protocol

from torch import Tensor, nn

Losses = dict[str, Tensor]  # name -> scalar, unweighted


class Objective(Protocol):
    """(network, lr, hr) -> named losses."""

    def __call__(self, network: nn.Module, lr: Tensor, hr: Tensor) -> Losses: ...


class Reconstruction(nn.ModuleDict):
    """Distances between ``network(lr)`` and hr, one for each named term (ESRGAN, eq. 3).

    Args:
        terms: name -> (sr, hr) -> scalar; None leaves the term out.
    Example:
        >>> objective = Reconstruction(pixel=nn.L1Loss())
    """

    def __init__(self, **terms: nn.Module | None) -> None:
        super().__init__({name: term for name, term in terms.items() if term is not None})

    def forward(self, network: nn.Module, lr: Tensor, hr: Tensor) -> Losses:
        return self.compare(network(lr), hr)

    def compare(self, sr: Tensor, hr: Tensor) -> Losses:
        """The terms for images that are there already; in float32 whatever the network's precision."""
        return {name: term(sr.float(), hr.float()) for name, term in self.items()}
