"""Sweeps of quick programs in place of trainings."""

import csv
import json
import sys
from pathlib import Path

import pytest

from sr_lightning.sweeps import job

PROGRAM = """
import json, os, signal, subprocess, sys, time
from pathlib import Path
words = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
folder, seed = Path(words["hydra.run.dir"].strip('"')), words["seed"]
last, faults = folder / "checkpoints" / "last.ckpt", json.loads(Path("faults.json").read_text())
(folder / "call.json").write_text(json.dumps({"arguments": sys.argv[1:], "environment": dict(os.environ)}))
with Path("log").open("a") as log:
    print("start", seed, file=log)

def save(*_):
    last.parent.mkdir(exist_ok=True)
    last.write_text("saved")
    raise SystemExit(143)

signal.signal(signal.SIGTERM, save)
fault = faults.get(seed)
if fault == "raise":
    raise ValueError("no [red] luck|")
if fault == "kill":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    Path("child").write_text(str(child.pid))
    last.parent.mkdir(exist_ok=True)
    last.write_text("half way")
    os.kill(os.getpid(), signal.SIGKILL)
while fault == "meet" and Path("log").read_text().count("start") < 2:
    time.sleep(0.02)
if fault == "wait":
    (folder / "waiting").touch()
    time.sleep(100)
(folder / "result.json").write_text(json.dumps({"monitor": "val/psnr_y", "value": 20 + float(seed)}))
with Path("log").open("a") as log:
    print("end", seed, file=log)
"""
"""A job with the fault that ``faults.json`` names for its seed; its result is 20 plus the seed."""


@pytest.fixture
def sweep(command, tmp_path, monkeypatch):
    """Return a function that runs a sweep of quick programs, and returns the rows of its table by seed.

    Its arguments are overrides, the faults of the jobs by seed, and the expected exit message or status.
    """
    (tmp_path / "program.py").write_text(PROGRAM)
    monkeypatch.setattr(job, "PROGRAM", (sys.executable, str(tmp_path / "program.py")))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)

    def run(*overrides: str, faults: dict | None = None, status: str | int | None = None) -> dict[str, dict]:
        (tmp_path / "faults.json").write_text(json.dumps(faults or {}))
        (tmp_path / "log").write_text("")
        if status is None:
            command("train", "-m", "sweep.name=it", *overrides)
        else:
            with pytest.raises(SystemExit, match=str(status)):
                command("train", "-m", "sweep.name=it", *overrides)
        rows = list(csv.DictReader((tmp_path / "runs" / "sweeps" / "it" / "sweep.csv").open()))
        return {row["overrides"].split("seed=")[1][0]: row for row in rows}

    return run


@pytest.fixture
def started(tmp_path):
    """Return a function that lists the seeds of the jobs that the last sweep started."""

    def read() -> list[str]:
        lines = (tmp_path / "log").read_text().splitlines()
        return sorted(line.split()[1] for line in lines if line.startswith("start"))

    return read


@pytest.fixture
def call(tmp_path):
    """Return a function that maps the seed of a job to its arguments and environment variables."""

    def read(seed: str) -> dict:
        for path in Path(tmp_path).glob("runs/sweeps/it/*/call.json"):
            content = json.loads(path.read_text())
            if f"seed={seed}" in content["arguments"]:
                return content
        raise AssertionError(f"no job with seed={seed}")

    return read
