"""Sweeps of real trainings."""

import csv
import threading
import time
from pathlib import Path

import pytest
from wandb.proto.wandb_internal_pb2 import RunRecord

from sr_lightning.sweeps import worker_pool
from sr_lightning.sweeps.process import Process
from sr_lightning.system import tensor_files
from tests.support.runs import TINY


def test_each_job_has_its_own_folder_and_wandb_run(command, photos, tmp_path, monkeypatch):
    """Of three jobs one is killed and resumed, and one has two devices.

    Each W&B run belongs to the group of the sweep, and states its kind of training and its overrides.
    """
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    words = [*TINY, *photos, "iterations=40", "validate_every=5", "logger=wandb", "norm=none", "sweep.name=real",
             "seed=0,1,2", "+devices=[1,2,1]", "trainer.devices='${oc.select:devices.${seed}}'"]  # fmt: skip
    folder = tmp_path / "runs" / "sweeps" / "real"
    started: list[Process] = []

    class Recorded(Process):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            started.append(self)

    def kill():
        while not list(folder.glob("00-*/checkpoints/last.ckpt")):
            time.sleep(0.02)
        started[0].process.kill()

    monkeypatch.setattr(worker_pool, "Process", Recorded)
    threading.Thread(target=kill, daemon=True).start()
    with pytest.raises(SystemExit, match="1 of 3 jobs failed"):
        command("train", "-m", *words)
    rows = list(csv.DictReader((folder / "sweep.csv").open()))
    assert [row["status"] for row in rows] == ["failed", "finished", "finished"]
    command("train", "-m", *words)
    rows = list(csv.DictReader((folder / "sweep.csv").open()))
    assert [row["status"] for row in rows] == ["resumed and finished", "finished before", "finished before"]
    jobs = [folder / row["job"] for row in rows]
    assert sorted(path.parent for path in tmp_path.rglob(".hydra")) == sorted(jobs)
    runs = [[run.name.rsplit("-", 1)[1] for run in path.glob("wandb/offline-run-*")] for path in jobs]
    assert [len(ids) for ids in runs] == [2, 1, 1]
    assert [len(set(ids)) for ids in runs] == [1, 1, 1]
    assert len({name for ids in runs for name in ids}) == 3
    for seed, path in enumerate(jobs):
        content = b"".join(file.read_bytes() for file in path.glob("wandb/offline-run-*/*.wandb"))
        for record in (RunRecord(run_group="real"), RunRecord(job_type="pixel"), RunRecord(tags=[f"seed={seed}"])):
            assert record.SerializeToString() in content
    for path, row in zip(jobs, rows, strict=True):
        last = tensor_files.read(path / "checkpoints" / "last.ckpt")
        assert last["global_step"] == 40
        assert float(row["value"]) == last["callbacks"]["Checkpoints"]["best_score"]
