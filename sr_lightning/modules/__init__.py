"""LightningModules: one for every system that trains one network, one that measures."""

from sr_lightning.modules.evaluator import Evaluator
from sr_lightning.modules.restorer import Restorer

__all__ = ["Evaluator", "Restorer"]
