"""Pretrained feature extractors, shared by losses and metrics."""

from sr_lightning.features.alexnet import AlexNet
from sr_lightning.features.frozen import Frozen
from sr_lightning.features.layer_mapping import LayerMapping
from sr_lightning.features.pretrained import embedded
from sr_lightning.features.vgg import VGG

__all__ = ["VGG", "AlexNet", "Frozen", "LayerMapping", "embedded"]
