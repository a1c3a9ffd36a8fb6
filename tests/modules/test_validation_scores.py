"""Scores of validation images are averaged over the images of all devices."""

import pytest

from sr_lightning.metrics import per_image
from sr_lightning.modules.validation_scores import ValidationScores


def test_means_are_taken_over_the_images_of_each_prefix():
    scores = ValidationScores()
    scores.record("val/", 0, {"psnr_y": 20.0})
    scores.record("val/", 1, {"psnr_y": 30.0})
    scores.record("val/raw_", 0, {"psnr_y": 10.0})
    assert scores.means() == {"val/psnr_y": 25.0, "val/raw_psnr_y": 10.0}
    assert scores.means() == {}


def test_scores_that_are_recorded_later_are_added_to_those_of_the_image():
    scores = ValidationScores()
    scores.record("val/", 3, {"psnr_y": 20.0})
    scores.record("val/", 3, {"gap": 1.0})
    assert scores.means() == {"val/psnr_y": 20.0, "val/gap": 1.0}


@pytest.mark.parametrize("rank", [0, 1])
def test_a_device_without_images_gets_the_means_of_the_others(monkeypatch, rank):
    """All devices exchange exactly one message, whatever each of them has recorded."""
    devices = [ValidationScores(), ValidationScores()]
    devices[0].record("val/", 0, {"psnr_y": 20.0})
    devices[0].record("val/raw_", 0, {"psnr_y": 10.0})
    messages = []

    def all_gather_object(shares, own):
        messages.append(own)
        shares[:] = [dict(device._recorded) for device in devices[:rank]] + [own] + [
            dict(device._recorded) for device in devices[rank + 1 :]
        ]  # fmt: skip

    monkeypatch.setattr(per_image, "is_initialized", lambda: True)
    monkeypatch.setattr(per_image, "get_world_size", lambda: 2)
    monkeypatch.setattr(per_image, "all_gather_object", all_gather_object)
    assert devices[rank].means() == {"val/psnr_y": 20.0, "val/raw_psnr_y": 10.0}
    assert len(messages) == 1
