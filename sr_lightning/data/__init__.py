"""Photographs in, batches of crops and whole images out."""

from sr_lightning.data.batch import Batch
from sr_lightning.data.benchmarks import Benchmarks, find_benchmarks
from sr_lightning.data.files import (
    Files,
    demo_train,
    df2k,
    div2k,
    folder,
    paired,
    validation,
)
from sr_lightning.data.module import SRDataModule

__all__ = [
    "Batch",
    "Benchmarks",
    "Files",
    "SRDataModule",
    "demo_train",
    "df2k",
    "div2k",
    "find_benchmarks",
    "folder",
    "paired",
    "validation",
]
