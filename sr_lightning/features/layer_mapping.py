"""A feature network in the place of another one."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from torch import Tensor, nn


class LayerMapping(nn.Module):
    """Answers for the layers of another network, so that a paper's recipe holds as it is.

    Args:
        names: layers to return, as the other network calls them.
        weights: file of this network's weights.
        network: builds, from the names of layers and the weights, what returns these layers' features by name.
        layers: position in the other network -> in this one, e.g. ``5_4`` -> ``5_3`` for ``conv5_4``, ``relu5_4``, …;
            positions that are not named are the same.
        factor: on all features, for one that is trained for others' range of values.
    Attributes:
        smallest: height and width of images, as the network's attribute of that name says.
    Shape:
        (B, C, H, W) in [0, 1] -> name -> features.
    Raises:
        ValueError: a layer that the network does not have.
    Example:
        >>> LayerMapping(["conv5_4"], None, partial(VGG, depth=16), {"5_4": "5_3"})
    """

    def __init__(
        self,
        names: Collection[str],
        weights: str | Path | None,
        network: Callable[[Collection[str], str | Path | None], nn.Module],
        layers: Mapping[str, str],
        factor: float = 1.0,
    ) -> None:
        super().__init__()
        self.own = {name: here(name, layers) for name in names}
        self.network = network(sorted(set(self.own.values())), weights)
        self.smallest = getattr(self.network, "smallest", 1)
        self.factor = factor

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        features = self.network(image)
        return {name: self.factor * features[own] for name, own in self.own.items()}


def here(name: str, layers: Mapping[str, str]) -> str:
    """The layer of this network: ``relu5_4`` -> ``relu5_3``."""
    kind = name.rstrip("_0123456789")
    position = name.removeprefix(kind)
    return kind + layers.get(position, position)
