"""``python -m sr_lightning.train model=esrgan trainer.devices=4``"""

import importlib

import hydra
from omegaconf import DictConfig, OmegaConf

from sr_lightning.cli.config import CONF
from sr_lightning.cli.errors import one_line_errors
from sr_lightning.sweeps import job_directory, sweep_directory
from sr_lightning.system.torchrun import leave_process_group
from sr_lightning.training.run import run, stage
from sr_lightning.training.run_folder import run_directory
from sr_lightning.training.wandb import wandb_id, wandb_mode, wandb_name, wandb_tags

for resolver in (run_directory, job_directory, stage, wandb_id, wandb_mode, wandb_name, wandb_tags):
    OmegaConf.register_new_resolver(resolver.__name__, resolver, replace=True)
# One sweep has one folder, also where each job composes its configuration anew.
OmegaConf.register_new_resolver(sweep_directory.__name__, sweep_directory, replace=True, use_cache=True)


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")
def application(config: DictConfig) -> float | None:
    return run(config)


def main() -> None:
    """The command line."""
    with one_line_errors():
        application()
        leave_process_group()


if __name__ == "__main__":
    # by its name, not as __main__: launchers that send the application to other machines import it there
    importlib.import_module("sr_lightning.train").main()
