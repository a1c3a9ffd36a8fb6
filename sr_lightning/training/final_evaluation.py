"""Final evaluation of a run: bicubic, the initial and the trained network in a table and a picture."""

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
from sr_lightning.system.unique_names import unique_names
from sr_lightning.training.wandb import log_results
from sr_lightning.visuals.comparison import comparison, stacked

log = logging.getLogger(__name__)
SHOWN = 4  # images in the picture and written as files


def evaluate_run(
    config: DictConfig,
    trainer: Trainer,
    data: SRDataModule,
    source: Path,
    folder: Path,
    started_from: Mapping[str, Any] | None = None,
) -> list[Row]:
    """Evaluate bicubic, the initial and the trained network on the validation images; print a table of the means.

    Writes ``comparison.png``, the metrics of each image, and lossless outputs for the first images.

    Args:
        config: of the run.
        trainer: of the run.
        data: data module with the validation images.
        source: checkpoint of the trained network.
        folder: output folder for ``comparison.png`` and ``validation``.
        started_from: ``file`` of the initial weights; skipped if it no longer exists.
    Returns:
        One row per network and image.
    """
    files = data.list_validation()  # `data` is not set up if a finished run is only evaluated again
    benchmarks = Benchmarks({"validation": files}, data.degradation, config.scale)
    networks = networks_to_compare(config, source, started_from)
    outputs = FirstOutputs()
    rows = evaluate_networks(networks, trainer, config.metrics, benchmarks, outputs)
    if trainer.is_global_zero:
        outputs.write(folder / "validation", rows)
        entries = protocol_entries(config, source, list(networks))
        write_results(folder / "validation", rows, protocol(config, **entries))
        picture = folder / "comparison.png"
        image.write(picture, outputs.picture(rows))
        summary = means(rows)
        log_results(trainer.loggers, {role(row["network"], summary): row for row in summary}, picture, source)
        show(summary, f"x{config.scale}, mean over {len(files)} validation images", config.metrics)
        log.info("Picture: %s", os.path.relpath(picture))
        log.info("Weights: %s", os.path.relpath(source))
    return rows


def networks_to_compare(
    config: DictConfig, source: Path, started_from: Mapping[str, Any] | None
) -> dict[str, nn.Module]:
    """Return bicubic, the initial network if its file still exists, and the trained network, by name."""
    start = Path(started_from["file"]) if started_from and "file" in started_from else None
    networks: list[tuple[str, nn.Module]] = [("bicubic", Interpolation("bicubic", config.scale))]
    if start is not None and start.is_file():
        networks.append((name_of_start(config), load_generator(config, start)))
    networks.append((str(config.name), load_generator(config, source)))
    names = unique_names([name for name, _ in networks], [str], reserved=("HR", "LR"))  # also names of folders
    return {name: network for name, (_, network) in zip(names, networks, strict=True)}


def evaluate_networks(
    networks: Mapping[str, nn.Module],
    trainer: Trainer,
    metrics: DictConfig,
    benchmarks: Benchmarks,
    outputs: "FirstOutputs",
) -> list[Row]:
    """Evaluate networks one after another, each with new metrics, and collect their first outputs of all devices."""
    rows: list[Row] = []
    for name, network in networks.items():
        outputs.network = name
        rows += evaluate(trainer, network.eval(), instantiate(metrics), benchmarks, name, on_image=outputs)
    outputs.gather()
    return rows


def name_of_start(config: DictConfig) -> str:
    """Return the name of the initial network: the model of the first stage, or ``start``."""
    named = config.init == "warm_start" and config.warm_start.model != config.name
    return str(config.warm_start.model) if named else "start"


def protocol_entries(config: DictConfig, source: Path, networks: Sequence[str]) -> dict[str, Any]:
    """Return the additional entries of a run's protocol.

    The last of ``networks`` is the trained one, preceded by the initial one if there is any.
    """
    return {
        "trained": networks[-1],
        "started_from": networks[1] if len(networks) > 2 else None,
        "checkpoint": f"{source.parent.name}/{source.name}",
        "iteration": int(tensor_files.read(source)["global_step"]),
        "monitor": config.monitor,
    }


def role(network: str, rows: Sequence[Row]) -> str:
    """Return the role of a network: bicubic, start or best."""
    return "best" if network == rows[-1]["network"] else "bicubic" if network == rows[0]["network"] else "start"


def load_generator(config: DictConfig, source: Path) -> nn.Module:
    """Build the run's generator with the weights of a checkpoint."""
    network: nn.Module = instantiate(config.generator)
    weights.load_into(network, source)
    return network


class FirstOutputs:
    """Collects the outputs for the first images, for the comparison picture.

    Attributes:
        network: name of the network being evaluated.
        outputs: number of the image -> name of the network -> SR, (3, H, W) in [0, 1].
        references: number of the image -> LR and HR.
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
        """Gather the outputs of all devices."""
        if is_initialized():
            shares: list[Any] = [None] * get_world_size()
            all_gather_object(shares, (self.outputs, self.references))
            for outputs, references in shares:
                self.outputs |= outputs
                self.references |= references

    def write(self, folder: Path, rows: Sequence[Row]) -> None:
        """Write ``NETWORK/NUMBER-IMAGE.png`` for each network and for HR."""
        for number, outputs in sorted(self.outputs.items()):
            for name, version in {**outputs, "HR": self.references[number][1]}.items():
                image.write(folder / name / f"{number:02d}-{Path(rows[number]['image']).stem}.png", version)

    def picture(self, rows: Sequence[Row]) -> Tensor:
        """Draw a row of crops per image, captioned with the metrics of each network on that image."""
        lines = []
        for number, outputs in sorted(self.outputs.items()):
            lr, hr = self.references[number]
            values = {name: caption_text([row for row in rows if row["network"] == name][number]) for name in outputs}
            lines.append(comparison([("LR", lr), *outputs.items(), ("HR", hr)], values=values))
        return stacked(lines)
