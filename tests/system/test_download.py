"""A download ends with the right file, or with one line that says what to do."""

import hashlib
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sr_lightning.errors import InputError
from sr_lightning.system import download
from sr_lightning.system.download import fetch
from tests.support.servers import CONTENT, SIZE, Server


def digest(content: bytes, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, content).hexdigest()


def left(folder: Path) -> list[str]:
    """List the names in a folder, without lock files, which some systems keep."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def interrupted(server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch, after: int = 500_000) -> int:
    """Interrupt a download and return the size of its partial file."""
    server.stop_after = [after]
    with monkeypatch.context() as once:
        once.setattr(download, "ATTEMPTS", 1)
        with pytest.raises(InputError, match="Run again to resume"):
            fetch(server.url, folder)
    server.seen.clear()
    server.served = 0
    return (folder / "file.bin.partial").stat().st_size


def test_a_download_is_verified_and_leaves_one_file(server: Server, tmp_path: Path) -> None:
    path = fetch(server.url, tmp_path / "new" / "folder", sha256=digest(CONTENT), md5=digest(CONTENT, "md5").upper())
    assert path == tmp_path / "new" / "folder" / "file.bin"
    assert path.read_bytes() == CONTENT
    assert left(path.parent) == ["file.bin"]
    assert server.seen == [None]


def test_the_caller_can_choose_the_file_name(server: Server, tmp_path: Path) -> None:
    assert fetch(server.url, tmp_path, name="weights.pth") == tmp_path / "weights.pth"
    with pytest.raises(InputError, match="does not end in a file name"):
        fetch("http://127.0.0.1/", tmp_path)


def test_an_existing_file_needs_no_network(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(b"by hand")
    assert fetch(server.url, tmp_path, sha256=digest(b"by hand")).read_bytes() == b"by hand"
    assert fetch(server.url, tmp_path).read_bytes() == b"by hand"
    with pytest.raises(InputError, match="Delete it to download it again"):
        fetch(server.url, tmp_path, sha256=digest(CONTENT))
    assert (tmp_path / "file.bin").read_bytes() == b"by hand"
    assert server.seen == []


def test_an_interrupted_connection_is_resumed(server: Server, tmp_path: Path) -> None:
    server.stop_after = [400_000, 300_000]
    assert fetch(server.url, tmp_path, sha256=digest(CONTENT)).read_bytes() == CONTENT
    first, second, third = server.seen
    assert first is None
    assert 0 < int(second[6:-1]) < int(third[6:-1])
    assert server.served <= SIZE + 2 * download.CHUNK


@pytest.mark.parametrize("headers", [{"ETag": '"first"'}, {"ETag": 'W/"weak"'}, {"Last-Modified": "yesterday"}, {}])
def test_the_next_run_transfers_the_missing_bytes_only(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    server.headers, server.if_range = headers, "first" in headers.get("ETag", "")
    size = interrupted(server, tmp_path, monkeypatch)
    assert 500_000 - download.CHUNK <= size <= 500_000
    assert fetch(server.url, tmp_path, sha256=digest(CONTENT)).read_bytes() == CONTENT
    assert (server.seen, server.served) == ([f"bytes={size}-"], SIZE - size)
    assert left(tmp_path) == ["file.bin"]


def test_a_server_without_ranges_restarts_the_download(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(server, tmp_path, monkeypatch)
    server.ranges = False
    assert fetch(server.url, tmp_path).read_bytes() == CONTENT
    assert server.served == SIZE


@pytest.mark.parametrize("if_range", [True, False], ids=["server compares", "server ignores If-Range"])
@pytest.mark.parametrize("tagged", [True, False], ids=["etag", "length only"])
@pytest.mark.parametrize("size", [SIZE + 9, 200_000], ids=["longer", "shorter than the part"])
def test_bytes_of_two_versions_are_never_joined(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, if_range: bool, tagged: bool, size: int
) -> None:
    server.if_range, server.headers = if_range, {"ETag": '"first"'} if tagged else {}
    interrupted(server, tmp_path, monkeypatch)
    server.content, server.headers = b"x" * size, {"ETag": '"second"'} if tagged else {}
    assert fetch(server.url, tmp_path).read_bytes() == server.content


def test_equal_length_with_another_tag_is_another_version(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.if_range = False
    interrupted(server, tmp_path, monkeypatch)
    server.content, server.headers = CONTENT[::-1], {"ETag": '"second"'}
    assert fetch(server.url, tmp_path).read_bytes() == CONTENT[::-1]


def test_a_complete_partial_file_needs_no_request(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(server, tmp_path, monkeypatch)
    (tmp_path / "file.bin.partial").write_bytes(CONTENT)  # as if killed just before the file was renamed
    assert fetch(server.url, tmp_path, sha256=digest(CONTENT)).read_bytes() == CONTENT
    assert server.seen == []


def test_a_wrong_checksum_leaves_no_file(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        fetch(server.url, tmp_path, sha256="0" * 64)
    assert re.fullmatch(rf".*file\.bin.* {digest(CONTENT)}, expected {'0' * 64}\. .*run again.*", str(caught.value))
    with pytest.raises(InputError, match="md5"):
        fetch(server.url, tmp_path, md5="0" * 32)
    assert left(tmp_path) == []


@pytest.mark.parametrize(("status", "requests"), [(404, 1), (403, 1), (503, download.ATTEMPTS)])
def test_a_refused_request_gives_one_line(server: Server, tmp_path: Path, status: int, requests: int) -> None:
    server.status = status
    with pytest.raises(InputError) as caught:
        fetch(server.url, tmp_path)
    line = rf"{re.escape(server.url)}: the server answers {status} .*{tmp_path}/file\.bin by hand\."
    assert re.fullmatch(line, str(caught.value))
    assert len(server.seen) == requests


def test_no_connection_gives_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PAUSE", 0.001)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/file.bin"
        with pytest.raises(InputError) as caught:
            fetch(url, tmp_path)
    assert re.fullmatch(rf"{url}: no connection.*{tmp_path}/file\.bin by hand\.", str(caught.value))
    with pytest.raises(InputError, match="not a web address"):
        fetch("file.bin", tmp_path)


def test_a_silent_server_gives_one_line(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TIMEOUT", (1, 0.1))
    monkeypatch.setattr(download, "ATTEMPTS", 2)
    server.stop_after, server.stall = [300_000, 0], True
    with pytest.raises(InputError, match=r"^.*: no connection, or it was interrupted\. .*$"):
        fetch(server.url, tmp_path)
    assert (tmp_path / "file.bin.partial").stat().st_size >= 300_000 - download.CHUNK


def test_an_unwritable_folder_gives_one_line(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot be written \(.*\)\. Make room or choose another folder"):
        fetch(server.url, tmp_path / "file")


def test_a_full_disk_gives_one_line_and_keeps_the_partial_file(server: Server, tmp_path: Path) -> None:
    code = f"""
import resource, signal
from sr_lightning.system.download import fetch
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
fetch({server.url!r}, {str(tmp_path)!r})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert re.search(r"InputError: .*file\.bin: cannot be written \(File too large\)", done.stderr)
    assert fetch(server.url, tmp_path).read_bytes() == CONTENT
    assert server.seen[1] == "bytes=300000-"


def test_concurrent_calls_download_once(server: Server, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: fetch(server.url, tmp_path, sha256=digest(CONTENT)), range(8)))
    assert {path.read_bytes() for path in paths} == {CONTENT}
    assert server.served == SIZE


def test_concurrent_processes_download_once(server: Server, tmp_path: Path) -> None:
    processes = [multiprocessing.get_context("spawn").Process(target=fetch, args=(server.url, tmp_path)) for _ in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert server.served == SIZE


def test_a_killed_download_is_resumed(server: Server, tmp_path: Path) -> None:
    server.stop_after, server.stall = [600_000], True
    code = f"from sr_lightning.system.download import fetch; fetch({server.url!r}, {str(tmp_path)!r})"
    process = subprocess.Popen([sys.executable, "-c", code])
    partial, deadline = tmp_path / "file.bin.partial", time.monotonic() + 20
    while not (partial.exists() and partial.stat().st_size > 300_000) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    server.stall = False
    size = partial.stat().st_size
    assert not (tmp_path / "file.bin").exists()
    assert fetch(server.url, tmp_path, sha256=digest(CONTENT)).read_bytes() == CONTENT
    assert server.seen == [None, f"bytes={size}-"]
    assert server.served == 600_000 + SIZE - size
