"""Find images in folders, and pair the images of two folders."""

import os
from pathlib import Path

import pytest
from PIL import Image

from sr_lightning.data.discovery import describe_left_out, find_images, scan
from sr_lightning.data.pairing import match_images, pair_images
from sr_lightning.errors import InputError


def make(path: Path, width: int = 4, height: int = 4) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height)).save(path)
    return path


def names(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in find_images(root)]


def test_finds_images_in_the_order_of_their_relative_paths(tmp_path: Path) -> None:
    root = tmp_path / ".cache"  # only what lies below the root can be hidden
    wanted = ["B.JPG", "a.png", "a/1.png", "a/2.TiF", "a/b/3.webp", "b.png"]
    unwanted = ["a/.1.png", ".git/1.png", "__MACOSX/1.png", "a/__MACOSX/._1.png"]
    for name in [*reversed(wanted), *unwanted]:
        make(root / name)
    (root / "notes.txt").touch()
    (root / "folder.png").mkdir()
    assert names(root) == wanted == sorted(wanted)
    assert find_images(str(root)) == [root / name for name in wanted]


def test_a_single_file_is_a_list_of_one(tmp_path: Path) -> None:
    assert find_images(make(tmp_path / "a.png")) == [tmp_path / "a.png"]
    (tmp_path / "a.txt").touch()
    with pytest.raises(InputError, match=r"a\.txt: is not a supported image file; accepted are \.apng, .*\.webp"):
        find_images(tmp_path / "a.txt")


def test_links_are_followed_once(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    make(root / "a" / "1.png")
    make(elsewhere / "2.png")
    (root / "loop").symlink_to(root)
    (root / "a" / "up").symlink_to(root / "a")
    (root / "b").symlink_to(elsewhere)
    (root / "c").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(root)
    (root / "3.png").symlink_to(elsewhere / "2.png")
    (root / "gone.png").symlink_to(tmp_path / "nowhere.png")  # listed, so that reading it reports the problem
    assert names(root) == ["3.png", "a/1.png", "b/2.png", "gone.png"]


def test_missing_and_empty_folders_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing: cannot be found; check the path"):
        find_images(tmp_path / "missing")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r": no images in this folder; accepted are \.apng, .*\.webp") as caught:
        find_images(tmp_path)
    assert str(caught.value).startswith(str(tmp_path))


def test_a_folder_that_cannot_be_listed_is_an_input_error(tmp_path: Path) -> None:
    make(tmp_path / "a.png")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o000)
    if os.access(locked, os.R_OK):
        pytest.skip("this user can list every folder")
    with pytest.raises(InputError, match=r"locked: cannot be listed \(Permission denied\)"):
        find_images(tmp_path)


def test_pairs_match_by_relative_name_with_or_without_a_scale_suffix(tmp_path: Path) -> None:
    hr, lr = tmp_path / "hr", tmp_path / "lr"
    expected = [
        (make(hr / "0001.png", 18, 12), make(lr / "0001x4.png", 4, 3)),  # 18 // 4: an HR need not be a multiple
        (make(hr / "a" / "0001.v2.png", 16, 16), make(lr / "a" / "0001.v2x4.jpg")),
        (make(hr / "boxx4.png", 16, 16), make(lr / "boxx4.png")),  # an HR name that ends like the suffix
        (make(hr / "plain.bmp", 16, 16), make(lr / "plain.png")),
    ]
    assert pair_images(hr, lr, 4) == expected
    assert pair_images(expected[3][0], expected[3][1], 4) == [expected[3]]
    with pytest.raises(ValueError, match="scale must be at least 1, not 0"):
        pair_images(hr, lr, 0)


def test_every_problem_of_a_pair_is_named(tmp_path: Path) -> None:
    hr, lr = tmp_path / "hr", tmp_path / "lr"
    good = (make(hr / "good.png", 16, 16), make(lr / "good.png"))
    wrong = (make(hr / "wrong.png", 23, 17), make(lr / "wrongx4.png", 6, 4))
    for path in (hr / "alone.png", hr / "twice.jpg", hr / "twice.png", hr / "damaged.png"):
        make(path, 16, 16)
    for path in (lr / "orphan.png", lr / "twice.png", lr / "twicex4.png"):
        make(path)
    (lr / "damaged.png").write_bytes(b"")
    pairs, problems = match_images(hr, lr, 4)
    assert good in pairs
    assert wrong in pairs
    assert problems == {
        hr / "alone.png": f"{hr}/alone.png: has no partner alone or alonex4 in {lr}; add it or remove this file",
        hr / "twice.png": f"{hr}/twice.png: has the same name as {hr}/twice.jpg; remove one of the two",
        lr / "orphan.png": f"{lr}/orphan.png: has no partner orphan in {hr}; add it or remove this file",
        lr / "damaged.png": f"{lr}/damaged.png: is an empty file; replace or remove it",
        lr / "twicex4.png": f"{lr}/twicex4.png: has the same name as {lr}/twice.png; remove one of the two",
        lr / "wrongx4.png": f"{lr}/wrongx4.png: is 6x4 pixels, expected 5x4, {hr}/wrong.png (23x17) over 4; "
        "recreate it or correct the scale",
    }
    with pytest.raises(InputError) as caught:
        pair_images(hr, lr, 4)
    assert str(caught.value) == f"{problems[hr / 'alone.png']} (and 5 more)"


def test_sizes_are_compared_as_displayed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (16, 8)).save(tmp_path / "hr.jpg", exif=exif)
    hr = (tmp_path / "hr.jpg").rename(tmp_path / "same.jpg")
    assert pair_images(hr, make(tmp_path / "lr" / "same.png", 2, 4), 4) == [(hr, tmp_path / "lr" / "same.png")]


def test_images_that_are_left_out_are_counted_by_suffix_and_content(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a.png", "b.JFIF", "c.jpe", "d.pnm", "e.apng"):
        make(tmp_path / "a.jpg").rename(tmp_path / name)
    for name in ("f.heic", "deep/g.HEIC", "h.jp2", "raw.dng", ".hidden.heic"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"anything")
    make(tmp_path / "any.png").rename(tmp_path / "photo")
    make(tmp_path / "any.jpg").rename(tmp_path / "photo.jpg_large")
    for name in ("notes.txt", "data.json", "empty"):
        (tmp_path / name).touch()
    listed = scan(tmp_path)
    assert [path.name for path in listed.images] == ["a.png", "b.JFIF", "c.jpe", "d.pnm", "e.apng"]
    assert listed.left_out == {".heic": 2, ".jp2": 1, ".dng": 1, "without suffix": 1, ".jpg_large": 1}
    assert caplog.messages == []
    assert find_images(tmp_path) == find_images(tmp_path) == listed.images
    counts = "1 .dng, 2 .heic, 1 .jp2, 1 .jpg_large, 1 without suffix"
    assert caplog.messages == [f"{tmp_path}: {describe_left_out(listed.left_out)}"]
    assert f": left out 6 files in unsupported formats: {counts}; convert them to one of" in caplog.text


def test_a_folder_of_unsupported_images_alone_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.heic").touch()
    with pytest.raises(InputError, match=r"no images in this folder; accepted are .*; left out: 1 \.heic"):
        find_images(tmp_path)
