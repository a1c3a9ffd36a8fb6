"""The same few validation images at every validation: lr, bicubic, sr and hr side by side."""

from pathlib import Path
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger, WandbLogger
from torch import Tensor

from sr_lightning import image, resize
from sr_lightning.comparison import comparison
from sr_lightning.data.module import Batch


class Pictures(Callback):
    """Writes PNG files, and shows them in TensorBoard and W&B where these are the logger.

    Args:
        folder: where the files go, ``IMAGE-ITERATION.png``.
        count: of images, the first ones of the validation set.
    """

    def __init__(self, folder: str | Path, count: int = 4) -> None:
        self.folder, self.count = Path(folder), count

    def on_validation_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Batch, *_: Any
    ) -> None:
        number = int(batch.image)
        if number >= self.count or trainer.sanity_checking:
            return
        if not trainer.is_global_zero:  # each device draws the images that it holds
            self.draw(trainer, number, outputs, batch)
            return
        picture = self.draw(trainer, number, outputs, batch)
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                logger.experiment.add_image(f"val/image-{number}", picture, trainer.global_step)
            elif isinstance(logger, WandbLogger):
                logger.log_image(f"val/image-{number}", [picture.permute(1, 2, 0).numpy()], step=trainer.global_step)

    def draw(self, trainer: Trainer, number: int, sr: Tensor, batch: Batch) -> Tensor:
        """Draw, write and return the picture of validation image ``number``."""
        lr, hr = batch.lr[0], batch.hr[0]
        bicubic = resize.bicubic(batch.lr, hr.shape[-1] / lr.shape[-1])[0].clamp(0, 1)
        picture = comparison([("LR", lr), ("bicubic", bicubic), ("SR", sr[0]), ("HR", hr)])
        name = trainer.datamodule.validation_files.hr[number].stem  # type: ignore[attr-defined]
        image.write(self.folder / f"{number:02d}-{name}-{trainer.global_step:07d}.png", picture)
        return picture
