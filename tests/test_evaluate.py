"""The evaluation command: published numbers, and tables with their protocol."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from sr_lightning import image
from sr_lightning.ops import resize
from tests.support import photographs

ROOT = Path(__file__).parents[1]


def rows(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "images.csv").open()))


@pytest.mark.slow
def test_bicubic_has_the_published_values(command, shared, tmp_path):
    """Set5 28.42, Set14 26.09, B100 25.96 dB, and single images as measured by an independent implementation."""
    out = tmp_path / "evaluation"
    output = command("evaluate", "checkpoint=bicubic", "benchmarks=[Set5,Set14,B100]",
                   f"benchmark_root={shared / 'data' / 'benchmarks'}", f"hydra.run.dir={out}")  # fmt: skip
    summary = {row["benchmark"]: row for row in json.loads((out / "summary.json").read_text())["summary"]}
    expected = {"Set5": (5, 28.42, 0.8102), "Set14": (14, 26.09, 0.7042), "B100": (100, 25.96, 0.6674)}
    for name, (count, psnr, ssim) in expected.items():
        assert summary[name]["images"] == count
        assert summary[name]["psnr_y"] == pytest.approx(psnr, abs=0.01)
        assert summary[name]["ssim_y"] == pytest.approx(ssim, abs=2e-4)
    golden = json.loads((shared / "golden" / "bicubic.json").read_text())["values"]
    measured = {f"{row['benchmark']}/{row['image']}": row for row in rows(out)}
    for name, values in golden.items():
        assert float(measured[name]["psnr_y"]) == pytest.approx(values["x4"]["psnr_y"], abs=1e-3)
        assert float(measured[name]["ssim_y"]) == pytest.approx(values["x4"]["ssim_y"], abs=1e-4)
    assert "28.42" in output
    assert "28.42" in (out / "summary.md").read_text()
    assert "rounded to 8 bit" in (out / "summary.md").read_text()


@pytest.mark.slow
def test_two_devices_give_the_values_of_one(photos, tmp_path):
    """Of three images in two processes, the sampler repeats one, which must count once."""
    results = []
    for devices in (1, 2):
        out = tmp_path / f"devices-{devices}"
        subprocess.run(
            [sys.executable, "-m", "sr_lightning.evaluate", "checkpoint=[bicubic,nearest]", "trainer.accelerator=cpu",
             f"benchmarks=[{tmp_path / 'validation'}]", f"trainer.devices={devices}", f"hydra.run.dir={out}"],
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, check=True, capture_output=True,
        )  # fmt: skip
        results.append((out / "images.csv").read_text())
    assert results[0] == results[1]
    assert results[0].count("\n") == 1 + 2 * 3


def test_saved_images_are_those_measured(command, photos, tmp_path):
    out = tmp_path / "evaluation"
    command("evaluate", "checkpoint=bicubic", f"benchmarks=[{tmp_path / 'validation'}]", "save_images=true", "scale=2",
            f"hydra.run.dir={out}")  # fmt: skip
    hr = image.read(tmp_path / "validation" / "01.png")[:, :46, :38]
    lr = resize.bicubic(hr[None], 1 / 2).clamp(0, 1).mul(255).round().div(255)
    sr = image.read(out / "images" / "bicubic" / "validation" / "01.png")
    torch.testing.assert_close(sr, resize.bicubic(lr, 2)[0].clamp(0, 1), rtol=0, atol=0.5 / 255 + 1e-6)


def test_checkpoints_with_equal_file_names_get_different_names(command, train, tmp_path):
    files = [train(f"runs/same/{time}", f"seed={seed}") / "checkpoints" / "best.ckpt" for seed, time in enumerate("ab")]
    out = tmp_path / "evaluation"
    command("evaluate", f"checkpoint=[{files[0]},{files[1]},bicubic]", f"benchmarks=[{tmp_path / 'validation'}]",
            f"hydra.run.dir={out}")  # fmt: skip
    summary = json.loads((out / "summary.json").read_text())["summary"]
    assert [row["network"] for row in summary] == ["same/a/best", "same/b/best", "bicubic"]
    assert [row["images"] for row in summary] == [3, 3, 3]
    assert summary[0]["psnr_y"] != summary[1]["psnr_y"]


def test_images_and_benchmarks_of_one_name_have_rows_and_files_of_their_own(command, tmp_path):
    """Also another random degradation each."""
    for name in ("old/photos/a/1.png", "old/photos/b/1.png", "old/photos/b/1.webp", "photos/1.png"):
        photographs.save(tmp_path / name, 24, 32)
    out = tmp_path / "evaluation"
    command("evaluate", "checkpoint=[bicubic,nearest]", "benchmarks=[old/photos,photos]", "save_images=true",
            "degradation=second_order", f"hydra.run.dir={out}")  # fmt: skip
    keys = [(row["network"], row["benchmark"], row["image"]) for row in rows(out)]
    assert len(set(keys)) == len(keys) == 2 * 4
    assert len(list((out / "images").rglob("*.png"))) == 2 * 4
    assert len({row["psnr_y"] for row in rows(out) if row["network"] == "bicubic"}) >= 3


def test_images_are_cropped_to_multiples_of_the_scale(command, tmp_path):
    photographs.save(tmp_path / "odd" / "odd.png", 47, 53)
    out = tmp_path / "evaluation"
    command("evaluate", "checkpoint=nearest", f"benchmarks=[{tmp_path / 'odd'}]", "save_images=true", "scale=3",
            f"hydra.run.dir={out}")  # fmt: skip
    assert image.size(out / "images" / "nearest" / "odd" / "odd.png") == (45, 51)


def test_random_degradations_are_those_of_the_validation_during_training(command, train, tmp_path):
    """For every seed of a run, evaluating its checkpoint gives the values of its validation."""
    words = ["degradation=second_order", "iterations=2"]
    found = {}
    for seed in (0, 3):
        run = train(f"seed-{seed}", *words, f"seed={seed}", "init=null")
        out = tmp_path / f"evaluation-{seed}"
        command("evaluate", f"checkpoint=[bicubic,{run}/checkpoints/best.ckpt]", "degradation=second_order",
                f"benchmarks=[{tmp_path / 'validation'}]", f"hydra.run.dir={out}")  # fmt: skip
        found[seed] = json.loads((out / "summary.json").read_text())["summary"]
        assert found[seed][1]["psnr_y"] == pytest.approx(json.loads((run / "result.json").read_text())["value"])
    assert found[0][0] == found[3][0]


def test_self_ensemble_leaves_a_symmetric_method_unchanged(command, photos, tmp_path):
    found = []
    for ensemble in ("false", "true"):
        out = tmp_path / ensemble
        command("evaluate", "checkpoint=bicubic", f"benchmarks=[{tmp_path / 'validation'}]",
                f"self_ensemble={ensemble}", f"hydra.run.dir={out}")  # fmt: skip
        found.append([float(row["psnr_y"]) for row in rows(out)])
    assert found[0] == pytest.approx(found[1], abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["checkpoint=nowhere.ckpt", "benchmarks=[validation]"], "nowhere.ckpt: no such file"),
        (
            ["checkpoint=validation/00.png", "benchmarks=[validation]"],
            "validation/00.png: not a readable file of weights",
        ),
        (["checkpoint=bicubic", "benchmarks=[Set6]"], "benchmark Set6: no folder Set6; set benchmark_root=DIR"),
        (["checkpoint=bicubic"], "benchmarks"),
        (["checkpoint=bicubic", "benchmarks=Set6"], "benchmark Set6: no folder Set6; set benchmark_root=DIR"),
        (["checkpoint=bicubic", "benchmarks=[]"], "benchmarks=[]: name at least one"),
        (["checkpoint=[]", "benchmarks=[validation]"], "checkpoint=[]: name at least one"),
        (["checkpoint=bicubic", "benchmarks=[validation]", "kind=best"], "kind=best: must be one of ema, raw"),
        (["checkpoint=bicubic", "benchmarks=[validation]", "scale=0"], "scale"),
    ],
)
def test_wrong_input_is_reported_in_one_line(command, photos, arguments, message):
    with pytest.raises(SystemExit) as error:
        command("evaluate", *arguments)
    assert str(error.value).startswith("error: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_checkpoint_can_only_build_networks_of_the_package(command, photos, tmp_path):
    """Untrusted weights never run code, neither by unpickling nor by the class they name."""
    torch.save(
        {"hyper_parameters": {"generator": {"_target_": "os.system", "command": "touch owned"}}}, tmp_path / "evil.ckpt"
    )
    with pytest.raises(SystemExit, match=r"builds its network from os\.system"):
        command("evaluate", "checkpoint=evil.ckpt", "benchmarks=[validation]")
    assert not (tmp_path / "owned").exists()
