"""OmegaConf resolvers of ``conf/train.yaml``; this module imports no slow library."""

import secrets
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from sr_lightning.training.run_folder import new_directory, run_directory


def stage(*, _root_: DictConfig) -> str:
    """Return the kind of training: ``adversarial`` if the module has a discriminator, otherwise ``pixel``."""
    return "adversarial" if "discriminator" in _root_.module else "pixel"


def wandb_id(folder: str | None) -> str:
    """Return the id of a run folder's W&B run, which is random and kept in ``wandb_id`` in this folder."""
    return secrets.token_hex(6) if folder is None else kept_id(Path(folder) / "wandb_id")


def kept_id(path: Path) -> str:
    """Return the id in a file, which is written with a random one if it is missing and its folder exists."""
    new = secrets.token_hex(6)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(f"{new}\n")
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip() or new
    except FileNotFoundError:
        return new
    return new


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
    for resolver in (run_directory, new_directory, stage, wandb_id, wandb_mode, wandb_name, wandb_tags):
        OmegaConf.register_new_resolver(resolver.__name__, resolver, replace=True)
