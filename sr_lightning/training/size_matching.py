"""Choose one size of a generator such that its cost equals that of a reference.

Comparisons of blocks are fairer between networks with equally many parameters or multiply-adds.
"""

import logging
from pathlib import Path

from hydra import compose
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from lightning.pytorch.utilities.rank_zero import rank_zero_only
from omegaconf import DictConfig, OmegaConf
from torch import nn

from sr_lightning.errors import InputError
from sr_lightning.generators.complexity import multiply_adds, parameters
from sr_lightning.system.atomic import write_text
from sr_lightning.system.torch_compat import fake_tensors

log = logging.getLogger(__name__)
TOLERANCE = 0.1  # of the reference's cost
LIMIT = 4096  # largest number that is tried
WORDS = {"params": "parameters", "macs": "multiply-adds"}


def match(config: DictConfig, folder: Path) -> None:
    """Set the size named by ``match_by``, also in the run's recorded configuration.

    The reference is the generator of the same command with the overrides of ``match_reference``.

    Args:
        config: of the run, changed in place; unchanged if ``match`` is null.
        folder: of the run.
    Raises:
        InputError: no size comes near the reference, or the generator has no such size.
    """
    if config.match is None:
        return
    key = config.match_by
    if not isinstance(OmegaConf.select(config, key), int):
        raise InputError(f"match_by={key}: is not a whole number of this network; set match_by=generator.width")
    hydra = HydraConfig.get()
    wanted = cost(compose(hydra.job.config_name, [*hydra.overrides.task, *config.match_reference, "name=reference"]))
    chosen, found = nearest(config, key, wanted)
    told = f"match={config.match}: {key}={chosen} gives {found:,} {WORDS[config.match]}, the reference has {wanted:,}"
    if abs(found - wanted) > TOLERANCE * wanted:
        raise InputError(f"{told}; set match_by to another of generator.depth, generator.width, block.growth")
    OmegaConf.update(config, key, chosen)
    log.info("%s", told)
    record(folder, key, chosen)


def cost(config: DictConfig) -> int:
    """Return the cost of a configuration's generator: parameters or multiply-adds, as ``match`` says."""
    with fake_tensors():  # no memory, no random numbers
        generator: nn.Module = instantiate(config.generator)
    if config.match == "params":
        return parameters(generator)
    return multiply_adds(generator, config.data.crop, int(getattr(generator, "channels", 3)))


def nearest(config: DictConfig, key: str, wanted: int) -> tuple[int, int]:
    """Return the size with the nearest cost, and this cost, by bisection of a monotonic cost."""
    tried = config.copy()
    costs: dict[int, int] = {}

    def at(number: int) -> int:
        if number not in costs:
            OmegaConf.update(tried, key, number)
            costs[number] = cost(tried)
        return costs[number]

    low, high = 1, 2
    while at(high) < wanted and high < LIMIT:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if at(middle) < wanted else (low, middle)
    chosen = min((low, high), key=lambda number: abs(at(number) - wanted))
    return chosen, at(chosen)


@rank_zero_only
def record(folder: Path, key: str, chosen: int) -> None:
    """Write the chosen size to the configuration recorded in the run's folder."""
    path = folder / ".hydra" / "config.yaml"
    if path.is_file():
        kept = OmegaConf.load(path)
        OmegaConf.update(kept, key, chosen)
        write_text(path, OmegaConf.to_yaml(kept))
