"""Planning which input file becomes which output file."""

from pathlib import Path

import pytest

from sr_lightning.errors import InputError
from sr_lightning.upscaling import plan
from tests.support.photographs import save


def same_name(path: Path) -> str:
    return path.suffix


def test_each_job_has_its_own_target(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("in/a.png", "in/a.jpg", "in/sub/b.png", "other/b.png", "in/big/old.png"):
        save(tmp_path / name, 4, 4)

    def planned(inputs: list[str], output: str | None, suffix: str = "") -> dict[str, str]:
        return {
            str(job.source): str(job.target) for job in plan(inputs, output, "4", lambda path: suffix or path.suffix)
        }

    assert planned(["in"], "in/big", ".png") == {
        "in/a.jpg": "in/big/a-jpg.png",
        "in/a.png": "in/big/a-png.png",
        "in/sub/b.png": "in/big/sub/b.png",
    }
    assert planned(["in/*.png", "in/a.png"], None) == {"in/a.png": "in/a-x4.png"}
    assert planned(["in/sub", "other/"], None) == {"in/sub/b.png": "in/sub-x4/b.png", "other/b.png": "other-x4/b.png"}


def test_a_suffix_is_added_to_names_only_if_two_files_collide(tmp_path, monkeypatch):
    """A PNG keeps its name next to a video or a JPEG of the same name, so that existing outputs are recognized."""
    monkeypatch.chdir(tmp_path)
    for name in ("in/a.jpg", "in/a.mp4", "in/a.png", "in/b.gif", "in/b.png", "in/c.TIF", "in/c.tif"):
        save(tmp_path / "in" / "any.png", 4, 4).rename(tmp_path / name)
    jobs = plan(["in"], "out", "4", lambda path: ".png" if path.suffix == ".gif" else path.suffix.lower())
    assert {job.source.name: job.target.name for job in jobs} == {
        "a.jpg": "a.jpg",
        "a.mp4": "a.mp4",
        "a.png": "a.png",
        "b.gif": "b-gif.png",
        "b.png": "b-png.png",
        "c.TIF": "c-TIF.tif",
        "c.tif": "c-tif.tif",
    }


@pytest.mark.parametrize(
    ("inputs", "output", "message"),
    [
        (["in/sub/b.png", "other/b.png"], "out", "would both be written to out/b.png; use different folders"),
        (["in"], "in", "--output in: is the input folder"),
        (["in/a.png"], "in/a.png", "would overwrite the input in/a.png"),
        (["in", "other"], "one.png", "--output one.png: is a file, but there are 3 images"),
        (["in/*.tif"], None, "no file matches"),
        (["in/*.txt"], None, "in/*.txt: matches no image in a supported format; supported are .apng, "),
        (["missing"], None, "missing: cannot be found"),
    ],
)
def test_conflicting_and_missing_files_are_input_errors(tmp_path, monkeypatch, inputs, output, message):
    monkeypatch.chdir(tmp_path)
    for name in ("in/a.png", "in/sub/b.png", "other/b.png"):
        save(tmp_path / name, 4, 4)
    (tmp_path / "in" / "note.txt").touch()
    with pytest.raises(InputError) as caught:
        plan(inputs, output, "4", same_name)
    assert message in str(caught.value)
