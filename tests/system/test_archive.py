"""Archives are extracted completely or not at all."""

import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sr_lightning.errors import InputError
from sr_lightning.system.archive import extract

FILES = {f"photos/{i}.txt": os.urandom(5000) for i in range(20)}


def packed(archive: Path, files: dict[str, bytes]) -> Path:
    """Pack files into an uncompressed zip or tar archive."""
    source = archive.with_name("source")
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as zipped:
            for name, content in files.items():
                zipped.writestr(name, content)
        return archive
    source.write_bytes(b"")
    with tarfile.open(archive, "w") as tarred:
        for name, content in files.items():
            source.write_bytes(content)
            tarred.add(source, name)
    source.unlink()
    return archive


def read(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(params=["a.zip", "a.tar"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return packed(tmp_path / request.param, FILES)


def test_single_folder_is_unwrapped(archive: Path, tmp_path: Path) -> None:
    folder = extract(archive, tmp_path / "new" / "folder")
    assert read(folder) == {name.removeprefix("photos/"): content for name, content in FILES.items()}
    assert [path.name for path in folder.parent.iterdir() if path.suffix != ".lock"] == ["folder"]


def test_several_entries_keep_their_paths(tmp_path: Path) -> None:
    files = {"a.txt": b"a", "folder/b.txt": b"b"}
    assert read(extract(packed(tmp_path / "a.zip", files), tmp_path / "out")) == files


def test_existing_folder_is_not_changed(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    archive.unlink()
    assert read(extract(archive, tmp_path / "out")) == {}


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"<html>", lambda b: b""])
def test_damaged_archive_gives_one_line_and_leaves_no_folder(archive: Path, tmp_path: Path, damage) -> None:
    archive.write_bytes(damage(archive.read_bytes()))
    with pytest.raises(InputError, match=r"^.*a\.(zip|tar): damaged.*Delete it and run again\.$"):
        extract(archive, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == [archive.name]


def test_flipped_bits_in_a_zip_are_detected(tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.zip", FILES)
    content = bytearray(archive.read_bytes())
    content[10_000] ^= 1
    archive.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        extract(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_nothing_is_written_outside_of_the_folder(tmp_path: Path, name: str) -> None:
    archive = packed(tmp_path / name, {"photos/a.txt": b"a", "../../evil.txt": b"b"})
    with pytest.raises(InputError, match="unsafe"):
        extract(archive, tmp_path / "deep" / "folder")
    assert not list(tmp_path.rglob("evil.txt"))


def test_missing_archive_gives_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.zip: cannot be extracted to .* \(No such file or directory\)"):
        extract(tmp_path / "a.zip", tmp_path / "out")


def test_killed_extraction_is_repeated(archive: Path, tmp_path: Path) -> None:
    slow = f"""
import os, time
from sr_lightning.system import archive
os.replace = lambda *_: time.sleep(60)
archive.extract({str(archive)!r}, {str(tmp_path / "out")!r})
"""
    process = subprocess.Popen([sys.executable, "-c", slow])
    unfinished, deadline = tmp_path / ".out.unfinished" / "photos" / "10.txt", time.monotonic() + 20
    while not unfinished.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert unfinished.exists()
    assert not (tmp_path / "out").exists()
    (unfinished.parent / "stale.txt").touch()
    assert len(read(extract(archive, tmp_path / "out"))) == len(FILES)
    assert not (tmp_path / ".out.unfinished").exists()


def test_concurrent_calls_extract_once(archive: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(lambda _: extract(archive, tmp_path / "out"), range(8)))
    assert len(read(folders.pop())) == len(FILES)
