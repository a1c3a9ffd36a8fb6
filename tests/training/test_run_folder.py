"""Each run has its own folder, in which one process trains at a time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

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
        pytest.raises(SystemExit, match="another process is training in this folder"),
    ):
        train("run")
