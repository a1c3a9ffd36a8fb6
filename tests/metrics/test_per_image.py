"""Scores of images gathered from all devices."""

import pytest

from sr_lightning.metrics import per_image


def test_an_image_measured_twice_counts_once(monkeypatch):
    """Two devices share three images; the second repeats image 0, as distributed samplers do."""
    shares = [{0: {"psnr_y": 30.0}, 2: {"psnr_y": 20.0}}, {1: {"psnr_y": 28.0}, 0: {"psnr_y": 30.0}}]
    monkeypatch.setattr(per_image, "is_initialized", lambda: True)
    monkeypatch.setattr(per_image, "get_world_size", lambda: 2)
    monkeypatch.setattr(per_image, "all_gather_object", lambda into, _: into.__setitem__(slice(None), shares))
    gathered = per_image.gather(shares[0])
    assert list(gathered) == [0, 1, 2]
    assert per_image.mean(gathered) == {"psnr_y": pytest.approx(26.0)}
