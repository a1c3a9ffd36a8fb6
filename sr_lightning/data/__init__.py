"""Training crops and evaluation images."""

from sr_lightning.data.batch import Batch
from sr_lightning.data.benchmarks import find_benchmarks
from sr_lightning.data.datasets import Files, demo_train, df2k, div2k, folder, paired, validation

__all__ = [
    "Batch",
    "Files",
    "demo_train",
    "df2k",
    "div2k",
    "find_benchmarks",
    "folder",
    "paired",
    "validation",
]
