"""The cache falls back to a temporary folder, with a warning."""

import tempfile
from pathlib import Path

import pytest

from sr_lightning.system import user_cache


@pytest.fixture(autouse=True)
def no_cached_folder(monkeypatch, tmp_path):
    """Forget the folder of this process, and put temporary files into the folder of the test."""
    user_cache.user_cache.cache_clear()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    yield
    user_cache.user_cache.cache_clear()


def test_a_writable_user_cache_is_used(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(user_cache, "user_cache_path", lambda name: tmp_path / "home" / name)
    assert user_cache.user_cache() == tmp_path / "home" / "sr_lightning"
    assert (tmp_path / "home" / "sr_lightning").is_dir()
    assert not caplog.records


@pytest.mark.parametrize("unusable", ["~/.cache/sr_lightning", "/proc/nowhere/sr_lightning", "/dev/null/sr_lightning"])
def test_an_unusable_user_cache_is_replaced_by_a_temporary_one_with_a_warning(monkeypatch, tmp_path, caplog, unusable):
    monkeypatch.setattr(user_cache, "user_cache_path", lambda name: Path(unusable))
    monkeypatch.chdir(tmp_path)
    folder = user_cache.user_cache()
    assert folder.is_relative_to(tmp_path / "temporary")
    assert folder.stat().st_mode & 0o077 == 0
    assert f"{unusable}: cannot be written" in caplog.text
    assert not (tmp_path / "~").exists()
    user_cache.user_cache.cache_clear()
    assert user_cache.user_cache() == folder  # also in another process


def test_a_user_without_a_home_folder_gets_a_temporary_cache(monkeypatch, tmp_path, caplog):
    def fail(name):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(user_cache, "user_cache_path", fail)
    assert user_cache.user_cache().is_relative_to(tmp_path / "temporary")
    assert "cannot be written" in caplog.text


def test_a_temporary_folder_that_somebody_else_has_prepared_is_not_used(tmp_path):
    (tmp_path / "theirs").mkdir()
    first = user_cache.temporary_folder()
    first.rmdir()
    first.symlink_to(tmp_path / "theirs")
    assert user_cache.temporary_folder() not in (first, tmp_path / "theirs")
