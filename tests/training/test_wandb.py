"""All loggers get the numbers and pictures of a run, without network access."""

import csv
from pathlib import Path

import numpy as np
import wandb
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from sr_lightning import image
from sr_lightning.training.resolvers import kept_id
from tests.support.runs import kept_by_wandb


def test_every_run_writes_csv_and_picture_files(train):
    folder = train("run", "iterations=2", "validate_every=2")
    rows = list(csv.DictReader((folder / "csv" / "version_0" / "metrics.csv").open()))
    assert {"step", "train/pixel", "val/psnr_y", "val/ssim_y", "lr"} <= set(rows[0])
    assert sorted(path.name for path in (folder / "pictures").iterdir()) == [
        "00-00-0000002.png", "01-01-0000002.png", "02-02-0000002.png",
    ]  # fmt: skip


def test_tensorboard_gets_scalars_and_pictures(train):
    folder = train("run", "logger=tensorboard", "iterations=2", "validate_every=2")
    (events,) = (folder / "tensorboard").glob("*/events*")
    events_read = EventAccumulator(str(events.parent), size_guidance={"images": 0}).Reload()
    assert "val/psnr_y" in events_read.Tags()["scalars"]
    assert events_read.Tags()["images"] == ["val/00-00", "val/01-01", "val/02-02"]


def test_two_runs_of_one_process_make_two_wandb_runs(train, monkeypatch, tmp_path):
    """Without a login they are offline; ids are random, and the results are in the summary."""
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "data"))
    runs, start = [], wandb.init
    monkeypatch.setattr(wandb, "init", lambda **settings: runs.append(start(**settings)) or runs[-1])
    long = "x" * 70
    job = ("sweep.name=ablation", f'sweep.axes=["norm=none","{long}"]')
    first = train("first", "logger=wandb", "iterations=2", "logger.wandb.artifact=true", *job)
    assert wandb.run is None
    assert (runs[0].group, runs[0].job_type) == ("ablation", "pixel")
    assert set(runs[0].tags) == {"norm=none", "x" * 64}
    assert runs[0].config["generator.width"] == 4
    second = train("second", "logger=wandb", "iterations=2")
    ids = [path.name.rsplit("-", 1)[1] for folder in (first, second) for path in folder.glob("wandb/offline-run-*")]
    assert len(set(ids)) == len(ids) == 2
    pictures = list((first / "wandb").glob("offline-run-*/files/media/images/val/*.png"))
    assert len(pictures) == 3
    (artifact,) = (tmp_path / "data").rglob("staging/*")  # of the first run only
    assert artifact.read_bytes() == (first / "checkpoints" / "best.ckpt").read_bytes()
    captions = "00-00 at iteration 2: LR, bicubic, SR, HR", "LR, bicubic, srresnet, HR: the best checkpoint"
    assert kept_by_wandb(first, "best/psnr_y", "bicubic/psnr_y", str(artifact), *captions)


def test_the_last_panel_of_a_picture_is_a_crop_of_hr(train):
    """The crop is enlarged eight times by nearest-neighbor interpolation."""
    folder = train("run", "iterations=2", "validate_every=2")
    picture = image.read_bytes(folder / "pictures" / "00-00-0000002.png")
    hr = image.read_bytes(next(iter(sorted(Path(folder.parent / "validation").glob("*.png")))))
    assert hr.shape == (44, 36, 3)
    panel = picture[8 : 8 + 288, -8 - 288 : -8]
    crop = panel[4::8, 4::8]  # 36 pixels in a panel of 288
    places = [top for top in range(0, 44 - 36 + 1) if np.array_equal(hr[top : top + 36], crop)]
    assert len(places) == 1


def test_a_new_run_has_a_new_wandb_id_which_it_keeps_when_resumed(train):
    words = ["logger=wandb", "logger.wandb.mode=disabled", "iterations=2", "validate_every=2"]
    folder = train("run", *words)
    first = (folder / "wandb_id").read_text()
    train("run", *words, "resume=auto")
    assert (folder / "wandb_id").read_text() == first
    train("run", *words)  # anew, in the same folder
    assert (folder / "wandb_id").read_text() != first


def test_ids_are_kept_in_existing_folders_only(tmp_path):
    first, second = kept_id(tmp_path / "id"), kept_id(tmp_path / "other")
    assert first == kept_id(tmp_path / "id") != second
    assert kept_id(tmp_path / "missing" / "id")
    assert not (tmp_path / "missing").exists()
