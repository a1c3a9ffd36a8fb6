"""Perception–distortion trade-off between two networks: network interpolation against image interpolation."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import Tensor, nn
from torchmetrics import Metric

from sr_lightning import weights
from sr_lightning.cli.config import CONF, plain
from sr_lightning.cli.warnings import quiet
from sr_lightning.data import Batch, find_benchmarks
from sr_lightning.data.datasets import Files
from sr_lightning.evaluation.benchmark import evaluate
from sr_lightning.evaluation.tables import Row, means
from sr_lightning.metrics import per_image
from sr_lightning.metrics.standard import caption_text
from sr_lightning.modules import Benchmarks
from sr_lightning.ops.quantize import to_uint8

log = logging.getLogger(__name__)
METRICS = ("psnr_y", "ssim_y", "lpips", "niqe")
NETWORKS, IMAGES = "networks", "images"
SHOWN = 5  # images of the first benchmark whose outputs are kept
ENDS = Decimal(0), Decimal(1)


@dataclass
class Tradeoff:
    """Measured values and outputs.

    Attributes:
        rows: ``interpolated`` (networks or images), alpha, benchmark, image and the scores.
        outputs: image -> (interpolated, alpha) -> output, uint8, for the first few images of the first benchmark.
        references: image -> HR.
        settings: scale, border and degradation.
    """

    rows: list[Row] = field(default_factory=list)
    outputs: dict[str, dict[tuple[str, Decimal], Tensor]] = field(default_factory=dict)
    references: dict[str, Tensor] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> list[Row]:
        """Return means over the images, one row for each kind of interpolation, alpha and benchmark."""
        named = [
            {"network": (row["interpolated"], row["alpha"]), **{k: row[k] for k in ("benchmark", "image", *METRICS)}}
            for row in self.rows
        ]
        summary = []
        for row in means(named):
            interpolated, alpha = row.pop("network")
            summary.append({"interpolated": interpolated, "alpha": alpha, **row})
        return summary


def measure_tradeoff(
    generators: Mapping[str, nn.Module], alphas: Sequence[Decimal], folders: Sequence[str]
) -> Tradeoff:
    """Measure PSNR-Y, SSIM-Y, LPIPS and NIQE at each alpha and at both ends.

    Args:
        generators: two networks, by name.
        alphas: shares of the second network.
        folders: benchmarks: folders of HR images, or folders with a subfolder ``HR``.

    Raises:
        InputError: no images, an image that cannot be measured, or networks of different architecture.

    Source:
        ESRGAN, arXiv:1809.00219, sec. 3.4 and 4.5.
    """
    quiet()
    scale = int(next(iter(generators.values())).scale)  # type: ignore[arg-type]
    config = evaluation_config(scale)
    files = find_benchmarks(folders, "")
    benchmarks = Benchmarks(files, instantiate(config.degradation), scale)
    metrics = {name: instantiate(config.metrics[name]) for name in METRICS}
    trainer = instantiate(config.trainer)
    between = sorted(set(alphas).difference(ENDS))
    recorder = Recorder(files, metrics, between)
    for number, alpha in enumerate((*ENDS, *between), 1):  # image interpolation needs the outputs of both ends
        network = weights.interpolate(generators, [float(1 - alpha), float(alpha)]).eval()
        rows = evaluate(trainer, network, metrics, benchmarks, NETWORKS, on_image=partial(recorder.on_image, alpha))
        recorder.add_network(alpha, rows)
        values = ", ".join(f"{mean['benchmark']} {caption_text(mean)}" for mean in means(rows))
        log.info("%d of %d: alpha %s: %s", number, len(ENDS) + len(between), alpha, values)
    settings = {"scale": scale, "border": scale, "degradation": plain(config.degradation)}
    return recorder.result(settings)


def evaluation_config(scale: int) -> DictConfig:
    """Compose the configuration of the evaluation with all metrics."""
    with initialize_config_dir(str(CONF.resolve()), version_base="1.3"):
        return compose("evaluate", ["checkpoint=null", "benchmarks=[]", "metrics=full", f"scale={scale}"])


class Recorder:
    """Collects scores and outputs of network interpolation, and measures image interpolation on the way.

    The networks of alpha 0 and 1 must be measured first, in this order.

    Args:
        files: benchmark -> its files.
        metrics: key -> metric.
        between: alphas of image interpolation, without the ends.
    """

    def __init__(self, files: Mapping[str, Files], metrics: Mapping[str, Metric], between: Sequence[Decimal]) -> None:
        self.files, self.metrics, self.between = files, metrics, between
        self.tradeoff = Tradeoff()
        self.starts: dict[tuple[str, int], Tensor] = {}  # outputs of alpha 0 until alpha 1 is measured

    def on_image(self, alpha: Decimal, benchmark: str, number: int, sr: Tensor, batch: Batch) -> None:
        """Keep the output of a network; with that of alpha 1, measure the images between the ends."""
        self._keep(NETWORKS, alpha, benchmark, number, sr, batch.hr)
        if alpha == 0:
            self.starts[benchmark, number] = to_uint8(sr).cpu()
        elif alpha == 1:
            start = self.starts.pop((benchmark, number)).to(sr.device).float().div(255)
            name = self.files[benchmark].hr[number].name
            for share in self.between:
                mixed = torch.lerp(start, sr.float(), float(share)).clamp(0, 1)
                self._keep(IMAGES, share, benchmark, number, mixed, batch.hr)
                values = per_image.measure(self.metrics, mixed, batch.hr, batch.name)
                labels = {"interpolated": IMAGES, "alpha": share, "benchmark": benchmark, "image": name}
                self.tradeoff.rows.append({**labels, **values})

    def add_network(self, alpha: Decimal, rows: Sequence[Row]) -> None:
        """Add the scores of a network; at the ends they are also those of image interpolation."""
        for kind in (NETWORKS, IMAGES) if alpha in ENDS else (NETWORKS,):
            for row in rows:
                scores = {key: value for key, value in row.items() if key != "network"}
                self.tradeoff.rows.append({"interpolated": kind, "alpha": alpha, **scores})

    def result(self, settings: Mapping[str, Any]) -> Tradeoff:
        """Return all values, networks before images, by benchmark and alpha."""
        for outputs in self.tradeoff.outputs.values():
            outputs |= {(IMAGES, alpha): outputs[NETWORKS, alpha] for alpha in ENDS}
        order = list(self.files)
        self.tradeoff.rows.sort(
            key=lambda row: (row["interpolated"] == IMAGES, order.index(row["benchmark"]), row["alpha"])
        )
        self.tradeoff.settings = dict(settings)
        return self.tradeoff

    def _keep(self, kind: str, alpha: Decimal, benchmark: str, number: int, sr: Tensor, hr: Tensor) -> None:
        """Keep the output and the reference of the first images of the first benchmark."""
        if benchmark == next(iter(self.files)) and number < SHOWN:
            name = self.files[benchmark].hr[number].stem
            self.tradeoff.outputs.setdefault(name, {})[kind, alpha] = to_uint8(sr[0]).cpu()
            self.tradeoff.references[name] = to_uint8(hr[0]).cpu()
