"""The images between the stages of a degradation."""

import torch

from sr_lightning.degradations import SampleKey
from sr_lightning.degradations.steps import steps
from sr_lightning.ops.quantize import quantize
from sr_lightning.ops.random_streams import Stream
from tests.support.configs import second_order


def test_every_applied_stage_has_its_image_and_the_last_is_the_result():
    degradation = second_order("degradation.stages.noise=null", "degradation.stages.second_blur.probability=0")
    hr = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))
    (record,) = degradation.draw([SampleKey(Stream.FIXED, 0, 0)])
    names, images = zip(*steps(degradation.chain, hr, record, (16, 16)), strict=True)
    assert names[:4] == ("sharpen", "blur", "resize", "jpeg")
    assert "second blur" not in names
    assert set(names[4:6]) == {"second resize", "second noise"}
    assert {"resize", "jpeg"} <= set(names[6:])  # stages of the chain inside the chain
    assert torch.equal(quantize(images[-1]), degradation(hr[None], [record])[0])
    first = degradation.chain.stages["sharpen"].apply(hr, record["sharpen"], (16, 16))
    assert torch.equal(images[0], first)
