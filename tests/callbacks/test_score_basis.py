"""A score restored from a checkpoint is compared only with scores of the same metric on the same images."""

import pytest

from sr_lightning.callbacks.score_basis import difference, score_basis
from tests.support import photographs
from tests.support.runs import checkpoint, logged

SETTINGS = {"metrics": {"niqe": {"border": 4}}, "degradation": {"name": "bicubic"}, "scale": 4, "validation_seed": 0}


def basis(folder, monitor="val/niqe", **changed):
    return score_basis(monitor, {**SETTINGS, **changed}, sorted(folder.glob("*.png")))


def test_equal_settings_have_an_equal_basis_also_after_moving_the_images(tmp_path):
    folder = photographs.folder(tmp_path / "a", count=2)
    before = basis(folder)
    assert difference(before, basis(folder.rename(tmp_path / "b"), optimizer={"lr": 1})) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"monitor": "val/psnr_y"},
        {"metrics": {"niqe": {"border": 0}}},
        {"degradation": {"name": "second_order"}},
        {"validation_seed": 1},
        {"scale": 2},
    ],
)
def test_each_setting_that_changes_scores_changes_the_basis(tmp_path, changed):
    folder = photographs.folder(tmp_path / "a", count=1)
    assert difference(basis(folder), basis(folder, **changed)) is not None


def test_other_images_change_the_basis(tmp_path):
    folder = photographs.folder(tmp_path / "a", count=1)
    before = basis(folder)
    photographs.folder(tmp_path / "a", count=2)
    assert "validation images" in (difference(before, basis(folder)) or "")


@pytest.mark.parametrize("change", ["monitor=val/ssim_y", "data.validation=other"])
def test_a_resumed_run_selects_its_best_checkpoint_anew_when_scores_cannot_be_compared(train, tmp_path, change):
    photographs.folder(tmp_path / "other", count=1, height=48, width=64)
    words = ["logger=tensorboard", "monitor=val/psnr_y"]
    folder = train("run", *words)
    train("run", *words, change, "iterations=8", f"resume={folder}/checkpoints/last.ckpt")
    column = "val/ssim_y" if "ssim" in change else "val/psnr_y"
    scores = {step: score for step, score in logged(folder, column).items() if step > 4}
    best = checkpoint(folder, "best")
    assert scores[best["global_step"]] == max(scores.values())
    assert checkpoint(folder)["callbacks"]["Checkpoints"]["best_score"] == pytest.approx(max(scores.values()), abs=1e-4)
    assert "selects the best checkpoint anew" in (folder / "train.log").read_text()
    assert [path.name for path in (folder / "tensorboard").iterdir()] == ["version_0"]  # one TensorBoard run
