"""Networks compared on photographs."""

import pytest
import torch

from sr_lightning import image
from sr_lightning.evaluation.photographs import compare_networks, compare_versions, read_photographs
from sr_lightning.metrics import PSNR
from sr_lightning.ops.quantize import quantize
from sr_lightning.ops.resize import bicubic
from sr_lightning.visuals.comparison import MARGIN
from sr_lightning.visuals.crop_selection import Square
from tests.support import photographs
from tests.support.configs import second_order

METRICS = {"psnr_y": PSNR(border=4)}


@pytest.fixture
def files(tmp_path):
    return [photographs.save(tmp_path / f"{name}.png", 66, 83, seed) for seed, name in enumerate("ab")]


def test_photographs_are_cropped_to_multiples_of_the_scale_and_reduced_by_bicubic(files):
    first, second = read_photographs(files)
    hr = image.read(files[0])[:, :64, :80]
    assert (first.name, second.name) == ("a", "b")
    assert torch.equal(first.hr, hr)
    assert torch.equal(first.lr, quantize(bicubic(hr[None], 1 / 4))[0])
    assert first.record == {}


def test_random_degradations_depend_on_the_name_of_the_file_and_keep_their_record(files):
    degradation = second_order()
    first, second = read_photographs(files, degradation=degradation)
    (again,) = read_photographs(files[1:], degradation=degradation)
    assert torch.equal(second.lr, again.lr)
    assert second.record == again.record != first.record
    assert torch.equal(degradation(first.hr[None], [first.record])[0], first.lr)


def test_scores_and_table_of_networks(files):
    originals = read_photographs(files)
    compared = compare_networks({"nearest": "nearest", "bicubic": "bicubic"}, originals, METRICS)
    for number, photograph in enumerate(originals):
        enlarged = quantize(bicubic(photograph.lr[None], 4))
        assert (compared.versions["bicubic"][number] - enlarged[0]).abs().max() <= 1 / 255
        expected = float(METRICS["psnr_y"](enlarged, photograph.hr[None]))
        METRICS["psnr_y"].reset()
        assert compared.scores["bicubic"][number]["psnr_y"] == pytest.approx(expected, abs=0.05)
    mean = sum(each["psnr_y"] for each in compared.scores["nearest"]) / 2
    heading, _, row, _ = compared.table("network").splitlines()
    assert heading == "| network | PSNR-Y (dB) |"
    assert row == f"| nearest | {mean:.2f} |"


def test_the_picture_has_a_row_for_each_photograph(files):
    originals = read_photographs(files)
    versions = {"HR halved": [photograph.hr / 2 for photograph in originals]}
    one = compare_versions({"HR halved": versions["HR halved"][:1]}, originals[:1], METRICS).picture(side=32, panel=64)
    two = compare_versions(versions, originals, METRICS).picture(side=32, panel=64)
    assert two.shape[-2] == 2 * one.shape[-2]
    assert torch.equal(two[:, : one.shape[-2], : one.shape[-1]], one)


def test_the_picture_shows_the_given_crops(files):
    (photograph, _) = read_photographs(files)
    black = photograph.hr.clone()
    black[:, 8:16, 24:32] = 0
    compared = compare_versions({"black square": [black]}, [photograph], METRICS)
    picture = compared.picture([Square(8, 24, 8)], panel=40)
    crop = picture[:, MARGIN : MARGIN + 40, -2 * (40 + MARGIN) : -40 - 2 * MARGIN]  # LR, the version, HR
    assert crop.eq(0).all()
