"""Load and write network weights: checkpoints of this library, published files in several layouts, ONNX."""

from sr_lightning.weights.architectures.registry import NoPublicLayoutError, spandrel_limit, to_basicsr
from sr_lightning.weights.discriminators import load_discriminator_into, locate_discriminator
from sr_lightning.weights.interpolation import interpolate, weighted_sum
from sr_lightning.weights.loading import load, load_into, recipe_of, started_from
from sr_lightning.weights.onnx import write_onnx
from sr_lightning.weights.published import PUBLISHED, locate
from sr_lightning.weights.state_dicts import generator_weights
from sr_lightning.weights.writing import refuse_overwrite, write

__all__ = [
    "PUBLISHED",
    "NoPublicLayoutError",
    "generator_weights",
    "interpolate",
    "load",
    "load_discriminator_into",
    "load_into",
    "locate",
    "locate_discriminator",
    "recipe_of",
    "refuse_overwrite",
    "spandrel_limit",
    "started_from",
    "to_basicsr",
    "weighted_sum",
    "write",
    "write_onnx",
]
