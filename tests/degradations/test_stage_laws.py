"""Laws of every degradation stage: records are plain data, and decide the result."""

import json

import pytest
import torch

from sr_lightning.degradations import JPEG, Blur, Chain, Noise, Resize, SampleRNG, Sharpen
from tests.support.draws import keys, photograph


@pytest.mark.parametrize(
    "stage",
    [
        Blur(1, size=(7, 9), kinds={"gaussian_anisotropic": 1}, sigma=(0.5, 2)),
        Chain({"jpeg": JPEG(1, (30, 60)), "sharpen": Sharpen(0.5)}, shuffle=True),
        JPEG(1, (30, 60), offset=(0, 15)),
        Noise(1, gaussian=0.5, sigma=(5, 20), scale=(0.5, 2), gray=0.5),
        Resize(1, directions={"up": 1, "down": 1}, factor=(0.5, 1.5), modes={"area": 1, "bicubic": 1}),
        Sharpen(1),
    ],
    ids=lambda stage: type(stage).__name__,
)
def test_records_are_json_and_reproduce_the_image(stage):
    image = photograph(32, 40)
    for key in keys(4):
        record = stage.draw(SampleRNG(0, key))
        assert stage.draw(SampleRNG(0, key)) == record
        result = stage.apply(image, record, (8, 10))
        assert result.dtype == torch.float32
        assert result.ndim == 3
        assert result.isfinite().all()
        assert not torch.equal(result, photograph(32, 40))
        assert torch.equal(image, photograph(32, 40)), "the input is unchanged"
        replayed = json.loads(json.dumps(record))
        assert torch.equal(stage.apply(image, replayed, (8, 10)), result)
