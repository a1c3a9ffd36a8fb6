"""Cost of a random degradation by stage, and of drawing it per sample."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import Tensor

from sr_lightning.cli.config import CONF
from sr_lightning.degradations import JPEG, Chain, RandomDegradation, Record, SampleKey, Stage
from sr_lightning.ops.random_streams import Stream
from tests.benchmarks import library
from tests.benchmarks.networks import parts
from tests.benchmarks.published import Batches, fixed
from tests.benchmarks.timing import default_device, in_turn, timed

BATCH, CROP = 16, 256


class Timed:
    """A stage that accumulates its seconds."""

    def __init__(self, stage: Stage, device: torch.device) -> None:
        self.stage, self.device, self.seconds = stage, device, 0.0
        self.draw = stage.draw

    def apply(self, *arguments: Any) -> Tensor:
        spent, result = timed(lambda: self.stage.apply(*arguments), self.device)
        self.seconds += spent
        return result


def second_order() -> RandomDegradation:
    """Return Real-ESRGAN's degradation."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return instantiate(compose("train", ["degradation=second_order", "name=bench"]).degradation)


def at_once(chain: Chain, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
    """Apply one record to the complete batch with concatenated channels, as published code does.

    JPEG distinguishes color from gray by the number of channels, so it gets one tall image.
    """
    for name, drawn in record.items():
        stage = chain.stages[name]
        if drawn is None:
            continue
        if isinstance(stage, Chain):
            image = at_once(stage, image, drawn, size)
        elif isinstance(stage, JPEG):
            tall = stage.apply(image.transpose(0, 1).flatten(1, 2), drawn, size)
            image = tall.unflatten(1, (len(image), -1)).transpose(0, 1)
        else:
            image = stage.apply(image.flatten(0, 1), drawn, size).unflatten(0, image.shape[:2])
    return image


def colored(record: Record) -> Record:
    """Return a record without gray noise, which would be equal for all samples of a batch."""
    return {
        name: colored(part) if isinstance(part, dict) else False if name == "gray" else part
        for name, part in record.items()
    }


def records_of(degradation: RandomDegradation, iteration: int, samples: int) -> list[Record]:
    """Return the records drawn for each sample of a batch."""
    return degradation.draw([SampleKey(Stream.TRAINING, iteration, sample) for sample in range(samples)])


def drawn_by_sample(degradation: RandomDegradation, hr: Tensor) -> Batches:
    """Return batches as in this library, with one draw per sample."""
    iterations = count()

    def batch() -> tuple[Tensor, Tensor, Tensor]:
        return degradation(hr, records_of(degradation, next(iterations), len(hr))), hr, hr

    return batch


def drawn_by_batch(degradation: RandomDegradation, hr: Tensor, sharpened: Callable[[Tensor], Tensor]) -> Batches:
    """Return batches as in published code: one draw for all samples, sharpened once for losses and degradation."""
    iterations, size = count(), low_resolution(degradation, hr)

    def batch() -> tuple[Tensor, Tensor, Tensor]:
        target = sharpened(hr)
        record = colored(records_of(degradation, next(iterations), 1)[0])
        del record["sharpen"]
        return at_once(degradation.chain, target, record, size).clamp(0, 1), hr, target

    return batch


def low_resolution(degradation: RandomDegradation, hr: Tensor) -> tuple[int, int]:
    """Return height and width of the LR image."""
    return hr.shape[-2] // degradation.scale, hr.shape[-1] // degradation.scale


def by_stage(degradation: RandomDegradation, hr: Tensor, rounds: int) -> dict[str, float]:
    """Return the mean seconds per batch of each stage, after one round to warm up."""
    plain = degradation.chain.stages
    watched = {name: Timed(stage, hr.device) for name, stage in plain.items()}
    batch = drawn_by_sample(degradation, hr)
    batch()
    degradation.chain.stages = watched
    try:
        for _ in range(rounds):
            batch()
    finally:
        degradation.chain.stages = plain
    return {name: stage.seconds / rounds for name, stage in watched.items()}


def measure(
    rounds: int = 6, overrides: Sequence[str] = (), batch: int = BATCH, crop: int = CROP
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the median seconds per batch of each variant and the means of the stages, after one round to warm up.

    Args:
        overrides: of the network whose step is timed beside the degradation.
        batch: samples.
        crop: side in HR pixels.
    """
    device, degradation = default_device(), second_order()
    hr = torch.rand(batch, 3, crop, crop, device=device)
    size = low_resolution(degradation, hr)
    drawn = [records_of(degradation, iteration, batch) for iteration in range(rounds + 1)]
    shared = [colored(records[0]) for records in drawn]
    by_sample, one_by_one, together = iter(drawn), iter(shared), iter(shared)
    batches = fixed(torch.rand(batch, 3, *size, device=device), hr)
    ways = {
        "drawing": lambda: records_of(degradation, 0, batch),
        "a draw for each sample": lambda: degradation(hr, next(by_sample)),
        "a draw for each batch, sample by sample": lambda: degradation(hr, [next(one_by_one)] * batch),
        "a draw for each batch, at once": lambda: at_once(degradation.chain, hr, next(together), size),
        "step of srresnet": library.step(parts("srresnet", overrides).to(device), batches),
    }
    return in_turn(ways, rounds, device), by_stage(degradation, hr, rounds)
