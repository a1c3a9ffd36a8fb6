"""Concurrent jobs share CPU cores and GPUs."""

import os

import torch


def test_concurrent_jobs_share_the_cores(sweep, call, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(8), raising=False)
    rows = sweep("seed=0,1", "hydra.launcher.jobs=2", faults={"0": "meet", "1": "meet"})
    assert [row["status"] for row in rows.values()] == ["finished", "finished"]
    assert call("1")["environment"]["OMP_NUM_THREADS"] == "4"


def test_each_gpu_or_group_of_gpus_runs_one_job_at_a_time(sweep, call, monkeypatch):
    """Indices count the visible GPUs."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6,7")
    sweep("seed=0,1,2", "hydra.launcher.devices=[0,[2,3]]")
    used = {seed: call(seed)["environment"]["CUDA_VISIBLE_DEVICES"] for seed in "012"}
    assert (used["0"], used["1"]) == ("4", "6,7")
    assert used["2"] in ("4", "6,7")
