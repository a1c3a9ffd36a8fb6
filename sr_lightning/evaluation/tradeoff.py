"""Scores of the networks between two others and, for contrast, of the images between those that the two make."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import Tensor, nn

from sr_lightning import weights
from sr_lightning.cli.config import CONF, plain
from sr_lightning.cli.warnings import quiet
from sr_lightning.data import Batch, find_benchmarks
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


@dataclass
class Tradeoff:
    """What was measured.

    Attributes:
        rows: ``interpolated`` (networks or images), alpha, benchmark, image and the scores.
        outputs: image -> (interpolated, alpha) -> output, uint8, for the first few images of the first benchmark.
        references: image -> HR.
        settings: the scale, the metrics and the degradation.
    """

    rows: list[Row] = field(default_factory=list)
    outputs: dict[str, dict[tuple[str, Decimal], Tensor]] = field(default_factory=dict)
    references: dict[str, Tensor] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> list[Row]:
        """Means over the images, one row for each way, alpha and benchmark."""
        named = [
            {"network": (row["interpolated"], row["alpha"]), **{k: row[k] for k in ("benchmark", "image", *METRICS)}}
            for row in self.rows
        ]
        found = []
        for row in means(named):
            interpolated, alpha = row.pop("network")
            found.append({"interpolated": interpolated, "alpha": alpha, **row})
        return found


def measure_tradeoff(
    generators: Mapping[str, nn.Module], alphas: Sequence[Decimal], folders: Sequence[str]
) -> Tradeoff:
    """Measure PSNR-Y, SSIM-Y, LPIPS and NIQE at each alpha and at both ends.

    Args:
        generators: two, by name.
        alphas: shares of the second one.
        folders: benchmarks: folders of HR images, or folders with such a folder ``HR``.
    Raises:
        InputError: no images, one that cannot be measured, or networks of different architecture.
    Source:
        ESRGAN, arXiv:1809.00219, sec. 3.4 and 4.5.
    """
    quiet()
    first = next(iter(generators.values()))
    scale = int(first.scale)  # type: ignore[arg-type]
    with initialize_config_dir(str(CONF.resolve()), version_base="1.3"):
        config = compose("evaluate", ["checkpoint=null", "benchmarks=[]", "metrics=full", f"scale={scale}"])
    files = find_benchmarks(folders, "")
    benchmarks = Benchmarks(files, instantiate(config.degradation), scale)
    metrics = {name: instantiate(config.metrics[name]) for name in METRICS}
    trainer = instantiate(config.trainer)
    ends = [Decimal(0), Decimal(1)]
    ordered = [*ends, *sorted(set(alphas) - set(ends))]
    between = [alpha for alpha in ordered if alpha not in ends]
    found = Tradeoff(settings={"scale": scale, "border": scale, "degradation": plain(config.degradation)})
    kept: dict[tuple[str, int], Tensor] = {}

    def keep(way: str, alpha: Decimal, benchmark: str, number: int, sr: Tensor, hr: Tensor) -> None:
        if benchmark == next(iter(files)) and number < SHOWN:
            name = files[benchmark].hr[number].stem
            found.outputs.setdefault(name, {})[way, alpha] = to_uint8(sr[0]).cpu()
            found.references[name] = to_uint8(hr[0]).cpu()

    def seen(alpha: Decimal) -> Callable[[str, int, Tensor, Batch], None]:
        def on_image(benchmark: str, number: int, sr: Tensor, batch: Batch) -> None:
            keep(NETWORKS, alpha, benchmark, number, sr, batch.hr)
            if alpha == 0:
                kept[benchmark, number] = to_uint8(sr).cpu()
            if alpha != 1:
                return
            start = kept.pop((benchmark, number)).to(sr.device).float().div(255)
            for share in between:
                mixed = torch.lerp(start, sr.float(), float(share)).clamp(0, 1)
                keep(IMAGES, share, benchmark, number, mixed, batch.hr)
                add(IMAGES, share, benchmark, number, per_image.measure(metrics, mixed, batch.hr, batch.name))

        return on_image

    def add(way: str, alpha: Decimal, benchmark: str, number: int, values: Mapping[str, float]) -> None:
        name = files[benchmark].hr[number].name
        found.rows.append({"interpolated": way, "alpha": alpha, "benchmark": benchmark, "image": name, **values})

    for number, alpha in enumerate(ordered, 1):
        network = weights.interpolate(generators, [float(1 - alpha), float(alpha)]).eval()
        rows = evaluate(trainer, network, metrics, benchmarks, NETWORKS, on_image=seen(alpha))
        told = ", ".join(f"{m['benchmark']} {caption_text(m)}" for m in means(rows))
        for row in rows:
            del row["network"]
            for way in (NETWORKS, IMAGES) if alpha in ends else (NETWORKS,):  # at the ends both are the same
                found.rows.append({"interpolated": way, "alpha": alpha, **row})
        log.info("%d of %d: alpha %s: %s", number, len(ordered), alpha, told)
    for outputs in found.outputs.values():
        outputs |= {(IMAGES, alpha): outputs[NETWORKS, alpha] for alpha in ends}
    order = list(files)
    found.rows.sort(key=lambda row: (row["interpolated"] == IMAGES, order.index(row["benchmark"]), row["alpha"]))
    return found
