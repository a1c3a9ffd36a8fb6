"""Summary of the training data for modules and callbacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from lightning import Trainer
from torch import Tensor


@dataclass(frozen=True)
class DataSummary:
    """Files and sizes of the data of a run.

    Attributes:
        training_files: HR files, indexed by ``Batch.image`` of training batches.
        training_pixels: HR pixels of all training images.
        pixels_per_iteration: HR pixels of the crops of one iteration, over all devices.
        fixed_degradation: LR crops are computed by a degradation without random parameters.
        smallest_validation: file, HR height and HR width of the smallest validation images.
        validation_files: HR files of all validation images.
    """

    training_files: Sequence[Path]
    training_pixels: int
    pixels_per_iteration: int
    fixed_degradation: bool
    smallest_validation: Sequence[tuple[Path, int, int]]
    validation_files: Sequence[Path] = ()

    def training_names(self, numbers: Tensor) -> list[str]:
        """Return the unique files of training images by their indices (B,)."""
        return [str(self.training_files[number]) for number in sorted(set(numbers.tolist()))]


@runtime_checkable
class SummarizedData(Protocol):
    """A data module that can be asked for its summary, after ``setup("fit")``.

    ``SRDataModule`` is one. Other data modules and plain dataloaders work too: then metrics are not checked before the
    training, errors give the indices of images and not their files, and fine-tuning gives no advice on its length.
    """

    def summary(self) -> DataSummary:
        """Return files and sizes of the data."""
        ...


def data_summary(trainer: Trainer) -> DataSummary | None:
    """Return the summary of the data that a trainer uses, or None if its data has no summary."""
    data = getattr(trainer, "datamodule", None)
    return data.summary() if isinstance(data, SummarizedData) else None
