"""``python -m sr_lightning.evaluate checkpoint=bicubic benchmarks=[Set5,Set14,B100] benchmark_root=DIR``"""

import logging
import os
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig, ListConfig
from torch import Tensor

from sr_lightning import image
from sr_lightning.cli.config import CONF, check_values, one_of
from sr_lightning.cli.errors import one_line_errors
from sr_lightning.cli.known_keys import check_known_keys
from sr_lightning.cli.warnings import quiet
from sr_lightning.data import Batch, find_benchmarks
from sr_lightning.errors import InputError
from sr_lightning.evaluation.benchmark import OnImage, display_names, evaluate, load_generators, protocol
from sr_lightning.evaluation.tables import Row, means, show, undefined, write_results
from sr_lightning.evaluation.usable import usable_files
from sr_lightning.modules import Benchmarks
from sr_lightning.system.torchrun import leave_process_group
from sr_lightning.training.run_folder import claimed

log = logging.getLogger(__name__)

EXPECTED = {
    "scale": one_of(None, 1, 2, 3, 4, 8),
    "kind": one_of("ema", "raw"),
    "self_ensemble": one_of(True, False),
    "save_images": one_of(True, False),
}


def run(config: DictConfig, folder: Path) -> list[Row]:
    """Evaluate the configured networks on the configured benchmarks; write the results to ``folder``.

    Returns:
        One row per image.
    """
    quiet()
    check_known_keys(config, "evaluate")
    check_values(config, EXPECTED)
    sources = as_list(config.checkpoint, "checkpoint")
    files = find_benchmarks(as_list(config.benchmarks, "benchmarks"), config.benchmark_root)
    generators = load_generators(sources, config.scale, config.kind)
    names = display_names(sources)
    trainer = instantiate(config.trainer)
    scale = config.scale = int(next(iter(generators.values())).scale)  # type: ignore[arg-type]
    metrics = instantiate(config.metrics)
    usable, left_out = usable_files(files, scale, metrics)
    for message in left_out:
        log.warning("%s", message)
    benchmarks = Benchmarks(usable, instantiate(config.degradation), scale)
    rows: list[Row] = []
    for source, generator in generators.items():
        network = names[source]
        save = saver(folder / "images" / network, benchmarks) if config.save_images else None
        rows += evaluate(trainer, generator, metrics, benchmarks, network, config.self_ensemble, save)
    if trainer.is_global_zero:
        missing = undefined(rows)
        settings = protocol(config, self_ensemble=config.self_ensemble, checkpoints=sources)
        write_results(folder, rows, settings, left_out + missing)
        show(means(rows), f"x{scale}, mean over images", config.metrics)
        for message in missing:
            log.warning("%s", message)
        log.info("Tables and the values of each image: %s", os.path.relpath(folder))
    return rows


def as_list(value: Any, key: str) -> list[str]:
    """Convert one name or a list of names to a list.

    Raises:
        InputError: the list is empty.
    """
    names = [str(name) for name in value] if isinstance(value, ListConfig) else [str(value)]
    if not names:
        raise InputError(f"{key}=[]: name at least one")
    return names


def saver(folder: Path, benchmarks: Benchmarks) -> OnImage:
    """Return a callback that writes the output of each image below ``folder``."""

    def save(benchmark: str, number: int, sr: Tensor, batch: Batch) -> None:
        image.write(folder / benchmark / f"{benchmarks.files[benchmark].stems[number]}.png", sr[0])

    return save


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="evaluate")
def application(config: DictConfig) -> None:
    """Evaluate in the output folder of the running Hydra application."""
    with one_line_errors("evaluate"):  # also around the job: Hydra would print a line of its own before the message
        folder = Path(HydraConfig.get().runtime.output_dir)
        with claimed(folder):
            run(config, folder)


def main() -> None:
    """The command line."""
    with one_line_errors("evaluate"):
        application()
        leave_process_group()


if __name__ == "__main__":
    main()
