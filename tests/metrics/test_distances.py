"""Mean distances to several references."""

import pytest
import torch

from sr_lightning.metrics import PSNR
from sr_lightning.metrics.distances import mean_distances


def test_distances_are_averaged_over_the_other_references():
    image = torch.full((3, 16, 16), 0.5)
    references = [image, image + 3 / 255, image - 4 / 255]
    scores = mean_distances(image, references, {"psnr_y": PSNR()})
    assert scores["rmse"] == pytest.approx((25 / 2) ** 0.5, rel=1e-4)
    values = []
    for reference in references[1:]:
        values.append(float(PSNR()(image[None], reference[None])))
    assert scores["psnr_y"] == pytest.approx(sum(values) / 2)
