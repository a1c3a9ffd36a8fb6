"""Run folders: one for each run, used by one process at a time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sr_lightning.training import run_folder


def test_runs_of_one_second_have_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: run_folder.create_unique.__wrapped__(Path("runs/name")), range(8)))
    assert len(set(folders)) == 8
    assert all(folder.is_dir() for folder in folders)


def test_one_process_at_a_time_trains_in_a_folder(train, tmp_path):
    (tmp_path / "run").mkdir()
    with (
        run_folder.exclusive_lock(tmp_path / "run"),
        pytest.raises(SystemExit, match="another process is training in this folder"),
    ):
        train("run")
