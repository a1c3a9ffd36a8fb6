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
from sr_lightning.data import Batch
from sr_lightning.evaluation.benchmark import evaluate, protocol
from sr_lightning.evaluation.tables import Row, means, show, write_results
from sr_lightning.generators import Interpolation
from sr_lightning.metrics.standard import caption_text
from sr_lightning.modules import Benchmarks, SRDataModule
from sr_lightning.system import tensor_files
from sr_lightning.training.wandb import conclude
from sr_lightning.visuals.comparison import comparison, stacked

log = logging.getLogger(__name__)
SHOWN = 4  # images in the picture, and kept as files


def summarise(
    config: DictConfig,
    trainer: Trainer,
    data: SRDataModule,
    source: Path,
    folder: Path,
    started_from: Mapping[str, Any] | None = None,
) -> list[Row]:
    """Measure bicubic, the start and the network of ``source`` on the validation images; show a table and a picture.

    ``folder/validation`` keeps the values of each image, and the first images in every version, without loss.

    Args:
        config: of the run.
        trainer: with which it ran.
        data: whose validation images are measured.
        source: checkpoint of the trained network.
        folder: where ``comparison.png`` and ``validation`` go.
        started_from: the file that training started from; left out where it is gone.
    """
    files = data.list_validation()  # a finished run is told again without having been set up to train
    benchmarks = Benchmarks({"validation": files}, data.degradation, config.scale)
    networks: dict[str, nn.Module] = {"bicubic": Interpolation("bicubic", config.scale)}
    start = Path(started_from["file"]) if started_from and "file" in started_from else None
    if start is not None and start.is_file():
        networks[name_of_start(config)] = loaded(config, start)
    networks[config.name] = loaded(config, source)
    rows: list[Row] = []
    shown = Shown()
    for name, network in networks.items():
        shown.network = name
        rows += evaluate(trainer, network.eval(), instantiate(config.metrics), benchmarks, name, on_image=shown)
    shown.gather()
    if trainer.is_global_zero:
        shown.write(folder / "validation", rows)
        write_results(folder / "validation", rows, protocol(config, **told_of(config, source, list(networks))))
        picture = folder / "comparison.png"
        image.write(picture, shown.picture(rows))
        told = means(rows)
        conclude(trainer.loggers, {role(row["network"], told): row for row in told}, picture, source)
        show(told, f"x{config.scale}, mean over {len(files)} validation images")
        log.info("Picture: %s", os.path.relpath(picture))
        log.info("Weights: %s", os.path.relpath(source))
    return rows


def name_of_start(config: DictConfig) -> str:
    """The model of the first stage, where there is one of another name than the run."""
    known = config.init == "warm_start" and config.warm_start.model != config.name
    return str(config.warm_start.model) if known else "start"


def told_of(config: DictConfig, source: Path, networks: Sequence[str]) -> dict[str, Any]:
    """What the protocol of a run says beside what was measured and how.

    The last of ``networks`` is the trained one, the one before it the start.
    """
    return {
        "trained": networks[-1],
        "started_from": networks[1] if len(networks) > 2 else None,
        "checkpoint": f"{source.parent.name}/{source.name}",
        "iteration": int(tensor_files.read(source)["global_step"]),
        "monitor": config.monitor,
    }


def role(network: str, rows: Sequence[Row]) -> str:
    """What a network is in every run, whatever its name: bicubic, start or best."""
    return "best" if network == rows[-1]["network"] else "bicubic" if network == rows[0]["network"] else "start"


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

    def write(self, folder: Path, rows: Sequence[Row]) -> None:
        """``NETWORK/NUMBER-IMAGE.png`` of each network, and as much of HR."""
        for number, outputs in sorted(self.outputs.items()):
            for name, version in {**outputs, "HR": self.references[number][1]}.items():
                image.write(folder / name / f"{number:02d}-{Path(rows[number]['image']).stem}.png", version)

    def picture(self, rows: Sequence[Row]) -> Tensor:
        """A line of panels for each image, captioned with what was measured of each network on that image."""
        lines = []
        for number, outputs in sorted(self.outputs.items()):
            lr, hr = self.references[number]
            values = {name: caption_text([row for row in rows if row["network"] == name][number]) for name in outputs}
            lines.append(comparison([("LR", lr), *outputs.items(), ("HR", hr)], values=values))
        return stacked(lines)
