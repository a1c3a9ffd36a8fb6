"""The training command: its files, its counts of iterations, and exact resumption."""

import csv
import json
import signal
import time
from pathlib import Path

import pytest
import torch
from torch import distributed, nn

from sr_lightning import evaluate, image, weights
from sr_lightning import train as train_command
from sr_lightning.callbacks import Checkpoints
from sr_lightning.metrics import PSNR
from sr_lightning.weights.by_name import load_generator
from tests.support import photographs
from tests.support.runs import EXACT, TINY, assert_same, checkpoint, finished, logged

ROOT = Path(__file__).parents[1]


def test_a_run_writes_checkpoints_logs_and_pictures(train):
    folder = train("run", "callbacks.checkpoints.every=3")
    assert checkpoint(folder)["global_step"] == 4
    assert checkpoint(folder, "iteration-3")["global_step"] == 3
    assert sorted(logged(folder, "train/pixel")) == [1, 2, 3, 4]
    assert sorted(logged(folder, "val/psnr_y")) == [2, 4]
    assert len(list((folder / "pictures").glob("*.png"))) == 3 * 2
    assert image.size(folder / "comparison.png")[0] > 3 * 288
    assert not list(folder.rglob("*.partial"))


def test_overrides_of_a_missing_discriminator_are_reported(command, photos):
    words = [*TINY, *photos, "iterations=1", "validate_every=1"]
    printed = command("train", *words, "gan=hinge", "discriminator.width=4")
    for word in ("gan=hinge", "discriminator.width=4"):
        assert f"{word}: has no effect, this model has no discriminator" in printed
    assert "has no effect" not in command("train", *words)


def test_a_run_writes_validation_values_and_images(train, photos):
    """Each validation image has its metrics and lossless images of the network, bicubic and HR."""
    folder = train("run", "trainer.precision=32-true")
    rows = list(csv.DictReader((folder / "validation" / "images.csv").open()))
    assert [(row["network"], row["image"]) for row in rows] == [
        (network, f"0{number}.png") for network in ("bicubic", "srresnet") for number in range(3)
    ]
    mean = sum(float(row["psnr_y"]) for row in rows[3:]) / 3
    best = max(logged(folder, "val/psnr_y").items(), key=lambda pair: pair[1])
    assert mean == pytest.approx(best[1], abs=1e-4)
    protocol = json.loads((folder / "validation" / "summary.json").read_text())["protocol"]
    assert (protocol["trained"], protocol["checkpoint"], protocol["iteration"]) == (
        "srresnet",
        "checkpoints/best.ckpt",
        best[0],
    )
    hr, bicubic, sr = (
        image.read(folder / "validation" / network / "02-02.png") for network in ("HR", "bicubic", "srresnet")
    )
    assert torch.equal(
        hr, image.read(folder.parent / "validation" / "02.png")[:, :48]
    )  # 50 rows, cropped to a multiple of 4
    for version, row in ((bicubic, rows[2]), (sr, rows[5])):
        assert float(PSNR(border=4)(version[None], hr[None])) == pytest.approx(float(row["psnr_y"]), abs=1e-4)


def test_the_best_checkpoint_reproduces_the_best_logged_metric(train, command, tmp_path):
    """Evaluating the averaged weights of best.ckpt, without a trainer, gives the metric logged by the run."""
    folder = train("run", "iterations=6", "optimizer.lr=1e-2")
    best = checkpoint(folder, "best")
    scores = logged(folder, "val/psnr_y")
    assert scores[best["global_step"]] == max(scores.values())
    command(
        "evaluate",
        f"checkpoint={folder / 'checkpoints' / 'best.ckpt'}",
        f"benchmarks=[{tmp_path / 'validation'}]",
        f"hydra.run.dir={tmp_path / 'evaluation'}",
    )
    rows = list(csv.DictReader((tmp_path / "evaluation" / "images.csv").open()))
    mean = sum(float(row["psnr_y"]) for row in rows) / len(rows)
    assert len(rows) == 3
    assert mean == pytest.approx(max(scores.values()), abs=1e-4)


@pytest.mark.parametrize(
    "variant",
    [
        ["model=srresnet"],
        ["model=rrdb_psnr", "generator.width=8", "block.growth=4", "data.workers=2"],
        ["model=srresnet", "data.store=false", "data.workers=1"],
        ["model=srresnet", "degradation=second_order", "data.pool=10"],
    ],
    ids=["batch-norm", "rrdb-with-workers", "decoding", "degraded-and-pooled"],
)
@pytest.mark.slow
def test_resume_is_exact(train, variant):
    """A resumed run has the same weights and logs as an uninterrupted one, also when resumed between validations."""
    full = train("full", *variant, *EXACT, "callbacks.checkpoints.every=3", "iterations=8")
    for start in ("iteration-3", "iteration-6"):  # between two validations, and at a validation
        resume = full / "checkpoints" / f"{start}.ckpt"
        resumed = train(start, *variant, *EXACT, "iterations=8", f"resume={resume}")
        assert_same(checkpoint(full), checkpoint(resumed))
        for column in ("train/pixel", "val/psnr_y"):
            after = {step: value for step, value in logged(full, column).items() if step > int(start[-1])}
            assert logged(resumed, column) == after


def test_resume_from_a_checkpoint_written_at_validation(train, monkeypatch):
    """last.ckpt is written as the validation ends; a run resumed from it skips and repeats nothing."""

    def save_and_keep(self, trainer):
        trainer.save_checkpoint(self.last)
        trainer.save_checkpoint(self.folder / f"kept-{trainer.global_step}.ckpt")

    monkeypatch.setattr(Checkpoints, "save_last", save_and_keep)
    full = train("full", *EXACT, "iterations=8", "validate_every=4")
    resumed = train("resumed", *EXACT, "iterations=8", "validate_every=4", f"resume={full}/checkpoints/kept-4.ckpt")
    assert_same(checkpoint(full), checkpoint(resumed))
    assert sorted(logged(resumed, "val/psnr_y")) == [8]
    assert sorted(logged(resumed, "train/pixel")) == [5, 6, 7, 8]


def test_checkpoints_are_also_saved_at_intervals_of_minutes(train, monkeypatch):
    """An interrupted run loses minutes, not the time since the last validation; the clock is checked at log steps."""
    saved = []
    monkeypatch.setattr(Checkpoints, "save_last", lambda self, trainer: saved.append(trainer.global_step))
    train("run", "log_every=10", "iterations=25", "validate_every=1000", "callbacks.checkpoints.minutes=0")
    assert saved == [10, 20, 25, 25]  # twice by the clock, after the validation, and at the end


def test_a_finished_run_cannot_be_resumed(train):
    full = train("full")
    with pytest.raises(SystemExit, match="has already done 4 of 4 iterations"):
        train("resumed", f"resume={full}/checkpoints/last.ckpt")


def test_resume_auto_reports_a_finished_run_again(train):
    """The same command trains nothing and writes the same results."""
    full = train("full")
    written = (full / "checkpoints" / "last.ckpt").stat().st_mtime_ns
    (full / "comparison.png").unlink()
    train("full", "resume=auto")
    assert (full / "checkpoints" / "last.ckpt").stat().st_mtime_ns == written
    assert (full / "comparison.png").is_file()


def test_a_resumed_run_keeps_its_network_and_schedule(train):
    """A schedule of 4 iterations cannot be extended to 8, a constant one can; the network cannot change."""
    ended, constant = train("ended", "scheduler=one_cycle"), train("constant")
    with pytest.raises(SystemExit, match=r"was trained with scheduler\.total_steps=4, not 8"):
        train("longer", "scheduler=one_cycle", "iterations=8", f"resume={ended}/checkpoints/last.ckpt")
    with pytest.raises(SystemExit, match=r"was trained with generator\.width=4, not 6"):
        train("wider", "generator.width=6", "iterations=8", f"resume={constant}/checkpoints/last.ckpt")
    longer = train("longer", "iterations=6", f"resume={constant}/checkpoints/last.ckpt")
    assert checkpoint(longer)["global_step"] == 6


def test_a_diverged_run_stops_without_a_best_checkpoint(train, tmp_path):
    message = (
        r"iteration 4: 3 iterations in a row were not finite, first in train/pixel; images of .*: \S*/train/0\d\.png"
    )
    with pytest.raises(SystemExit, match=message):
        train("run", "optimizer.lr=1e30", "trainer.precision=32-true", "iterations=8", "validate_every=8",
              "nonfinite_limit=3")  # fmt: skip
    assert not (tmp_path / "run" / "checkpoints" / "best.ckpt").exists()


def test_the_direction_of_the_metric_selects_the_best_checkpoint(train, command, photos, tmp_path):
    """A lower NIQE is better."""
    photographs.folder(tmp_path / "large", count=1, height=104, width=204)
    folder = train("run", "metrics=full", "monitor=val/niqe", f"data.validation={tmp_path / 'large'}", "iterations=6",
                   "optimizer.lr=3e-2")  # fmt: skip
    scores = logged(folder, "val/niqe")
    assert len(scores) == 3
    assert scores[checkpoint(folder, "best")["global_step"]] == min(scores.values()) < max(scores.values())


def test_the_learning_rate_follows_its_schedule(train):
    folder = train("run", "scheduler=multistep", "scheduler.milestones=[2,3]", "optimizer.lr=1e-3", "iterations=4")
    rates = logged(folder, "lr")
    assert [rates[i] for i in range(1, 5)] == pytest.approx([1e-3, 1e-3, 5e-4, 2.5e-4])


@pytest.mark.slow
def test_resume_auto_continues_a_killed_run(photos, process, tmp_path):
    """After SIGKILL, the same command ends with the same weights as an uninterrupted run."""
    common = [*TINY, *photos, *EXACT, "iterations=60", "validate_every=5", "name=killed", "resume=auto"]
    finished(process(*common, f"hydra.run.dir={tmp_path / 'uninterrupted'}"))
    killed = process(*common)
    while not list(tmp_path.glob("runs/killed/*/checkpoints/last.ckpt")):
        assert killed.poll() is None
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    (folder,) = tmp_path.glob("runs/killed/*")
    assert 5 <= checkpoint(folder)["global_step"] < 60
    (folder / "checkpoints" / "iteration-99.ckpt").write_bytes(b"half a file")
    assert "Resuming from" in finished(process(*common))
    assert list(tmp_path.glob("runs/killed/*")) == [folder]
    assert_same(checkpoint(tmp_path / "uninterrupted"), checkpoint(folder))


@pytest.mark.parametrize("module", [train_command, evaluate])
def test_processes_leave_their_group_before_they_exit(module, monkeypatch):
    """Otherwise a thread of the process group that is alive at exit sometimes aborts a successful run."""
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    monkeypatch.setattr(module, "application", lambda: None)
    module.main()
    assert not distributed.is_initialized()


@pytest.mark.slow
def test_two_devices_give_the_result_of_one(photos, process, tmp_path):
    """The same batch split between two processes, by the command or torchrun, gives the same network and scores."""
    common = [*TINY, *photos, *EXACT, "norm=none", "iterations=3", "validate_every=3"]
    torchrun = ("torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m")
    for name, devices, by in (("one", 1, ()), ("two", 2, ()), ("torchrun", 2, torchrun)):
        finished(process(*common, f"trainer.devices={devices}", f"name={name}", by=by))
    (one,) = tmp_path.glob("runs/one/*")
    for name in ("two", "torchrun"):
        (two,) = tmp_path.glob(f"runs/{name}/*")
        for key, value in checkpoint(one)["state_dict"].items():
            torch.testing.assert_close(value, checkpoint(two)["state_dict"][key], rtol=0, atol=2e-6)
        assert logged(one, "val/psnr_y")[3] == pytest.approx(logged(two, "val/psnr_y")[3], abs=1e-3)
        assert len(list((two / "pictures").glob("*.png"))) == 3
        assert len(list((two / "validation").glob("*/*.png"))) == 3 * 3


def test_init_loads_only_the_weights(train):
    first = train("first")
    second = train("second", f"init={first / 'checkpoints' / 'last.ckpt'}", "optimizer.lr=1e-30", "norm=batch")
    averaged = weights.generator_weights(checkpoint(first))
    for name, value in checkpoint(second)["state_dict"].items():
        name = name.removeprefix("generator.")
        if "running" not in name and "batches" not in name:
            assert torch.equal(value, averaged[name]), name
    assert checkpoint(second)["global_step"] == 4


def test_compile_changes_neither_names_nor_results(train, monkeypatch):
    """With the tracing of torch.compile, but without its code generation, which takes minutes."""
    compile_in_place = nn.Module.compile
    monkeypatch.setattr(nn.Module, "compile", lambda module: compile_in_place(module, backend="aot_eager"))
    eager = train("eager", *EXACT, "iterations=2")
    compiled = train("compiled", *EXACT, "iterations=2", "compile=true")
    assert checkpoint(eager)["state_dict"].keys() == checkpoint(compiled)["state_dict"].keys()
    for name, value in checkpoint(eager)["state_dict"].items():
        torch.testing.assert_close(checkpoint(compiled)["state_dict"][name], value, rtol=1e-4, atol=1e-5)


def test_a_checkpoint_contains_the_configuration_of_its_network(train):
    folder = train("run", "scale=2", "skip=bicubic", "block=rrdb", "block.growth=4")
    generator = load_generator(str(folder / "checkpoints" / "best.ckpt"))
    assert generator.scale == 2
    assert not generator.training
    assert type(generator.trunk[0]).__name__ == "RRDB"
    with torch.no_grad():
        assert generator(torch.rand(1, 3, 5, 7)).shape == (1, 3, 10, 14)
