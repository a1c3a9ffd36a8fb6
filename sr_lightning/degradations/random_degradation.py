"""A degradation with parameters drawn per sample."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sr_lightning.degradations.chain import Chain
from sr_lightning.degradations.random_draws import Record, SampleKey, SampleRNG
from sr_lightning.degradations.stage import Stage, check_hr
from sr_lightning.ops.quantize import quantize
from sr_lightning.ops.random_streams import Stream


class RandomDegradation(nn.Module):
    """Apply a sequence of stages with parameters drawn per sample by a counter-based RNG.

    Draws depend on the seed and the sample's key alone, not on the other samples, the number of devices or earlier
    draws, so there is no state to save. Samples are processed one by one, as their intermediate sizes differ, and in
    float32 even under autocast. If the last stage does not end at the LR size, antialiased bicubic resizes to it.

    Source:
        Real-ESRGAN, arXiv:2107.10833, sec. 3.
    Args:
        scale: HR size over LR size.
        stages: name -> stage, in order; None skips a stage.
        seed: for draws of training samples.
        validation_seed: for draws of `Stream.FIXED`; independent of ``seed``, so that runs with different seeds are
            measured on the same LR images.
        before: name of a stage -> name of the stage that it precedes, see `Chain`.
    Shape:
        hr (B, C, s*h, s*w) in [0, 1] and B records -> lr (B, C, h, w) in [0, 1], rounded to 8 bits.
    Raises:
        ValueError: an unknown stage in ``before``, a size that the scale does not divide, a number of records other
            than B, or as `check_hr`.
    """

    is_random = True

    def __init__(
        self,
        scale: int,
        stages: Mapping[str, Stage | None],
        seed: int = 0,
        validation_seed: int = 0,
        before: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.scale, self.seed, self.validation_seed = scale, seed, validation_seed
        self.chain = Chain(stages, before=before)

    def draw(self, keys: Sequence[SampleKey]) -> list[Record]:
        """Draw the parameters of all stages for each sample."""
        seeds = [self.validation_seed if key.stream is Stream.FIXED else self.seed for key in keys]
        return [self.chain.draw(SampleRNG(seed, key)) for seed, key in zip(seeds, keys, strict=True)]

    def forward(self, hr: Tensor, records: Sequence[Record]) -> Tensor:
        height, width = hr.shape[-2:]
        if height % self.scale or width % self.scale:
            raise ValueError(f"{width}x{height} pixels cannot be divided by {self.scale}: crop to a multiple first")
        size = height // self.scale, width // self.scale
        hr = check_hr(hr)
        with torch.autocast(hr.device.type, enabled=False):
            return torch.stack(
                [self.degrade(image, record, size) for image, record in zip(hr.float(), records, strict=True)]
            )

    def degrade(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        """Return the LR image of one sample. Shape: (C, s*h, s*w) -> (C, h, w)."""
        image = self.chain.apply(image, record, size)
        if image.shape[-2:] != size:
            image = F.interpolate(image[None], size=size, mode="bicubic", antialias=True)[0]
        return quantize(image)
