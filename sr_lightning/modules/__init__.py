"""LightningModules: one trains a network, one trains it against a discriminator, one measures."""

from sr_lightning.modules.adversarial import AdversarialRestorer
from sr_lightning.modules.evaluator import Evaluator
from sr_lightning.modules.restorer import Restorer

__all__ = ["AdversarialRestorer", "Evaluator", "Restorer"]
