"""Settings that validation scores depend on besides the weights; scores under other settings cannot be compared."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning import LightningModule, Trainer

from sr_lightning.modules.data_summary import data_summary


def score_basis(monitor: str, settings: Mapping[str, Any], validation: Sequence[Path]) -> dict[str, Any]:
    """Return the metric, the validation images and their degradation, as plain values for a checkpoint.

    Images are identified by their names and sizes, so that a moved folder counts as the same.

    Args:
        monitor: ``val/NAME`` of the metric.
        settings: configuration of the run; missing keys are skipped.
        validation: files of the validation images.
    """
    files = [(path.name, path.stat().st_size) for path in validation]
    metric = (settings.get("metrics") or {}).get(monitor.removeprefix("val/"))
    return {
        "monitor": monitor,
        "metric": digest(metric),
        "validation": digest(files),
        "degradation": digest([settings.get(key) for key in ("degradation", "scale", "validation_seed")]),
    }


def basis_of_trainer(monitor: str, trainer: Trainer, module: LightningModule) -> dict[str, Any]:
    """Return the basis of the scores of a running trainer, after the setup of its data module."""
    data = data_summary(trainer)
    return score_basis(monitor, module.hparams, [] if data is None else data.validation_files)


def difference(saved: Mapping[str, Any], current: Mapping[str, Any]) -> str | None:
    """Return a description of what differs between two bases; None if scores can be compared."""
    if saved.get("monitor") != current.get("monitor"):
        return f"monitor was {saved.get('monitor')} and is {current.get('monitor')}"
    names = {"metric": "the settings of the metric", "validation": "the validation images",
             "degradation": "the degradation of the validation images"}  # fmt: skip
    changed = [text for key, text in names.items() if saved.get(key) != current.get(key)]
    return f"{' and '.join(changed)} changed" if changed else None


def digest(content: Any) -> str:
    """Return a short hash of plain containers."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:12]
