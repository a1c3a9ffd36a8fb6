"""Each run has its own folder, in which one process trains at a time."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from sr_lightning.cli.config import CONF
from sr_lightning.training import run_folder


def test_runs_that_start_in_the_same_second_have_different_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: run_folder.create_unique.__wrapped__(Path("runs/name")), range(8)))
    assert len(set(folders)) == 8
    assert all(folder.is_dir() for folder in folders)


def test_a_locked_folder_is_refused(train, tmp_path):
    (tmp_path / "run").mkdir()
    with (
        run_folder.exclusive_lock(tmp_path / "run"),
        pytest.raises(SystemExit, match="another process is working in this folder"),
    ):
        train("run")


@pytest.mark.parametrize("primary", ["train", "evaluate"])
def test_no_command_names_its_folder_by_the_time_alone(primary):
    hydra = yaml.safe_load((CONF / f"{primary}.yaml").read_text())["hydra"]
    for folder in (hydra["run"]["dir"], hydra["sweep"]["dir"]):
        assert re.match(r"\$\{(run|sweep|new)_directory:", folder)


def test_a_locked_folder_is_refused_by_the_evaluation(command, tmp_path):
    (tmp_path / "run").mkdir()
    with (
        run_folder.exclusive_lock(tmp_path / "run"),
        pytest.raises(SystemExit, match="another process is working in this folder"),
    ):
        command("evaluate", "checkpoint=bicubic", "benchmarks=[x]", f"hydra.run.dir={tmp_path / 'run'}")


@pytest.mark.parametrize("name", ["bicubic", "HR"])
def test_the_name_of_a_run_replaces_no_other_image_of_its_evaluation(train, name):
    folder = train("run", f"name={name}")
    names = {path.name for path in (folder / "validation").iterdir() if path.is_dir()}
    assert names == {"bicubic", "HR", f"{name}-2"}
