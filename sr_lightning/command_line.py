"""What the command lines share: where conf/ is, how errors are told, how parts are made of configuration."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from lightning.fabric.utilities.exceptions import MisconfigurationException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from torch import nn

from sr_lightning import weights
from sr_lightning.errors import InputError
from sr_lightning.generators import Interpolation

PACKAGE = Path(__file__).parent
CONF = next(folder for folder in (PACKAGE / "conf", PACKAGE.parent / "conf") if folder.is_dir())
BASELINES = ("nearest", "bilinear", "bicubic")
TRUSTED = ("sr_lightning.generators.", "torch.nn.")  # what a checkpoint may build its network from


@contextmanager
def one_line_errors() -> Iterator[None]:
    """End the program with one line and status 1 when the user's input is at fault.

    A wrong value that a part refuses when it is built is named by its key; other errors keep their stack trace.
    """
    try:
        yield
    except InstantiationException as error:
        cause = root_cause(error)
        if not isinstance(cause, (ValueError, TypeError, ImportError, AttributeError, MisconfigurationException)):
            raise
        where = next((line.split(": ", 1)[1] for line in str(error).splitlines() if line.startswith("full_key: ")), "")
        message = str(cause).replace("\n", " ")
        prefix = "" if isinstance(cause, InputError) else f"{where}: "
        raise SystemExit(f"error: {prefix}{message}") from error
    except (InputError, OmegaConfBaseException, MisconfigurationException) as error:
        # an error out of a worker process carries that process's whole trace; its last line is the message
        lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("    ")]
        from_worker = "Original Traceback" in str(error)
        message = lines[-1].split(": ", 1)[-1] if from_worker else " ".join(lines)
        raise SystemExit(f"error: {message}") from error


def root_cause(error: BaseException) -> BaseException:
    """The first error of a chain."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def plain(config: Any) -> Any:
    """Configuration as plain, resolved containers, which checkpoints can hold."""
    return OmegaConf.to_container(config, resolve=True)


def load_generator(source: str, scale: int | None = None, kind: str = "ema") -> nn.Module:
    """A generator with its weights, ready for inference.

    Args:
        source: a checkpoint of a training run, or the name of a baseline.
        scale: of a baseline, 4 for None; of a checkpoint, what it must have been trained for.
        kind: ``ema`` or ``raw``.
    Raises:
        InputError: no such file, not a checkpoint, parts that are not this library's, or another scale.
    """
    if scale is not None and scale < 1:
        raise InputError(f"scale={scale}: must be a whole number of at least 1")
    if source in BASELINES:
        return Interpolation(source, 4 if scale is None else scale).eval()
    content = weights.read(source)
    recipe = content.get("hyper_parameters", {}).get("generator")
    if recipe is None:
        raise InputError(f"{source}: does not say which network it belongs to; give a .ckpt file of a training run")
    for target in targets(recipe):
        if not target.startswith(TRUSTED):
            raise InputError(f"{source}: builds its network from {target}, which is not a part of this library")
    generator = instantiate(recipe)
    if scale is not None and scale != generator.scale:
        raise InputError(f"{source}: enlarges {generator.scale} times; set scale={generator.scale} or leave it out")
    generator.load_state_dict(weights.generator_weights(content, kind))
    return generator.eval()


def targets(recipe: Any) -> Iterator[str]:
    """Every ``_target_`` in nested plain configuration."""
    if isinstance(recipe, Mapping):
        if "_target_" in recipe:
            yield str(recipe["_target_"])
        recipe = list(recipe.values())
    if isinstance(recipe, list):
        for part in recipe:
            yield from targets(part)


def precision(asked: str, accelerator: str) -> str:
    """``auto`` -> bf16-mixed where the hardware computes in bfloat16, else 32-true."""
    if asked != "auto":
        return asked
    if accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "32-true"
    if accelerator in ("auto", "cpu"):
        return "bf16-mixed" if bfloat16_on_cpu() else "32-true"
    return "32-true"


def bfloat16_on_cpu() -> bool:
    """Whether this CPU multiplies in bfloat16 (AVX-512 BF16 or AMX); elsewhere it would be slower than float32."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def quiet() -> None:
    """Silence hints that do not apply here."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    for hint in (
        ".*does not have many workers.*",  # a store needs none
        ".*dataloader is not resumable.*",  # samples are a function of the iteration
        ".*`IterableDataset` has `__len__` defined.*",
        ".*Experiment logs directory.*",
        ".*number of training batches.*smaller than the logging interval.*",
        ".*lr_scheduler.step.*before.*optimizer.step.*",
        ".*`isinstance.treespec, LeafSpec.` is deprecated.*",
        ".*No device id is provided.*",
        ".*It is recommended to use .*sync_dist.*",
    ):
        warnings.filterwarnings("ignore", message=hint)
