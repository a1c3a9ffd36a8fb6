"""Objectives: named, unweighted losses of a network on one batch.

The training module applies the weights, so raw values are logged and stay comparable across ablations.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from torch import Tensor, nn

from sr_lightning.ops.unsharp_mask import unsharp_mask
from sr_lightning.ops.value_range import require_floating

Losses = dict[str, Tensor]  # name -> scalar, unweighted


class Objective(Protocol):
    """(network, lr, hr) -> named losses."""

    def __call__(self, network: nn.Module, lr: Tensor, hr: Tensor) -> Losses: ...


class Reconstruction(nn.ModuleDict):
    """Distances between ``network(lr)`` and hr, one for each named term (ESRGAN, eq. 3).

    Args:
        usm: names of losses -> whether they see hr sharpened by unsharp masking (Real-ESRGAN, sec. 4.1).
        terms: name -> (sr, hr) -> scalar; None leaves the term out.
    Example:
        >>> objective = Reconstruction(pixel=nn.L1Loss(), usm={"pixel": True})
    """

    def __init__(self, *, usm: Mapping[str, bool] | None = None, **terms: nn.Module | None) -> None:
        super().__init__({name: term for name, term in terms.items() if term is not None})
        self.sharpened = {name for name, sharpen in (usm or {}).items() if sharpen}

    def forward(self, network: nn.Module, lr: Tensor, hr: Tensor) -> Losses:
        return self.compare(network(lr), hr)

    def compare(self, sr: Tensor, hr: Tensor) -> Losses:
        """Return each term for given images in [0, 1], computed in float32 at any training precision.

        Raises:
            ValueError: images that are not floating point.
        """
        require_floating(sr, "sr")
        require_floating(hr, "hr")
        targets = self.targets(hr.float(), self)
        return {name: term(sr.float(), targets[name]) for name, term in self.items()}

    def targets(self, hr: Tensor, losses: Iterable[str]) -> dict[str, Tensor]:
        """Return the target of each named loss: hr, or hr sharpened by unsharp masking."""
        names = list(losses)
        sharp = unsharp_mask(hr) if self.sharpened.intersection(names) else hr
        return {name: sharp if name in self.sharpened else hr for name in names}
