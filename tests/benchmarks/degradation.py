"""What a random degradation costs, stage by stage, and what it costs that each sample has a draw of its own."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from sr_lightning.cli.config import CONF
from sr_lightning.degradations import JPEG, TRAINING, Chain, Key, RandomDegradation, Record, Stage

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


def at_once(chain: Chain, image: torch.Tensor, record: Record, size: tuple[int, int]) -> torch.Tensor:
    """What published code does: one record, each stage on the whole batch, whose channels lie one behind the other.

    JPEG, which tells colours from grey by the number of channels, is done sample by sample.
    """
    for name, drawn in record.items():
        stage = chain.stages[name]
        if drawn is None:
            continue
        if isinstance(stage, Chain):
            image = at_once(stage, image, drawn, size)
        elif isinstance(stage, JPEG):
            image = torch.stack([stage.apply(sample, drawn, size) for sample in image])
        else:
            image = stage.apply(image.flatten(0, 1), drawn, size).unflatten(0, image.shape[:2])
    return image


def coloured(record: Record) -> Record:
    """A record in which no noise is grey: that of a batch would be one for all samples."""
    return {
        name: coloured(part) if isinstance(part, dict) else False if name == "grey" else part
        for name, part in record.items()
    }


def measure(rounds: int = 6, overrides: Sequence[str] = ()) -> tuple[dict[str, float], dict[str, float]]:
    """Median seconds a batch of each way, and mean of each stage; one round is to warm up."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    degradation, step = parts(*overrides)
    plain = degradation.chain
    timed = {name: Timed(part, device) for name, part in plain.stages.items()}
    hr = torch.rand(BATCH, 3, CROP, CROP, device=device)
    size = CROP // degradation.scale, CROP // degradation.scale
    names = ["drawing", "a draw for each sample", "a draw for each batch, sample by sample"]
    ways: dict[str, list[float]] = {name: [] for name in [*names, "a draw for each batch, at once", "step of srresnet"]}
    found: dict[str, list[float]] = {name: [] for name in timed}
    for iteration in range(rounds + 1):
        keys = [Key(TRAINING, iteration, sample) for sample in range(BATCH)]
        spent, records = seconds(lambda keys=keys: [degradation.draw(key) for key in keys], device)
        ways["drawing"].append(spent)
        spent, (lr, _) = seconds(lambda records=records: degradation(hr, records), device)
        ways["a draw for each sample"].append(spent)
        shared = coloured(records[0])
        spent, _ = seconds(lambda shared=shared: degradation(hr, [shared] * BATCH), device)
        ways["a draw for each batch, sample by sample"].append(spent)
        spent, _ = seconds(lambda shared=shared: at_once(plain, hr, shared, size), device)
        ways["a draw for each batch, at once"].append(spent)
        ways["step of srresnet"].append(seconds(lambda lr=lr: step(lr, hr), device)[0])
        plain.stages = timed
        for stage in timed.values():
            stage.seconds = 0.0
        degradation(hr, records)
        for name, stage in timed.items():
            found[name].append(stage.seconds)
        plain.stages = {name: stage.stage for name, stage in timed.items()}
    median = {name: statistics.median(values[1:]) for name, values in ways.items()}
    return median, {name: statistics.mean(values[1:]) for name, values in found.items()}
