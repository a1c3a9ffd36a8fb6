"""Save LR, bicubic, SR and HR of the first validation images side by side."""

from pathlib import Path
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger, WandbLogger

from sr_lightning import image
from sr_lightning.data.batch import Batch
from sr_lightning.metrics.standard import caption_text
from sr_lightning.ops import resize
from sr_lightning.visuals.comparison import comparison
from sr_lightning.visuals.crop_selection import telling_squares


class Pictures(Callback):
    """Writes PNG files at each validation, and logs them to TensorBoard and W&B if these loggers are used.

    Args:
        folder: of the files, ``NUMBER-IMAGE-ITERATION.png``.
        count: number of images, from the start of the validation set.
    """

    def __init__(self, folder: str | Path, count: int = 4) -> None:
        self.folder, self.count = Path(folder), count

    def on_validation_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Batch, *_: Any
    ) -> None:
        number = int(batch.image)
        if number >= self.count or trainer.sanity_checking:
            return
        lr, hr = batch.lr[0], batch.hr[0]
        bicubic = resize.bicubic(batch.lr, hr.shape[-1] / lr.shape[-1])[0].clamp(0, 1)
        versions = [("LR", lr), ("bicubic", bicubic), ("SR", outputs[0]), ("HR", hr)]
        value = caption_text(pl_module.rows["val/"][number])  # type: ignore[index, arg-type]
        places = telling_squares([bicubic])  # the same at every iteration
        picture = comparison(versions, places, {"SR": value} if value else None)
        name = trainer.datamodule.validation_files.hr[number].stem  # type: ignore[attr-defined]
        image.write(self.folder / f"{number:02d}-{name}-{trainer.global_step:07d}.png", picture)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the images of all devices; averaging the scores has synchronized them, so all files exist."""
        if not trainer.is_global_zero:
            return
        step = trainer.global_step
        for path in sorted(self.folder.glob(f"*-{step:07d}.png")):
            title = f"val/{path.stem.rsplit('-', 1)[0]}"
            for logger in trainer.loggers:
                if isinstance(logger, TensorBoardLogger):
                    logger.experiment.add_image(title, image.read(path), step)
                elif isinstance(logger, WandbLogger):
                    caption = f"{path.stem.rsplit('-', 1)[0]} at iteration {step}: LR, bicubic, SR, HR"
                    logger.log_image(title, [str(path)], step=step, caption=[caption])
