"""Training callbacks: EMA, checkpoints, validation images, progress, costs, non-finite steps."""

from sr_lightning.callbacks.batch_norm_gap import BatchStatistics
from sr_lightning.callbacks.checkpoints import AtomicCheckpointIO, Checkpoints
from sr_lightning.callbacks.ema import GeneratorEMA
from sr_lightning.callbacks.finetune_guard import Forgetting
from sr_lightning.callbacks.progress import IterationProgress
from sr_lightning.callbacks.run_costs import Costs
from sr_lightning.callbacks.skip_nonfinite import SkipNotFinite
from sr_lightning.callbacks.throughput import Speed
from sr_lightning.callbacks.validation_images import Pictures

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
