"""Sweeps run each unfinished job once, in its own folder, and write a table of the results."""

import os
import signal
import threading
import time

import pytest
import yaml


def statuses(rows: dict[str, dict]) -> list[str]:
    return [rows[seed]["status"] for seed in sorted(rows)]


def test_finished_jobs_are_skipped_and_unfinished_ones_resumed(sweep, started, tmp_path):
    """One job raises an error, one is killed, the others finish; the same command with one more value runs the rest."""
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
    assert started() == ["1", "2", "4"]
    assert {seed: row["job"] for seed, row in again.items() if seed != "4"} == first
    assert [again[seed]["job"].split("-")[0] for seed in "01234"] == ["00", "01", "02", "03", "04"]
    table = (tmp_path / "runs" / "sweeps" / "it" / "sweep.md").read_text().splitlines()
    assert len(table) == 2 + 5
    assert all(line.replace(r"\|", "").count("|") == 6 for line in table)


def test_the_table_names_the_metric_of_each_value_if_jobs_monitor_different_ones(sweep, tmp_path):
    sweep("seed=choice(3)", "monitor=val/psnr_y,val/ssim_y")
    heading, _, *lines = (tmp_path / "runs" / "sweeps" / "it" / "sweep.md").read_text().splitlines()
    assert "| best |" in heading
    assert ["| val/psnr_y 23.0000 |" in lines[0], "| val/ssim_y 23.0000 |" in lines[1]] == [True, True]
    sweep("seed=4,5")
    assert "| val/psnr_y |" in (tmp_path / "runs" / "sweeps" / "it" / "sweep.md").read_text().splitlines()[0]


def test_a_job_is_a_single_run_in_a_given_folder(sweep, call, monkeypatch):
    """It has the name of its sweep, and no variable that identifies another run or process group."""
    monkeypatch.setenv("WANDB_RUN_ID", "one")
    monkeypatch.setenv("MASTER_PORT", "1234")
    (row,) = sweep("seed=choice(0)", "norm=none").values()
    content = call("0")
    assert content["arguments"][-5:] == [
        "resume=auto", 'sweep.name="it"', 'sweep.axes=["seed=0"]', "hydra.mode=RUN",
        f'hydra.run.dir="runs/sweeps/it/{row["job"]}"',
    ]  # fmt: skip
    assert not {"WANDB_RUN_ID", "MASTER_PORT"} & content["environment"].keys()


def test_a_changed_configuration_file_makes_a_new_job_of_the_same_overrides(sweep, call, tmp_path):
    (tmp_path / "mine" / "experiment").mkdir(parents=True)
    own = tmp_path / "mine" / "experiment" / "own.yaml"
    for iterations in (3, 4):
        own.write_text(f"# @package _global_\niterations: {iterations}\n")
        (row,) = sweep("experiment=own", "seed=choice(0)", "--config-dir", str(tmp_path / "mine")).values()
    assert row["status"] == "finished"
    assert row["job"].startswith("01-")
    assert "--config-dir" in call("0")["arguments"]


def test_an_interrupted_sweep_stops_its_jobs_with_a_checkpoint(sweep, tmp_path):
    """On Ctrl-C and on SIGTERM, running jobs are asked to save, and waiting jobs are not started."""

    def interrupt(number):
        while len(list(tmp_path.glob("runs/sweeps/it/*/waiting"))) < 2 or table.read_text().count("running") < 2:
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    table = tmp_path / "runs" / "sweeps" / "it" / "sweep.csv"
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
        signal.signal(number, handler)  # tests run in the background of a shell inherit that SIGINT is ignored
        before = signal.getsignal(number)
        threading.Thread(target=interrupt, args=(number,), daemon=True).start()
        rows = sweep("seed=0,1,2", "hydra.launcher.jobs=2", faults={"0": "wait", "1": "wait"}, status=128 + number)
        assert statuses(rows) == ["interrupted", "interrupted", "not started"]
        assert signal.getsignal(number) is before
        saved = list(tmp_path.glob("runs/sweeps/it/*/checkpoints/last.ckpt"))
        assert len(saved) == len([path.unlink() for path in tmp_path.glob("runs/sweeps/it/*/waiting")]) == 2


def test_optuna_gets_the_values_of_the_jobs(sweep, started, tmp_path):
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper")
    words = ["hydra/sweeper=optuna", "hydra.sweeper.direction=maximize", "hydra.sweeper.sampler.seed=1",
             "hydra.sweeper.n_trials=5", "hydra.sweeper.n_jobs=2", "seed=range(0,3)"]  # fmt: skip
    rows = sweep(*words)
    assert len(started()) == len(rows) <= 3  # a configuration that is proposed twice is trained once
    best = yaml.safe_load((tmp_path / "runs" / "sweeps" / "it" / "optimization_results.yaml").read_text())
    assert best["best_value"] == max(float(row["value"]) for row in rows.values())
    sweep(*words)
    assert started() == []
