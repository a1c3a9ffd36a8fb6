"""Patches with equal low resolution."""

import torch

from sr_lightning.ops.plausible import with_detail_of
from sr_lightning.ops.resize import bicubic


def test_patches_differ_in_detail_but_not_in_low_resolution():
    noise = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    patch, *donors = 0.3 + 0.4 * noise
    candidates = with_detail_of(patch, torch.stack(donors), 4)
    difference = bicubic(candidates, 1 / 4) - bicubic(patch[None], 1 / 4)
    assert difference.abs().max() < 1 / 255
    assert candidates.min() >= 0
    assert candidates.max() <= 1
    assert all((candidate - patch).square().mean().sqrt() > 10 / 255 for candidate in candidates)
    detail = [each - bicubic(bicubic(each[None], 1 / 4), 4)[0] for each in (candidates[0], donors[0])]
    assert (detail[0] - detail[1]).norm() < 0.2 * detail[1].norm()


def test_its_own_detail_gives_the_patch_itself():
    patch = 0.3 + 0.4 * torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(with_detail_of(patch, patch[None], 4)[0], patch, atol=1e-5)


def test_the_mean_has_the_smallest_squared_error_to_all():
    patches = 0.3 + 0.4 * torch.rand(5, 3, 32, 32, generator=torch.Generator().manual_seed(2))
    plausible = with_detail_of(patches[0], patches, 4)
    errors = [float((each - plausible).square().mean()) for each in (plausible.mean(0), *plausible)]
    assert min(errors) == errors[0] < 0.7 * min(errors[1:])
