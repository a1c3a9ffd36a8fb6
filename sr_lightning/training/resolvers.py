"""OmegaConf resolvers of ``conf/train.yaml``; this module imports no slow library."""

import hashlib
from collections.abc import Sequence

from omegaconf import DictConfig, OmegaConf

from sr_lightning.training.run_folder import run_directory


def stage(*, _root_: DictConfig) -> str:
    """Return the kind of training: ``adversarial`` if the module has a discriminator, otherwise ``pixel``."""
    return "adversarial" if "discriminator" in _root_.module else "pixel"


def wandb_id(folder: str) -> str:
    """Return the id of a run folder's W&B run, so that a resumed run continues its W&B run."""
    return hashlib.sha256(str(folder).encode()).hexdigest()[:12]


def wandb_mode() -> str:
    """Return WANDB_MODE if set, else ``online`` with a login and ``offline`` without one.

    ``wandb sync`` uploads offline runs later.
    """
    import wandb

    mode = wandb.setup().settings.mode
    return "offline" if mode == "online" and not wandb.login(prompt=False) else mode


def wandb_name(name: str, axes: Sequence[str]) -> str:
    """Return the overrides that distinguish a job within its sweep; outside of a sweep, the name of the run."""
    return " ".join(axes)[:128] or name


def wandb_tags(axes: Sequence[str]) -> list[str]:
    """Return the overrides that distinguish a job within its sweep, shortened to W&B's limit for tags."""
    return [axis[:64] for axis in axes]


def register_resolvers() -> None:
    """Register the resolvers under their function names."""
    for resolver in (run_directory, stage, wandb_id, wandb_mode, wandb_name, wandb_tags):
        OmegaConf.register_new_resolver(resolver.__name__, resolver, replace=True)
