"""Fixtures: test data, photographs, and commands run in this process or in their own."""

import importlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from tests.support import photographs
from tests.support.feature_weights import zoo  # noqa: F401, a fixture
from tests.support.runs import TINY
from tests.support.servers import server  # noqa: F401, a fixture

torch.set_num_threads(1)  # networks are small, and several tests run in parallel


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests marked ``gpu`` on machines without a GPU."""
    if item.get_closest_marker("gpu") and not torch.cuda.is_available():
        pytest.skip("no GPU")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of photographs, weights and reference values: $SR_SHARED, or ``shared`` beside the checkout."""
    folder = Path(os.environ.get("SR_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        message = f"{folder}: no such folder; set SR_SHARED to the folder of test data"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture
def photos(tmp_path) -> list[str]:
    """Return overrides for training and validating on a few small images."""
    train = photographs.folder(tmp_path / "train", count=4)
    validation = photographs.folder(tmp_path / "validation", count=3, height=44, width=36)
    return ["data=folder", f"data.root={train}", f"data.validation={validation}", f"data.cache={tmp_path / 'cache'}"]


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run a command of the package in this process, in an empty folder; returns its standard output."""

    def run(module: str, *arguments: str) -> str:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [module, *arguments])
        capsys.readouterr()
        importlib.import_module(f"sr_lightning.{module}").main()
        return capsys.readouterr().out

    return run


@pytest.fixture
def train(command, photos, tmp_path):
    """Train a tiny network; later overrides take precedence. Returns the run's folder."""

    def run(name: str, *overrides: str) -> Path:
        folder = tmp_path / name
        arguments = [*TINY, *photos, f"hydra.run.dir={folder}", "iterations=4", "validate_every=2", *overrides]
        command("train", *arguments)
        return folder

    return run


@pytest.fixture
def process(tmp_path):
    """Start the training command in a separate process, optionally through the module ``by``, such as torchrun."""

    def start(*arguments: str, by: Sequence[str] = ()) -> subprocess.Popen:
        command = [sys.executable, "-m", *by, "sr_lightning.train", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
        output = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=output, stderr=subprocess.STDOUT, text=True
        )

    return start
