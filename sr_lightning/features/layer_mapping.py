"""Use a feature network in place of VGG19 under the names of VGG19's layers."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from torch import Tensor, nn


class LayerMapping(nn.Module):
    """Maps VGG19 layer names to another backbone, so that a recipe written for VGG19 runs on it unchanged.

    Args:
        names: layers to return, under their VGG19 names.
        weights: file of the backbone's weights.
        network: builds the backbone from the names of layers and the file of weights.
        layers: position in VGG19 -> in the backbone, e.g. ``5_4`` -> ``5_3`` for ``conv5_4``, ``relu5_4``, …;
            other positions keep their names.
        factor: multiplies all features, for a backbone with another range of values.
    Attributes:
        smallest: smallest height and width of images, as declared by the backbone; 1 if it declares none.
    Shape:
        (B, C, H, W) in [0, 1] -> name -> features.
    Raises:
        ValueError: a layer that the backbone does not have.
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
        self.backbone_names = {name: rename_layer(name, layers) for name in names}
        self.network = network(sorted(set(self.backbone_names.values())), weights)
        self.smallest = getattr(self.network, "smallest", 1)
        self.factor = factor

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        features = self.network(image)
        return {name: self.factor * features[layer] for name, layer in self.backbone_names.items()}


def rename_layer(name: str, layers: Mapping[str, str]) -> str:
    """Return the backbone's name of a layer: ``relu5_4`` -> ``relu5_3``."""
    kind = name.rstrip("_0123456789")
    position = name.removeprefix(kind)
    return kind + layers.get(position, position)
