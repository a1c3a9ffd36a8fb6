"""What happens around the training step: averages, checkpoints, pictures, progress, costs, what is not finite."""

from sr_lightning.callbacks.batch_statistics import BatchStatistics
from sr_lightning.callbacks.checkpoints import AtomicCheckpointIO, Checkpoints
from sr_lightning.callbacks.costs import Costs
from sr_lightning.callbacks.ema import GeneratorEMA
from sr_lightning.callbacks.finite import SkipNotFinite
from sr_lightning.callbacks.forgetting import Forgetting
from sr_lightning.callbacks.pictures import Pictures
from sr_lightning.callbacks.progress import IterationProgress
from sr_lightning.callbacks.speed import Speed

__all__ = [
    "AtomicCheckpointIO",
    "BatchStatistics",
    "Checkpoints",
    "Costs",
    "Forgetting",
    "GeneratorEMA",
    "IterationProgress",
    "Pictures",
    "SkipNotFinite",
    "Speed",
]
