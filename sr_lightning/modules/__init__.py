"""LightningModules that train or evaluate a generator, and their data modules."""

from sr_lightning.modules.adversarial import AdversarialRestorer
from sr_lightning.modules.benchmarks import Benchmarks
from sr_lightning.modules.data_summary import DataSummary
from sr_lightning.modules.datamodule import SRDataModule
from sr_lightning.modules.evaluator import Evaluator
from sr_lightning.modules.restorer import Restorer

__all__ = ["AdversarialRestorer", "Benchmarks", "DataSummary", "Evaluator", "Restorer", "SRDataModule"]
