"""What a random degradation costs, stage by stage, and what it costs that each sample has a draw of its own."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from sr_lightning.command_line import CONF
from sr_lightning.degradations import TRAINING, Key, RandomDegradation, Stage

BATCH, CROP = 16, 256


class Timed:
    """A stage that counts the seconds in which it is at work."""

    def __init__(self, stage: Stage, device: str) -> None:
        self.stage, self.device, self.seconds = stage, device, 0.0
        self.draw = stage.draw

    def apply(self, *arguments: Any) -> torch.Tensor:
        spent, result = seconds(lambda: self.stage.apply(*arguments), self.device)
        self.seconds += spent
        return result


def seconds(work: Callable[[], Any], device: str) -> tuple[float, Any]:
    """Time of something, with the device's work done, and its result."""
    start = time.perf_counter()
    result = work()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start, result


def parts(*overrides: str) -> tuple[RandomDegradation, Callable[[torch.Tensor, torch.Tensor], Any]]:
    """The degradation, and a training step of SRResNet without it."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", ["model=srresnet", "degradation=second_order", "name=bench", *overrides])
    generator = instantiate(config.generator)
    generator.to("cuda" if torch.cuda.is_available() else "cpu", memory_format=torch.channels_last)
    optimizer = instantiate(config.optimizer)(generator.parameters())

    def step(lr: torch.Tensor, hr: torch.Tensor) -> None:
        optimizer.zero_grad()
        with torch.autocast(lr.device.type, torch.bfloat16):
            loss = (generator(lr).float() - hr).square().mean()
        loss.backward()
        optimizer.step()

    return instantiate(config.degradation), step


def measure(rounds: int = 4, overrides: Sequence[str] = ()) -> tuple[dict[str, float], dict[str, float]]:
    """Median seconds a batch of each way, and of each stage; one round is to warm up.

    Once for a batch is what published code does: the same record for all samples. It is done sample by sample all the
    same, so the two differ by what other draws cost, not by what could be shared.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    degradation, step = parts(*overrides)
    stages = degradation.chain.stages = {name: Timed(part, device) for name, part in degradation.chain.stages.items()}
    hr = torch.rand(BATCH, 3, CROP, CROP, device=device)
    ways: dict[str, list[float]] = {"drawing": [], "a draw for each sample": [], "a draw for each batch": []}
    ways["step of srresnet"] = []
    found: dict[str, list[float]] = {name: [] for name in stages}
    for iteration in range(rounds + 1):
        keys = [Key(TRAINING, iteration, sample) for sample in range(BATCH)]
        spent, records = seconds(lambda keys=keys: [degradation.draw(key) for key in keys], device)
        ways["drawing"].append(spent)
        for stage in stages.values():
            stage.seconds = 0.0
        spent, (lr, _) = seconds(lambda records=records: degradation(hr, records), device)
        ways["a draw for each sample"].append(spent)
        for name, stage in stages.items():
            found[name].append(stage.seconds)
        shared = [degradation.draw(Key(TRAINING, iteration, BATCH))] * BATCH
        ways["a draw for each batch"].append(seconds(lambda shared=shared: degradation(hr, shared), device)[0])
        ways["step of srresnet"].append(seconds(lambda lr=lr: step(lr, hr), device)[0])
    median = {name: statistics.median(values[1:]) for name, values in ways.items()}
    return median, {name: statistics.median(values[1:]) for name, values in found.items()}
