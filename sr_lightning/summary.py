"""How a finished run is told: bicubic, the network it started from and the trained one, in a table and a picture."""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from lightning import Trainer
from omegaconf import DictConfig
from torch import Tensor, nn
from torch.distributed import all_gather_object, get_world_size, is_initialized

from sr_lightning import image, weights
from sr_lightning.comparison import comparison, stacked
from sr_lightning.data import Batch, Benchmarks, SRDataModule
from sr_lightning.evaluate import evaluate
from sr_lightning.generators import Interpolation
from sr_lightning.tables import Row, means, show

log = logging.getLogger(__name__)
SHOWN = 4  # images in the picture


def summarise(
    config: DictConfig,
    trainer: Trainer,
    data: SRDataModule,
    source: Path,
    folder: Path,
    started_from: Mapping[str, str] | None = None,
) -> list[Row]:
    """Measure bicubic, the start and the network of ``source`` on the validation images; show a table and a picture.

    Args:
        config: of the run.
        trainer: with which it ran.
        data: whose validation images are measured.
        source: checkpoint of the trained network.
        folder: where ``comparison.png`` goes.
        started_from: the file that training started from; left out where it is gone.
    """
    files = data.list_validation()  # a finished run is told again without having been set up to train
    benchmarks = Benchmarks({"validation": files}, data.degradation, config.scale)
    networks: dict[str, nn.Module] = {"bicubic": Interpolation("bicubic", config.scale)}
    start = Path(started_from["file"]) if started_from else None
    if start is not None and start.is_file():
        networks[config.warm_start.model if config.init == "warm_start" else "start"] = loaded(config, start)
    networks[config.name] = loaded(config, source)
    rows: list[Row] = []
    shown = Shown()
    for name, network in networks.items():
        shown.network = name
        rows += evaluate(trainer, network.eval(), instantiate(config.metrics), benchmarks, name, on_image=shown)
    shown.gather()
    if trainer.is_global_zero:
        picture = folder / "comparison.png"
        image.write(picture, shown.picture(rows))
        show(means(rows), f"x{config.scale}, mean over {len(files)} validation images")
        log.info("Picture: %s", os.path.relpath(picture))
        log.info("Weights: %s", os.path.relpath(source))
    return rows


def loaded(config: DictConfig, source: Path) -> nn.Module:
    """The run's network with the weights of ``source``."""
    network: nn.Module = instantiate(config.generator)
    weights.load_into(network, source)
    return network


class Shown:
    """Keeps what the networks made of the first few images, for a picture.

    Attributes:
        network: name of the one that is being measured.
    """

    def __init__(self) -> None:
        self.network = ""
        self.outputs: dict[int, dict[str, Tensor]] = {}
        self.references: dict[int, tuple[Tensor, Tensor]] = {}

    def __call__(self, benchmark: str, number: int, sr: Tensor, batch: Batch) -> None:
        if number < SHOWN:
            self.outputs.setdefault(number, {})[self.network] = sr[0].cpu()
            self.references[number] = (batch.lr[0].cpu(), batch.hr[0].cpu())

    def gather(self) -> None:
        """Bring what the other devices kept to all of them."""
        if is_initialized():
            shares: list[Any] = [None] * get_world_size()
            all_gather_object(shares, (self.outputs, self.references))
            for outputs, references in shares:
                self.outputs |= outputs
                self.references |= references

    def picture(self, rows: Sequence[Row]) -> Tensor:
        """A line of panels for each image, captioned with what was measured of each network on that image."""
        lines = []
        for number, outputs in sorted(self.outputs.items()):
            lr, hr = self.references[number]
            values = {name: written([row for row in rows if row["network"] == name][number]) for name in outputs}
            lines.append(comparison([("LR", lr), *outputs.items(), ("HR", hr)], values=values))
        return stacked(lines)


def written(row: Row) -> str:
    """PSNR and NIQE of a network, where they were measured."""
    texts = {"psnr_y": "{:.2f} dB", "niqe": "NIQE {:.2f}"}
    return "   ".join(text.format(row[key]) for key, text in texts.items() if key in row)
