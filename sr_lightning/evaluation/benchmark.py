"""Evaluation of networks on benchmarks, and its protocol."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lightning import Trainer
from omegaconf import DictConfig
from torch import Tensor, nn
from torchmetrics import Metric

from sr_lightning import __version__
from sr_lightning.cli.config import plain
from sr_lightning.data import Batch
from sr_lightning.errors import InputError
from sr_lightning.evaluation.tables import Row
from sr_lightning.modules import Benchmarks, Evaluator
from sr_lightning.system.unique_names import relative_name, unique_names
from sr_lightning.weights.by_name import BASELINES, load_generator

OnImage = Callable[[str, int, Tensor, Batch], None]

PROTOCOL = (
    "HR cropped at the bottom and right to multiples of the scale; LR by the degradation below, rounded to 8 bits; "
    "SR clamped and rounded to 8 bits; psnr_y, ssim_y and niqe on BT.601 studio-range Y, rounded to 8 bits, "
    "without a border of `scale` pixels; lpips and dists on RGB, rounded to 8 bits, including the border; "
    "per image, then averaged over images"
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
    """Measure every image of every benchmark; returns the same rows on every device.

    Args:
        trainer: runs the evaluation, on one or several devices.
        generator: the network, in evaluation mode.
        metrics: key -> metric.
        benchmarks: the images and the degradation.
        network: name of the network in the rows.
        ensemble: average over the eight flips and rotations of the input.
        on_image: called as ``on_image(benchmark, number, sr, batch)`` for each image.

    Returns:
        one row per image: ``network``, ``benchmark``, ``image``, and the value of each metric.

    Raises:
        InputError: an image is damaged or too small for a metric.
    """
    evaluator = Evaluator(generator, metrics, list(benchmarks.files), ensemble, on_image)
    trainer.test(evaluator, datamodule=benchmarks, verbose=False)
    return [
        {"network": network, "benchmark": name, "image": benchmarks.files[name].names[number], **values}
        for name, rows in evaluator.results.items()
        for number, values in rows.items()
    ]


def protocol(config: DictConfig, **own: Any) -> dict[str, Any]:
    """Return the evaluation settings for the result files.

    Args:
        config: with ``scale``, ``degradation`` and ``metrics``.
        **own: further settings.
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


def load_generators(sources: Sequence[str], scale: int | None, kind: str) -> dict[str, nn.Module]:
    """Load networks of one scale; baselines take that of the checkpoints.

    Raises:
        InputError: the checkpoints differ in scale.
    """
    loaded = {source: load_generator(source, scale, kind) for source in sources if source not in BASELINES}
    scales = {int(generator.scale) for generator in loaded.values()}  # type: ignore[arg-type]
    if len(scales) > 1:
        raise InputError(
            f"checkpoint: networks of scales {sorted(scales)} cannot be compared; evaluate them separately"
        )
    common = scale if scale is not None else next(iter(scales), 4)
    loaded |= {source: load_generator(source, common) for source in sources if source in BASELINES}
    return {source: loaded[source] for source in sources}


def display_names(sources: Sequence[str]) -> dict[str, str]:
    """Return a short unique name for each source: run and file, with the run's time if needed.

    The names are relative paths without ``..``, so that they can be folders of results.
    """
    different = list(dict.fromkeys(sources))
    by_length = [partial(display_name, length=length, suffix=kept) for length in range(4) for kept in (False, True)]
    return dict(zip(different, unique_names(different, [*by_length, full_name]), strict=True))


def display_name(source: str, length: int, suffix: bool = False) -> str:
    """Return ``srresnet/best`` or ``srresnet/TIME/best`` for a run's checkpoint, else the file's name with folders."""
    path = Path(source)
    if path.parent.name != "checkpoints" or len(path.parts) < 4:
        return relative_name(path, length + 1, suffix)
    time, run = path.parts[-3], path.parts[-4]
    return "/".join([run, path.stem] if length == 0 else [run, time, path.stem])


def full_name(source: str) -> str:
    """Return all parts of a path as a relative path."""
    return relative_name(Path(source), len(Path(source).parts), suffix=True)
