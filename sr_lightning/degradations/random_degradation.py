"""A degradation that is drawn anew for each sample of each batch, and can be repeated exactly."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sr_lightning.degradations.chain import Chain
from sr_lightning.degradations.random_draws import FIXED, Dice, Key, Record
from sr_lightning.degradations.stage import Stage
from sr_lightning.ops.quantize import eight_bit


class RandomDegradation(nn.Module):
    """Stages that are drawn for each sample by itself, as a function of the seed and of the sample's key.

    Neither the other samples of the batch nor the number of devices nor what was drawn before has a part in it: there
    is no state to save. Everything is computed in float32 also under autocast, sample by sample, as intermediate sizes
    differ. What is not of the low-resolution size after the last stage is brought there by antialiased bicubic.

    Source:
        Real-ESRGAN, arXiv:2107.10833, sec. 3.
    Args:
        scale: factor between lr and hr.
        stages: name -> stage, in order; None leaves one out.
        seed: of all draws for training.
        validation_seed: of fixed ones, so that runs of every seed are measured on the same low resolution.
    Shape:
        hr (B, C, s*h, s*w) in [0, 1] -> lr (B, C, h, w) in [0, 1] and 8 bits, hr.
    Raises:
        ValueError: sizes that the scale does not divide, or another number of records than of samples.
    """

    def __init__(self, scale: int, stages: Mapping[str, Stage | None], seed: int = 0, validation_seed: int = 0) -> None:
        super().__init__()
        self.scale, self.seed, self.validation_seed = scale, seed, validation_seed
        self.chain = Chain(stages)

    def draw(self, key: Key) -> Record:
        """What happens to one sample: a record that JSON can hold, for `forward` with this or another image."""
        return self.chain.draw(Dice(self.validation_seed if key.stream == FIXED else self.seed, key, ""))

    def forward(self, hr: Tensor, records: Sequence[Record]) -> tuple[Tensor, Tensor]:
        height, width = hr.shape[-2:]
        if height % self.scale or width % self.scale:
            raise ValueError(f"{height}x{width} pixels cannot be divided by {self.scale}: crop to a multiple first")
        size = height // self.scale, width // self.scale
        with torch.autocast(hr.device.type, enabled=False):
            lr = [self.degraded(image, record, size) for image, record in zip(hr.float(), records, strict=True)]
        return torch.stack(lr), hr

    def degraded(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        """One sample."""
        image = self.chain.apply(image, record, size)
        if image.shape[-2:] != size:
            image = F.interpolate(image[None], size=size, mode="bicubic", antialias=True)[0]
        return eight_bit(image)
