"""``python -m sr_lightning.evaluate checkpoint=bicubic benchmarks=[Set5,Set14,B100] benchmark_root=DIR``"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from lightning import Trainer
from omegaconf import DictConfig, ListConfig
from torch import Tensor, nn
from torchmetrics import Metric

from sr_lightning import __version__, image
from sr_lightning.command_line import (
    BASELINES,
    CONF,
    check_values,
    load_generator,
    one_line_errors,
    one_of,
    plain,
    quiet,
)
from sr_lightning.data import Batch, Benchmarks, find_benchmarks
from sr_lightning.errors import InputError
from sr_lightning.modules import Evaluator
from sr_lightning.ranks import leave
from sr_lightning.tables import Row, means, show, write_results

log = logging.getLogger(__name__)
OnImage = Callable[[str, int, Tensor, Batch], None]

EXPECTED = {
    "scale": one_of(None, 1, 2, 3, 4, 8),
    "kind": one_of("ema", "raw"),
    "self_ensemble": one_of(True, False),
    "save_images": one_of(True, False),
}
PROTOCOL = (
    "HR cut at the bottom and right to multiples of the scale; LR by the degradation below, rounded to 8 bit; "
    "SR clamped and rounded to 8 bit; psnr_y, ssim_y and niqe on BT.601 studio-range Y, rounded to 8 bit, "
    "without a border of `scale` pixels; lpips and dists on RGB, rounded to 8 bit, with the border; "
    "per image, then the mean"
)


def evaluate(
    trainer: Trainer,
    generator: nn.Module,
    metrics: Mapping[str, Metric],
    benchmarks: Benchmarks,
    network: str,
    ensemble: bool = False,
    on_image: OnImage | None = None,
) -> list[Row]:
    """Scores of every image of every benchmark; the same on every device."""
    evaluator = Evaluator(generator, metrics, list(benchmarks.files), ensemble, on_image)
    trainer.test(evaluator, datamodule=benchmarks, verbose=False)
    return [
        {"network": network, "benchmark": name, "image": benchmarks.files[name].hr[number].name, **values}
        for name, rows in evaluator.results.items()
        for number, values in rows.items()
    ]


def run(config: DictConfig) -> list[Row]:
    """Evaluate what the configuration names; returns the rows."""
    quiet()
    folder = Path(HydraConfig.get().runtime.output_dir)
    check_values(config, EXPECTED)
    sources = as_list(config.checkpoint, "checkpoint")
    files = find_benchmarks(as_list(config.benchmarks, "benchmarks"), config.benchmark_root)
    generators = load_generators(sources, config.scale, config.kind)
    names = display_names(sources)
    trainer = instantiate(config.trainer)
    scale = config.scale = int(next(iter(generators.values())).scale)  # type: ignore[arg-type]
    benchmarks = Benchmarks(files, instantiate(config.degradation), scale)
    rows: list[Row] = []
    for source, generator in generators.items():
        metrics = instantiate(config.metrics)
        network = names[source]
        save = saver(folder / "images" / network, benchmarks) if config.save_images else None
        rows += evaluate(trainer, generator, metrics, benchmarks, network, config.self_ensemble, save)
    if trainer.is_global_zero:
        write_results(folder, rows, protocol(config, self_ensemble=config.self_ensemble, checkpoints=sources))
        show(means(rows), f"x{scale}, mean over images")
        log.info("Tables and the values of each image: %s", os.path.relpath(folder))
    return rows


def protocol(config: DictConfig, **own: Any) -> dict[str, Any]:
    """What was measured, and how.

    Args:
        config: with ``scale``, ``degradation`` and ``metrics``.
        **own: what else there is to say.
    """
    return {
        "protocol": PROTOCOL,
        "scale": config.scale,
        "border": config.scale,
        **own,
        "degradation": plain(config.degradation),
        "metrics": plain(config.metrics),
        "sr_lightning": __version__,
    }


def as_list(value: Any, key: str) -> list[str]:
    """One or several names.

    Raises:
        InputError: none.
    """
    names = [str(name) for name in value] if isinstance(value, ListConfig) else [str(value)]
    if not names:
        raise InputError(f"{key}=[]: name at least one")
    return names


def load_generators(sources: Sequence[str], scale: int | None, kind: str) -> dict[str, nn.Module]:
    """All networks, of one scale: baselines take that of the checkpoints.

    Raises:
        InputError: checkpoints of different scales.
    """
    loaded = {source: load_generator(source, scale, kind) for source in sources if source not in BASELINES}
    scales = {int(generator.scale) for generator in loaded.values()}  # type: ignore[arg-type]
    if len(scales) > 1:
        raise InputError(
            f"checkpoint: networks of scales {sorted(scales)} cannot be compared; evaluate them one by one"
        )
    common = scale if scale is not None else next(iter(scales), 4)
    loaded |= {source: load_generator(source, common) for source in sources if source in BASELINES}
    return {source: loaded[source] for source in sources}


def display_names(sources: Sequence[str]) -> dict[str, str]:
    """A short name for each source, as long as it takes to tell them apart: run and file, then the run's time, too."""
    for length in range(3):
        names = {source: display_name(Path(source), length) for source in sources}
        if len(set(names.values())) == len(set(sources)):
            return names
    return {source: source for source in sources}


def display_name(path: Path, length: int) -> str:
    """``srresnet/best`` or ``srresnet/TIME/best`` for a run's checkpoint; for other files their name and folders."""
    if path.parent.name != "checkpoints" or len(path.parts) < 4:
        return "/".join(path.with_suffix("").parts[-1 - length :])
    time, run = path.parts[-3], path.parts[-4]
    return "/".join([run, path.stem] if length == 0 else [run, time, path.stem])


def saver(folder: Path, benchmarks: Benchmarks) -> OnImage:
    """Writes the sr of each image below ``folder``."""

    def save(benchmark: str, number: int, sr: Tensor, batch: Batch) -> None:
        image.write(folder / benchmark / f"{benchmarks.files[benchmark].hr[number].stem}.png", sr[0])

    return save


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="evaluate")
def application(config: DictConfig) -> None:
    run(config)


def main() -> None:
    """The command line."""
    with one_line_errors():
        application()
        leave()


if __name__ == "__main__":
    main()
