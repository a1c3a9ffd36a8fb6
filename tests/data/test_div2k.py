"""DIV2K and DF2K: download, extraction and verification; no network access for images on disk."""

import hashlib
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr_lightning.data.div2k import df2k, div2k
from sr_lightning.errors import InputError

sets = sys.modules[div2k.__module__]  # sr_lightning.data has a function of this name
requested: list[str] = []


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        requested.append(self.path)


def photographs(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for i in range(count):
        pixels = np.random.default_rng(i).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i + 1:04}.png")


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server of DIV2K's training set (3 images) and Flickr2K (2 images), packed as the published archives are."""
    folder = tmp_path / "mirror"
    photographs(folder / "DIV2K_train_HR", 3)
    photographs(folder / "Flickr2K" / "Flickr2K_HR", 2)
    photographs(folder / "Flickr2K" / "Flickr2K_LR_bicubic" / "X4", 2)
    with zipfile.ZipFile(folder / "DIV2K_train_HR.zip", "w") as zipped:
        for path in (folder / "DIV2K_train_HR").iterdir():
            zipped.write(path, path.relative_to(folder))
    with tarfile.open(folder / "Flickr2K.tar", "w") as tarred:
        tarred.add(folder / "Flickr2K", "Flickr2K")
    sha256 = hashlib.sha256((folder / "DIV2K_train_HR.zip").read_bytes()).hexdigest()
    monkeypatch.setitem(sets.DIV2K, "train", replace(sets.DIV2K["train"], images=3, sha256=sha256))
    monkeypatch.setattr(sets, "FLICKR2K", replace(sets.FLICKR2K, images=2))
    requested.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_expected_numbers_of_images_are_the_published_ones() -> None:
    assert [sets.DIV2K[part].images for part in ("train", "valid")] == [800, 100]
    assert sets.FLICKR2K.images == 2650


def test_downloads_extracts_and_lists(mirror: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    images = div2k(root, "train", base_url=mirror)
    assert images == [root / "DIV2K_train_HR" / f"000{i}.png" for i in (1, 2, 3)]
    assert Image.open(images[0]).size == (8, 8)
    assert len(requested) == 1
    (root / "DIV2K_train_HR.zip").unlink()  # the folder is enough
    assert div2k(root, "train", base_url=mirror) == images
    assert len(requested) == 1


def test_df2k_joins_both_sets_without_their_lr_images(mirror: str, tmp_path: Path) -> None:
    images = df2k(tmp_path / "root", base_url=mirror)
    assert [path.parent.name for path in images] == 3 * ["DIV2K_train_HR"] + 2 * ["Flickr2K_HR"]


def test_images_on_disk_need_no_network(mirror: str, tmp_path: Path) -> None:
    photographs(tmp_path / "root" / "DIV2K_train_HR", 3)
    photographs(tmp_path / "root" / "Flickr2K", 2)  # the HR images alone
    assert len(df2k(tmp_path / "root", base_url=mirror)) == 5
    assert requested == []


def test_archive_on_disk_needs_no_network(mirror: str, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "mirror" / "DIV2K_train_HR.zip").rename(tmp_path / "root" / "DIV2K_train_HR.zip")
    assert len(div2k(tmp_path / "root", base_url=mirror)) == 3
    assert requested == []


def test_a_wrong_number_of_images_is_an_input_error(mirror: str, tmp_path: Path) -> None:
    photographs(tmp_path / "root" / "DIV2K_train_HR", 2)
    with pytest.raises(InputError, match=r"^.*DIV2K_train_HR: 2 images, expected 3\. Move .* away.*\.$"):
        div2k(tmp_path / "root", base_url=mirror)


def test_a_wrong_checksum_is_an_input_error(mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sets.DIV2K, "train", replace(sets.DIV2K["train"], sha256="0" * 64))
    with pytest.raises(InputError, match="sha256 is"):
        div2k(tmp_path / "root", base_url=mirror)
    assert not (tmp_path / "root" / "DIV2K_train_HR").exists()


def test_an_unknown_part_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no part 'test'; choose one of train, valid"):
        div2k(tmp_path, "test")
