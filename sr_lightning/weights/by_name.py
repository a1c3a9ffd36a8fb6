"""Load generators by file or name, including the interpolation baselines."""

from torch import nn

from sr_lightning.errors import InputError
from sr_lightning.generators import Interpolation
from sr_lightning.weights.loading import load

BASELINES = ("nearest", "bilinear", "bicubic")


def load_generator(source: str, scale: int | None = None, kind: str = "ema") -> nn.Module:
    """Load a generator for inference.

    Args:
        source: as for ``weights.load``, or the name of a baseline.
        scale: of a baseline (None: 4); for other sources the required scale.
        kind: ``ema`` or ``raw``.
    Raises:
        InputError: no such file or name, weights of an unknown network, or another scale.
    """
    if source in BASELINES:
        return Interpolation(source, 4 if scale is None else scale).eval()
    generator = load(source, kind)
    if scale is not None and scale != generator.scale:
        raise InputError(f"{source}: enlarges {generator.scale} times; set scale={generator.scale} or leave it out")
    return generator
