"""The degrade command: LR copies for training, reproducible draws, preview and records."""

import json
import re

import pytest
import torch

from sr_lightning import image
from sr_lightning.data import paired
from sr_lightning.degradations.describe import describe
from sr_lightning.degrade import main
from tests.support import photographs
from tests.support.configs import second_order


@pytest.fixture
def photos(tmp_path):
    photographs.save(tmp_path / "photos" / "tiny.png", 4, 7)
    photographs.save(tmp_path / "photos" / "more" / "wide.png", 39, 70)
    return photographs.folder(tmp_path / "photos", count=2)


def copies(folder):
    return {path.relative_to(folder).as_posix(): image.read(path) for path in sorted((folder / "lr").rglob("*.png"))}


def test_copies_and_inputs_form_a_paired_data_set(photos, tmp_path, capsys):
    main([str(photos), "--output", str(tmp_path / "out"), "--record"])
    assert capsys.readouterr().out.startswith("4 images in")
    assert list(copies(tmp_path / "out")) == ["lr/00.png", "lr/01.png", "lr/more/wide.png", "lr/tiny.png"]
    assert len(paired(photos, tmp_path / "out" / "lr", 4)) == 4
    preview = image.read(tmp_path / "out" / "preview.png")
    assert preview.shape[1] > 4 * 400
    records = json.loads((tmp_path / "out" / "records.json").read_text())
    hr = image.read(photos / "more" / "wide.png")[None, :, :36, :68]
    again = second_order()(hr, [records["more/wide"]])
    torch.testing.assert_close(again[0], copies(tmp_path / "out")["lr/more/wide.png"], rtol=0, atol=1e-6)


def test_seed_and_overrides(photos, tmp_path):
    """Equal arguments give equal images; another seed or scale gives others."""
    words = {"a": [], "b": [], "seed": ["--seed", "3"], "scale": ["scale=2"], "plain": ["degradation=bicubic"]}
    for name, more in words.items():
        main([str(photos / "00.png"), *more, "--output", str(tmp_path / name), "--preview", "0"])
        assert not (tmp_path / name / "preview.png").exists()
    actual = {name: copies(tmp_path / name)["lr/00.png"] for name in words}
    assert torch.equal(actual["a"], actual["b"])
    assert actual["scale"].shape == (3, 20, 24)
    main([str(photos / "00.png"), "--output", str(tmp_path / "behind"), "--preview", "0", "scale=2"])
    assert torch.equal(copies(tmp_path / "behind")["lr/00.png"], actual["scale"])
    assert not torch.equal(actual["a"], actual["seed"])
    assert not torch.equal(actual["a"], actual["plain"])


def test_options_of_another_folder_are_found(photos, tmp_path):
    """A stage that is added to the second-order degradation before JPEG, in a folder with spaces and quotes."""
    folder = tmp_path / "my 'own' conf é"
    (folder / "degradation").mkdir(parents=True)
    stage = "{_target_: sr_lightning.degradations.Sharpen, probability: 1}"
    (folder / "degradation" / "crisp.yaml").write_text(
        f"defaults: [second_order]\nstages:\n  crisp: {stage}\nbefore: {{crisp: jpeg}}\n"
    )
    words = ["--config-dir", str(folder), "--record", "--preview", "0", "degradation=crisp"]
    assert main([str(photos / "00.png"), "--output", str(tmp_path / "out"), *words]) == 0
    (record,) = json.loads((tmp_path / "out" / "records.json").read_text()).values()
    assert list(record)[list(record).index("crisp") + 1] == "jpeg"


def test_draws_are_replayed(photos, tmp_path, capsys):
    """Records are matched by name and independent of the seed; a single record applies to every image."""
    main([str(photos), "--output", str(tmp_path / "out"), "--record", "--preview", "0"])
    records = tmp_path / "out" / "records.json"
    words = ["--seed", "5", "--record", "--preview", "0"]
    assert main([str(photos), *words, "--output", str(tmp_path / "again"), "--replay", str(records)]) == 0
    assert (tmp_path / "again" / "records.json").read_bytes() == records.read_bytes()
    actual, again = (copies(tmp_path / name) for name in ("out", "again"))
    assert all(torch.equal(actual[name], again[name]) for name in actual)
    one = tmp_path / "one.json"
    one.write_text(json.dumps({"00": json.loads(records.read_text())["00"]}))
    main([str(photos), "--preview", "0", "--output", str(tmp_path / "one"), "--replay", str(one)])
    other = copies(tmp_path / "one")
    assert torch.equal(other["lr/00.png"], actual["lr/00.png"])
    hr = image.read(photos / "01.png")[None, :, :40, :48]
    expected = second_order()(hr, [json.loads(one.read_text())["00"]])
    torch.testing.assert_close(other["lr/01.png"], expected[0], rtol=0, atol=1e-6)
    photographs.save(photos / "new.png", 24, 24)
    capsys.readouterr()
    assert main([str(photos), *words, "--output", str(tmp_path / "more"), "--replay", str(records)]) == 1
    assert capsys.readouterr().out.startswith("new: has no record in the replayed file; rename it")


def test_records_without_a_jpeg_offset_are_replayed(photos, tmp_path):
    """Their blocks begin at the image corner; nothing else changes."""
    main([str(photos), "--output", str(tmp_path / "out"), "--record", "--preview", "0"])
    records = json.loads((tmp_path / "out" / "records.json").read_text())
    for record in records.values():
        assert len(record["jpeg"].pop("offset")) == len(record["final"]["jpeg"].pop("offset")) == 2
    (tmp_path / "old.json").write_text(json.dumps(records))
    words = ["--replay", str(tmp_path / "old.json"), "--preview", "0", "--output"]
    assert main([str(photos), *words, str(tmp_path / "old")]) == 0
    hr = image.read(photos / "00.png")[None, :, :40, :48]
    aligned = second_order("degradation.stages.jpeg.offset=[0,0]", "degradation.stages.final.stages.jpeg.offset=[0,0]")
    expected = aligned(hr, [records["00"]])
    torch.testing.assert_close(copies(tmp_path / "old")["lr/00.png"], expected[0], rtol=0, atol=1e-6)


def test_records_are_described_in_order_of_application():
    record = {"sharpen": {}, "blur": {"kind": "sinc", "size": 9, "cutoff": 0.51234}, "noise": None,
              "final": {"jpeg": {"quality": 40, "offset": [3, 12]},
                        "down": {"sinc": {"kind": "sinc", "size": 7, "cutoff": 0.5}}},
              "more": {"kind": "gaussian_isotropic", "sigma": [1.0, 1.0], "gray": False, "key": 7}}  # fmt: skip
    assert list(describe(record)) == [
        "sharpen", "blur sinc size 9 cutoff 0.512", "noise none", "jpeg quality 40 offset 3 x 12",
        "sinc size 7 cutoff 0.5", "more gaussian isotropic sigma 1 not gray",
    ]  # fmt: skip


def test_bad_files_are_skipped_and_listed(photos, tmp_path, capsys):
    """The exit status is 1; the other images have copies, preview rows and records."""
    (photos / "01.png").write_bytes(b"rubbish")
    photographs.save(photos / "pixel.png", 1, 1)
    assert main([str(photos), "--output", str(tmp_path / "out"), "--record"]) == 1
    damaged, small, count = capsys.readouterr().out.splitlines()
    assert damaged.startswith(f"{photos / '01.png'}: ")
    assert small.startswith(f"{photos / 'pixel.png'}: 1x1 pixels are less than one pixel at 1/4")
    assert count == f"3 images in {tmp_path / 'out' / 'lr'}, 2 could not be degraded"
    assert list(copies(tmp_path / "out")) == ["lr/00.png", "lr/more/wide.png", "lr/tiny.png"]
    assert list(json.loads((tmp_path / "out" / "records.json").read_text())) == ["00", "more/wide", "tiny"]
    assert (tmp_path / "out" / "preview.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: cannot be found"),
        (["scale=2"], "no input: name images or folders"),
        (["photos", "degradation.stages.haze.probability=1"], "haze"),
        (["photos", "degradation.stages.jpeg.quality=[0,40]"], "degradation.*quality must be two ascending numbers"),
        (["photos", "scale=0"], "scale=0: must be a whole number of at least 1"),
        (["photos", "photos/00.jpg"], "00.png: would overwrite the copy of photos/00.jpg"),
        (["photos", "--config-dir", "nowhere"], "--config-dir nowhere: no such folder"),
        (["photos", "--output", "photos/out"], "photos/out: lies inside the input photos"),
        (["photos", "--replay", "none.json"], "none.json: cannot be read, No such file"),
        (["photos", "--replay", "photos/00.png"], "photos/00.png: is not a records.json"),
        (["photos", "--replay", "other.json"], "other.json: is not a records.json of this .*haze.*key=value"),
        (
            ["photos", "degradation=bicubic", "--replay", "other.json"],
            "this degradation is not random",
        ),
        (["photos", "scale=64"], "00.png: 48x40 pixels are less than one pixel at 1/64"),
    ],
)
def test_wrong_arguments_are_reported_in_one_line(photos, tmp_path, monkeypatch, arguments, message):
    photographs.save(photos / "00.png", 40, 48)
    if "photos/00.jpg" in arguments:
        photographs.save(photos / "00.jpg", 40, 48)
    (tmp_path / "other.json").write_text('{"00": {"haze": {"kind": 1}}}')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as error:
        main(["--output", "out", *arguments])
    assert re.search(message, str(error.value)), error.value
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()
