"""The crop store holds the decoded pixels, is built once, and never exists incompletely."""

import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from sr_lightning import image
from sr_lightning.data import crop_store
from sr_lightning.data.crop_store import CropStore, DecodedImages, build
from sr_lightning.data.discovery import find_images
from sr_lightning.errors import InputError
from tests.support import photographs


@pytest.fixture
def paths(tmp_path):
    return find_images(photographs.folder(tmp_path / "images"))


def test_crops_are_the_decoded_pixels(paths, tmp_path):
    opened, decoded = CropStore(build(paths, tmp_path / "cache")), DecodedImages(paths)
    np.testing.assert_array_equal(opened.sizes, decoded.sizes)
    for index, path in enumerate(paths):
        height, width = opened.sizes[index]
        pixels = image.read_bytes(path)
        for top, left, size in [(0, 0, 7), (height - 9, width - 9, 9), (5, 11, 20)]:
            expected = pixels[top : top + size, left : left + size]
            np.testing.assert_array_equal(opened.crop(index, top, left, size), expected)
            np.testing.assert_array_equal(decoded.crop(index, top, left, size), expected)


def test_a_store_is_decoded_once(paths, tmp_path, monkeypatch):
    folder = build(paths, tmp_path / "cache")
    monkeypatch.setattr(crop_store, "decode", lambda *_: pytest.fail("decoded again"))
    assert build(paths, tmp_path / "cache") == folder


def test_a_changed_file_makes_a_new_store_and_removes_the_old(paths, tmp_path):
    old = build(paths, tmp_path / "cache")
    photographs.save(paths[0], 50, 50, seed=99)
    new = build(paths, tmp_path / "cache")
    assert new != old
    assert not old.exists()
    np.testing.assert_array_equal(CropStore(new).crop(0, 0, 0, 50), image.read_bytes(paths[0]))


def test_a_damaged_file_leaves_no_store(paths, tmp_path):
    paths[2].write_bytes(paths[2].read_bytes()[:200])
    with pytest.raises(InputError, match=paths[2].name):
        build(paths, tmp_path / "cache")
    assert not [path for path in (tmp_path / "cache").iterdir() if path.is_dir()]


def test_too_little_disk_space_fails_before_writing(paths, tmp_path, monkeypatch):
    monkeypatch.setattr(crop_store.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(InputError, match=r"data\.cache=FOLDER"):
        build(paths, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("store-*-*"))


def test_concurrent_builders_build_one_store(paths, tmp_path, monkeypatch):
    calls = []
    decode = crop_store.decode
    monkeypatch.setattr(crop_store, "decode", lambda *args: (calls.append(1), time.sleep(0.2), decode(*args)))
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: build(paths, tmp_path / "cache"), range(4)))
    assert len(folders) == len(calls) == 1


def test_a_killed_build_is_started_again(paths, tmp_path):
    """A process killed while decoding leaves no folder that could be mistaken for a store."""
    program = f"""
import time
from pathlib import Path
from sr_lightning import image
from sr_lightning.data import crop_store
read = image.read_bytes
def slow(path):
    Path({str(tmp_path / "started")!r}).touch()
    time.sleep(60)
image.read_bytes = slow
crop_store.build([Path(p) for p in {[str(path) for path in paths]!r}], Path({str(tmp_path / "cache")!r}))
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen([sys.executable, "-c", program], env=environment)
    while not (tmp_path / "started").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not list((tmp_path / "cache").glob("store-*-*"))
    opened = CropStore(build(paths, tmp_path / "cache"))
    np.testing.assert_array_equal(opened.crop(1, 0, 0, 40), image.read_bytes(paths[1])[:40, :40])


def test_workers_receive_a_path_not_the_pixels(paths, tmp_path):
    opened = CropStore(build(paths, tmp_path / "cache"))
    sent = pickle.dumps(opened)
    assert len(sent) < 1000 < opened.pixels.nbytes
    np.testing.assert_array_equal(pickle.loads(sent).crop(0, 3, 4, 10), opened.crop(0, 3, 4, 10))


@pytest.mark.parametrize("stored", [True, False])
def test_16_bit_images_are_counted_and_rounded(stored, paths, tmp_path, caplog):
    deep = np.full((40, 48, 3), 1000, np.uint16)
    image.write_picture(paths[1].with_name("deep.png"), image.Picture(deep))
    files = [*paths, paths[1].with_name("deep.png")]
    source = CropStore(build(files, tmp_path / "cache")) if stored else DecodedImages(files)
    assert caplog.messages == [f"1 of {len(files)} images have 16 bits; they are rounded to 8"]
    assert np.unique(source.crop(len(files) - 1, 0, 0, 40)).tolist() == [4]  # 1000 / 257 = 3.9
