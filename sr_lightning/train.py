"""``python -m sr_lightning.train model=esrgan trainer.devices=4``"""

import importlib

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from sr_lightning import training
from sr_lightning.cli.config import CONF, plain
from sr_lightning.cli.errors import one_line_errors
from sr_lightning.errors import InputError
from sr_lightning.sweeps import check_devices_in_process, job_directory, sweep_directory
from sr_lightning.system.torchrun import leave_process_group

OmegaConf.register_new_resolver(job_directory.__name__, job_directory, replace=True)
# Cached, so that all jobs of a sweep, each of which composes its own configuration, get the same sweep folder.
OmegaConf.register_new_resolver(sweep_directory.__name__, sweep_directory, replace=True, use_cache=True)


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")
def application(config: DictConfig) -> float | None:
    """Train in the output folder of the running Hydra application."""
    context = HydraConfig.get()
    if context.mode == RunMode.MULTIRUN:
        check_devices_in_process(config.trainer.devices)
        return train(config)
    with one_line_errors("train"):  # also around the job: Hydra would print a line of its own before the message
        return train(config)


def train(config: DictConfig) -> float | None:
    """Train with the values of the running Hydra application; return the best score."""
    context = HydraConfig.get()
    if config.folder is not None:
        raise InputError(f"folder={config.folder}: is set by the command; set hydra.run.dir={config.folder}")
    return training.run(
        config,
        context.runtime.output_dir,
        overrides=list(context.overrides.task),
        config_name=context.job.config_name or "train",
        compose=hydra.compose,
        job_logging=plain(context.job_logging),
    )


def main() -> None:
    """Run the command line."""
    with one_line_errors("train"):
        application()
        leave_process_group()


if __name__ == "__main__":
    # Not as __main__: launchers that send the application to other machines import it there by its name.
    importlib.import_module("sr_lightning.train").main()
