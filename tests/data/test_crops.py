"""Crops depend on (seed, iteration, sample) alone."""

import numpy as np
import pytest
import torch

from sr_lightning.data.crop_store import CropStore, DecodedImages, build
from sr_lightning.data.crops import Crops, IterationSampler, apply_symmetry, permutation, plan_crops
from sr_lightning.data.device_store import DeviceStore
from sr_lightning.data.discovery import find_images
from sr_lightning.data.full_images import RankSampler
from tests.support import photographs

SIZES = np.array([[40, 50], [33, 90], [60, 35]])


def batch_plan(samples, iteration=3, seed=0, batch_size=8, **changes):
    return plan_crops(**{"seed": seed, "iteration": iteration, "samples": samples, "batch_size": batch_size,
                   "sizes": SIZES, "crop": 16, "grid": 1, **changes})  # fmt: skip


@pytest.fixture
def images(tmp_path):
    return CropStore(build(find_images(photographs.folder(tmp_path / "images")), tmp_path / "cache"))


def test_each_device_draws_its_share_of_the_same_batch():
    complete = batch_plan(range(8))
    shares = [batch_plan(range(4 * rank, 4 * rank + 4)) for rank in range(2)]
    for name in complete._fields:
        np.testing.assert_array_equal(
            getattr(complete, name), np.concatenate([getattr(share, name) for share in shares]), err_msg=name
        )


def test_seed_and_iteration_change_the_crops():
    one, other, later = batch_plan(range(8)), batch_plan(range(8), seed=1), batch_plan(range(8), iteration=4)
    assert not np.array_equal(one.top, other.top)
    assert not np.array_equal(one.top, later.top)
    np.testing.assert_array_equal(one.top, batch_plan(range(8)).top)


def test_every_epoch_visits_each_image_once():
    taken = np.concatenate([batch_plan(range(2), t, batch_size=2).image for t in range(30)])
    assert len(taken) == 60
    for start in range(0, 60, 3):
        assert sorted(taken[start : start + 3]) == [0, 1, 2]
    assert len({tuple(permutation(0, epoch, 3)) for epoch in range(40)}) == 6


def test_corners_are_uniform_and_reach_the_edges():
    drawn = batch_plan(range(6000), batch_size=6000)
    first = drawn.image == 0
    counts = np.bincount(drawn.top[first], minlength=25)
    assert len(counts) == 40 - 16 + 1
    expected = first.sum() / 25
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert chi_square < 51.2  # 24 degrees of freedom, p = 0.001
    assert drawn.left[first].max() == 50 - 16
    assert (np.bincount(drawn.symmetry, minlength=8) > 600).all()


def test_paired_corners_lie_on_the_low_resolution_grid():
    drawn = batch_plan(range(500), batch_size=500, grid=4)
    assert (drawn.top % 4 == 0).all()
    assert (drawn.left % 4 == 0).all()
    assert (drawn.top + 16 <= SIZES[drawn.image, 0]).all()
    assert drawn.top[drawn.image == 1].max() == 16  # the last multiple of 4 that fits into 33 - 16


def test_store_decoding_and_device_memory_give_the_same_crops(images, tmp_path):
    arguments = {"lr": None, "crop": 24, "scale": 4, "batch_size": 6, "seed": 5}
    decoded = DecodedImages(find_images(tmp_path / "images"))
    stored, anew = (Crops(source, **arguments)[7] for source in (images, decoded))
    planned = Crops(images, **arguments, fetch=False)[7]
    assert planned.hr is None
    resident = DeviceStore(images, torch.device("cpu"))
    gathered = resident.crops(planned.image, planned.top, planned.left, 24)
    assert torch.equal(stored.hr, anew.hr)
    assert torch.equal(stored.hr, gathered)
    assert stored.hr.is_contiguous(memory_format=torch.channels_last)


def test_crops_of_recorded_pairs_stay_aligned(tmp_path):
    """Each LR pixel contains the coordinates of its HR block; crops and symmetries keep the correspondence."""
    y, x = np.mgrid[0:64, 0:96].astype(np.uint8)
    hr_pixels = np.stack([y // 4, x // 4, 0 * x], axis=-1)

    class Synthetic:
        def __init__(self, pixels):
            self.pixels, self.sizes = pixels, np.array([pixels.shape[:2]])

        def crop(self, index, top, left, size):
            return self.pixels[top : top + size, left : left + size]

    crops = Crops(Synthetic(hr_pixels), Synthetic(hr_pixels[::4, ::4]), crop=32, scale=4, batch_size=16, seed=0)
    batch = crops[0]
    hr, lr = (apply_symmetry(crops, batch.symmetry) for crops in (batch.hr, batch.lr))
    assert hr.shape == (16, 3, 32, 32)
    assert lr.shape == (16, 3, 8, 8)
    assert torch.equal(hr[..., ::4, ::4], lr)
    assert len(torch.unique(batch.symmetry)) > 3


def test_the_eight_symmetries_are_distinct_and_include_all_rotations_and_flips():
    square = torch.arange(9.0).view(1, 1, 3, 3)
    turned = apply_symmetry(square.expand(8, 1, 3, 3), torch.arange(8))
    assert len({tuple(one.flatten().tolist()) for one in turned}) == 8
    for turns in range(4):
        rotated = square.rot90(turns, (-2, -1))[0]
        assert any(torch.equal(one, rotated) for one in turned)
        assert any(torch.equal(one, rotated.flip(-1)) for one in turned)


def test_a_resumed_run_continues_with_the_next_iteration():
    complete, resumed = IterationSampler(0, 10), IterationSampler(6, 10)
    assert [*range(6), *resumed] == list(complete)
    assert len(resumed) == len(complete) == 10


@pytest.mark.parametrize(("count", "devices"), [(5, 2), (1, 4), (6, 3), (7, 1)])
def test_ranks_get_equally_many_images_and_cover_all(count, devices):
    shares = [list(RankSampler(count, rank, devices)) for rank in range(devices)]
    assert {len(share) for share in shares} == {-(-count // devices)}
    assert {number for share in shares for number in share} == set(range(count))
