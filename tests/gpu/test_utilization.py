"""GPU utilization: sources of samples, and samples that count."""

import time

import pytest
import torch

from tests.gpu import nvidia_smi, utilization
from tests.gpu.utilization import Utilization


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Put an nvidia-smi script of the given lines first on the path."""

    def make(*lines: str) -> None:
        path = tmp_path / "nvidia-smi"
        path.write_text("\n".join(["#!/bin/sh", *lines]))
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return make


def test_the_drivers_value_is_read(driver):
    driver('for word in "$@"; do echo "$word" | grep query; done', "echo ignored")
    assert nvidia_smi.query("driver_version") == "--query-gpu=driver_version"


def test_a_driver_without_a_value_gives_none(driver, monkeypatch, tmp_path):
    driver("exit 9")
    assert nvidia_smi.query("driver_version") is None
    driver("echo '[Not Supported]'")
    assert utilization.from_command() is None
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert nvidia_smi.query("driver_version") is None


def test_percentages_become_numbers(driver):
    driver("echo 37")
    assert utilization.from_command() == 37.0


def test_samples_count_within_the_periods_and_after_the_driver_has_settled():
    watch = Utilization(lambda: None)
    watch.samples = [(0.5, 10.0), (1.5, 80.0), (2.5, 90.0), (3.5, 20.0), (5.5, 100.0)]
    assert watch.between((0.0, 3.0)) == 85.0
    assert watch.between((0.0, 3.0), (4.4, 6.0)) == 90.0
    assert watch.between((0.0, 0.9)) is None


def test_a_thread_samples_during_the_block(monkeypatch):
    monkeypatch.setattr(utilization, "INTERVAL", 0.01)
    monkeypatch.setattr(utilization, "SETTLING", 0.0)
    values, start = iter([50.0, 70.0]), time.perf_counter()
    with Utilization(lambda: next(values, None)) as watch:
        watch.thread.join(10)
    assert watch.between((start, time.perf_counter())) == 60.0


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_there_are_no_samples():
    with Utilization() as watch:
        watch.thread.join(10)
    assert watch.between((0.0, time.perf_counter())) is None


@pytest.mark.gpu
def test_a_multiplying_gpu_is_busy():
    matrix, start = torch.rand(4096, 4096, device="cuda"), time.perf_counter()
    with Utilization() as watch:
        while time.perf_counter() < start + 4:
            matrix @ matrix
            torch.cuda.synchronize()
    busy = watch.between((start, time.perf_counter()))
    assert busy is None or busy > 50
