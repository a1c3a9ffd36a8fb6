"""LightningModules that train a network, alone or against a discriminator, or measure one; and their data modules."""

from sr_lightning.modules.adversarial import AdversarialRestorer
from sr_lightning.modules.benchmarks import Benchmarks
from sr_lightning.modules.datamodule import SRDataModule
from sr_lightning.modules.evaluator import Evaluator
from sr_lightning.modules.restorer import Restorer

__all__ = ["AdversarialRestorer", "Benchmarks", "Evaluator", "Restorer", "SRDataModule"]
