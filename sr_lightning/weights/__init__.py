"""Generators with weights: from this library's checkpoints, from published files of many layouts, and out again."""

from sr_lightning.weights.checkpoints import generator_weights
from sr_lightning.weights.layouts import to_basicsr
from sr_lightning.weights.loading import load, load_into
from sr_lightning.weights.onnx_graph import write_onnx
from sr_lightning.weights.published import PUBLISHED, locate

__all__ = ["PUBLISHED", "generator_weights", "load", "load_into", "locate", "to_basicsr", "write_onnx"]
