"""Sweeps: a process and a folder for each job, nothing done twice, nothing lost, a table of what happened."""

import csv
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
import torch
import yaml
from hydra import compose, initialize_config_dir
from wandb.proto.wandb_internal_pb2 import RunRecord
from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

from sr_lightning.cli.config import CONF
from sr_lightning.sweeps import job, naming, worker_pool
from sr_lightning.sweeps.process import Process
from sr_lightning.system import tensor_files
from tests.support.runs import TINY

STAND_IN = """
import json, os, signal, subprocess, sys, time
from pathlib import Path
words = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
folder, seed = Path(words["hydra.run.dir"].strip('"')), words["seed"]
last, faults = folder / "checkpoints" / "last.ckpt", json.loads(Path("faults.json").read_text())
(folder / "seen.json").write_text(json.dumps({"arguments": sys.argv[1:], "environment": dict(os.environ)}))
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


@pytest.fixture
def sweep(command, tmp_path, monkeypatch):
    """Runs a sweep of quick programs, with the faults that are asked for; returns the rows of its table by seed."""
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    monkeypatch.setattr(job, "PROGRAM", (sys.executable, str(tmp_path / "stand_in.py")))
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


def statuses(rows: dict[str, dict]) -> list[str]:
    return [rows[seed]["status"] for seed in sorted(rows)]


def started(tmp_path: Path) -> list[str]:
    return sorted(line.split()[1] for line in (tmp_path / "log").read_text().splitlines() if line.startswith("start"))


def seen(tmp_path: Path, seed: str) -> dict:
    for path in tmp_path.glob("runs/sweeps/it/*/seen.json"):
        content = json.loads(path.read_text())
        if f"seed={seed}" in content["arguments"]:
            return content
    raise AssertionError(f"no job with seed={seed}")


def test_what_is_finished_is_not_repeated_and_what_is_not_goes_on(sweep, tmp_path):
    """REQ-HYD-6: one job raises, one is killed; the others run; the same command, with a value more, does the rest."""
    rows = sweep("seed=0,1,2,3", "norm=none", faults={"1": "raise", "2": "kill"}, status="2 of 4 jobs failed")
    assert statuses(rows) == ["finished", "failed", "failed", "finished"]
    assert rows["1"]["error"] == "ValueError: no [red] luck|"
    assert rows["2"]["error"] == "ended by SIGKILL"
    assert rows["3"]["value"] == "23.0"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "child").read_text()), 0)
    first = {seed: row["job"] for seed, row in rows.items()}
    again = sweep("norm=none", "seed=4,3,2,1,0")
    assert statuses(again) == ["finished before", "finished", "resumed and finished", "finished before", "finished"]
    assert started(tmp_path) == ["1", "2", "4"]
    assert {seed: row["job"] for seed, row in again.items() if seed != "4"} == first
    assert [again[seed]["job"].split("-")[0] for seed in "01234"] == ["00", "01", "02", "03", "04"]
    table = (tmp_path / "runs" / "sweeps" / "it" / "sweep.md").read_text().splitlines()
    assert len(table) == 2 + 5
    assert all(line.replace(r"\|", "").count("|") == 6 for line in table)


def test_values_of_different_metrics_are_told_apart(sweep, tmp_path):
    """The head of their column cannot name both."""
    sweep("seed=choice(3)", "monitor=val/psnr_y,val/ssim_y")
    head, _, *lines = (tmp_path / "runs" / "sweeps" / "it" / "sweep.md").read_text().splitlines()
    assert "| best |" in head
    assert ["| val/psnr_y 23.0000 |" in lines[0], "| val/ssim_y 23.0000 |" in lines[1]] == [True, True]
    sweep("seed=4,5")
    assert "| val/psnr_y |" in (tmp_path / "runs" / "sweeps" / "it" / "sweep.md").read_text().splitlines()[0]


def test_a_job_is_a_run_by_itself(sweep, tmp_path, monkeypatch):
    """REQ-HYD-1: in RUN mode, in a given folder, with its sweep's name and nobody else's identity."""
    monkeypatch.setenv("WANDB_RUN_ID", "one")
    monkeypatch.setenv("MASTER_PORT", "1234")
    (row,) = sweep("seed=choice(0)", "norm=none").values()
    content = seen(tmp_path, "0")
    assert content["arguments"][-5:] == [
        "resume=auto", 'sweep.name="it"', 'sweep.axes=["seed=0"]', "hydra.mode=RUN",
        f'hydra.run.dir="runs/sweeps/it/{row["job"]}"',
    ]  # fmt: skip
    assert not {"WANDB_RUN_ID", "MASTER_PORT"} & content["environment"].keys()


def test_another_configuration_is_another_job(sweep, tmp_path):
    """The same words mean another job when the files that they name have changed."""
    (tmp_path / "mine" / "experiment").mkdir(parents=True)
    own = tmp_path / "mine" / "experiment" / "own.yaml"
    for iterations in (3, 4):
        own.write_text(f"# @package _global_\niterations: {iterations}\n")
        (row,) = sweep("experiment=own", "seed=choice(0)", "--config-dir", str(tmp_path / "mine")).values()
    assert row["status"] == "finished"
    assert row["job"].startswith("01-")
    assert "--config-dir" in seen(tmp_path, "0")["arguments"]


def test_the_command_line_wins_over_the_parameters_of_an_experiment():
    """As in Hydra's own sweeper: a key that both give counts once, with the command line's values."""
    sweeper = {"params": {"column": "a,b", "norm": "batch,none"}}
    for word, shared, axes in (
        ("norm=none", ["model=x", "norm=none"], "column"),
        ("norm=x,y", ["model=x"], "column,norm"),
    ):
        task = ["model=x", word]
        assert naming.fixed(task, sweeper) == shared
        folder = naming.sweep_directory(None, task, sweeper, {"experiment": "it", "model": "x"})
        assert folder.rpartition("-")[0] == f"runs/sweeps/it-{axes}"


def test_jobs_side_by_side_share_the_cores(sweep, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(8), raising=False)
    rows = sweep("seed=0,1", "hydra.launcher.jobs=2", faults={"0": "meet", "1": "meet"})
    assert statuses(rows) == ["finished", "finished"]
    assert seen(tmp_path, "1")["environment"]["OMP_NUM_THREADS"] == "4"


def test_each_gpu_has_one_job_at_a_time(sweep, tmp_path, monkeypatch):
    """REQ-HYD-1: numbers count the visible GPUs; a group of them serves one job of several devices."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6,7")
    sweep("seed=0,1,2", "hydra.launcher.devices=[0,[2,3]]")
    used = {seed: seen(tmp_path, seed)["environment"]["CUDA_VISIBLE_DEVICES"] for seed in "012"}
    assert (used["0"], used["1"]) == ("4", "6,7")
    assert used["2"] in ("4", "6,7")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("hydra.launcher.jobs=0", "hydra.launcher.jobs=0: must be a whole number of at least 1"),
        ("hydra.launcher.devices=[99]", "there is no GPU 99"),
        ("sweep.name=../up", "sweep.name=../up: must be a plain name"),
        ("norm=none,mild", "Could not find 'norm/mild'"),
        (
            ("hydra/launcher=basic", "trainer.devices=2"),
            "trainer.devices=2: this launcher runs jobs inside one process",
        ),
    ],
)
def test_wrong_sweeps_are_refused_before_the_first_job(command, tmp_path, setting, message):
    with pytest.raises(SystemExit) as error:
        command("train", "-m", "seed=0,1", *([setting] if isinstance(setting, str) else setting))
    assert message in str(error.value)
    assert not list(tmp_path.rglob("job.json"))


def test_the_end_of_a_sweep_is_the_end_of_its_jobs(sweep, tmp_path):
    """Ctrl-C, then a scheduler's SIGTERM: jobs are asked to save, nothing else starts, the same command goes on."""

    def interrupt(number):
        while len(list(tmp_path.glob("runs/sweeps/it/*/waiting"))) < 2 or table.read_text().count("running") < 2:
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    table = tmp_path / "runs" / "sweeps" / "it" / "sweep.csv"
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
        signal.signal(number, handler)  # a test run in the background of a shell inherits that SIGINT is ignored
        before = signal.getsignal(number)
        threading.Thread(target=interrupt, args=(number,), daemon=True).start()
        rows = sweep("seed=0,1,2", "hydra.launcher.jobs=2", faults={"0": "wait", "1": "wait"}, status=128 + number)
        assert statuses(rows) == ["interrupted", "interrupted", "not started"]
        assert signal.getsignal(number) is before
        saved = list(tmp_path.glob("runs/sweeps/it/*/checkpoints/last.ckpt"))
        assert len(saved) == len([path.unlink() for path in tmp_path.glob("runs/sweeps/it/*/waiting")]) == 2


def test_a_program_that_does_not_end_is_killed_with_all_it_started(tmp_path):
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(99)"
    )
    program = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {deaf!r}])"
    process = Process([sys.executable, "-c", program], os.environ, tmp_path / "output.txt")
    while "deaf" not in (tmp_path / "output.txt").read_text():
        time.sleep(0.02)
    process.terminate()
    while process.status() is None:
        time.sleep(0.02)
    assert process.signal_group(None)
    process.close(grace=0.1)
    until = time.monotonic() + 5
    while process.signal_group(None) and time.monotonic() < until:
        time.sleep(0.02)
    assert not process.signal_group(None)


def test_optuna_learns_what_the_jobs_reached(sweep, tmp_path):
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper")
    words = ["hydra/sweeper=optuna", "hydra.sweeper.direction=maximize", "hydra.sweeper.sampler.seed=1",
             "hydra.sweeper.n_trials=5", "hydra.sweeper.n_jobs=2", "seed=range(0,3)"]  # fmt: skip
    rows = sweep(*words)
    assert len(started(tmp_path)) == len(rows) <= 3  # what is proposed twice is trained once
    best = yaml.safe_load((tmp_path / "runs" / "sweeps" / "it" / "optimization_results.yaml").read_text())
    assert best["best_value"] == max(float(row["value"]) for row in rows.values())
    sweep(*words)
    assert started(tmp_path) == []


@pytest.mark.parametrize("launcher", ["processes", "basic", "submitit_slurm", "submitit_local"])
def test_launchers_compose(launcher):
    if "submitit" in launcher:
        pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [f"hydra/launcher={launcher}", "name=test"], return_hydra_config=True)
    name = {"processes": "Processes", "basic": "BasicLauncher"}.get(launcher, "Launcher")
    assert config.hydra.launcher._target_.endswith(name)


@pytest.mark.parametrize("name", ["wandb_sweep", "wandb_ablation"])
def test_wandb_agent_drives_the_same_command(name):
    """The examples that the notebooks folder carries become command lines that compose."""
    example = yaml.safe_load((Path(__file__).parents[2] / "notebooks" / f"{name}.yaml").read_text())
    values = {name: {"value": part["values"][0] if "values" in part else part["min"]}
              for name, part in example["parameters"].items()}  # fmt: skip
    words = create_sweep_command_args({"args": values})["args_no_hyphens"]
    assert create_sweep_command(list(example["command"]))[-1] == "${args_no_hyphens}"
    given = [word for word in example["command"] if "=" in word]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [*given, *words, "name=test"])
    assert example["metric"]["name"] == config.monitor
    assert "wandb" in config.logger


def test_real_jobs_are_runs_of_their_own(command, photos, tmp_path, monkeypatch):
    """REQ-HYD-1, 2, 3, REQ-WB-1, 2: one is killed and resumed, one has two devices; one folder and W&B run each.

    The run belongs to the group of the sweep, and says what kind of training it is and what tells it from the others.
    """
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    words = [*TINY, *photos, "iterations=40", "validate_every=5", "logger=wandb", "norm=none", "sweep.name=real",
             "seed=0,1,2", "+devices=[1,2,1]", "trainer.devices='${oc.select:devices.${seed}}'"]  # fmt: skip
    folder = tmp_path / "runs" / "sweeps" / "real"
    started: list[Process] = []

    class Noted(Process):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            started.append(self)

    def kill():
        while not list(folder.glob("00-*/checkpoints/last.ckpt")):
            time.sleep(0.02)
        started[0].process.kill()

    monkeypatch.setattr(worker_pool, "Process", Noted)
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
        for told in (RunRecord(run_group="real"), RunRecord(job_type="pixel"), RunRecord(tags=[f"seed={seed}"])):
            assert told.SerializeToString() in content
    for path, row in zip(jobs, rows, strict=True):
        last = tensor_files.read(path / "checkpoints" / "last.ckpt")
        assert last["global_step"] == 40
        assert float(row["value"]) == last["callbacks"]["Checkpoints"]["best_score"]
