"""Images that cannot be evaluated cost their own row and are found before the network runs."""

import json
import math

import numpy as np
import pytest
from PIL import Image

from sr_lightning import image
from sr_lightning.data.datasets import Files, folder
from sr_lightning.errors import InputError
from sr_lightning.evaluation import tables
from sr_lightning.evaluation.usable import usable_files
from sr_lightning.image import Picture
from sr_lightning.metrics import NIQE, PSNR
from tests.support.photographs import save


def test_damaged_and_small_images_are_left_out_with_a_reason(tmp_path):
    good = save(tmp_path / "set" / "good.png", 120, 220)
    bad = save(tmp_path / "set" / "damaged.png", 120, 220)
    bad.write_bytes(bad.read_bytes()[:3000])
    tiny = save(tmp_path / "set" / "tiny.png", 3, 50)
    small = save(tmp_path / "set" / "small.png", 24, 24)
    usable, messages = usable_files({"set": folder(tmp_path / "set")}, 4, {"psnr_y": PSNR(4), "niqe": NIQE(4)})
    assert usable == {"set": Files([good])}
    starts = {
        bad: "cannot be decoded (",
        small: "cannot be measured by niqe: NIQE needs two blocks of 96x96 pixels",
        tiny: "50x3 pixels are less than one pixel at 1/4",
    }
    assert len(messages) == len(starts)
    for path, start in starts.items():
        assert any(message.startswith(f"{path}: {start}") for message in messages), path
    assert usable_files({"set": Files([small])}, 4, {"psnr_y": PSNR(4)}) == ({"set": Files([small])}, [])


def test_recorded_lr_images_are_left_out_with_their_hr_images(tmp_path):
    hr = [save(tmp_path / "hr" / f"{i}.png", 40, 48) for i in range(3)]
    lr = [save(tmp_path / "lr" / f"{i}.png", 10, 12) for i in range(3)]
    lr[1].write_bytes(b"")
    usable, messages = usable_files({"set": Files(hr, lr)}, 4, {"psnr_y": PSNR(4)})
    assert usable == {"set": Files([hr[0], hr[2]], [lr[0], lr[2]])}
    assert messages == [f"{lr[1]}: is an empty file; replace or remove it"]


def test_16_bit_images_are_counted(tmp_path, caplog):
    save(tmp_path / "set" / "a.png", 40, 48)
    image.write_picture(tmp_path / "set" / "b.png", Picture(np.full((40, 48, 3), 700, np.uint16)))
    assert usable_files({"set": folder(tmp_path / "set")}, 4, {"psnr_y": PSNR(4)})[1] == []
    assert caplog.messages == ["benchmark set: 1 of 2 images have 16 bits; they are rounded to 8"]


def test_a_benchmark_without_a_usable_image_is_an_input_error(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"^benchmark set: no image can be evaluated; .*a\.png: is an empty file"):
        usable_files({"set": Files([tmp_path / "a.png"])}, 4, {"psnr_y": PSNR(4)})


ROWS = [
    {"network": "n", "benchmark": "b", "image": name, "psnr_y": psnr, "niqe": niqe}
    for name, psnr, niqe in (("1.png", 30.0, 5.0), ("flat.png", 20.0, math.nan), ("3.png", 25.0, 7.0))
]


def test_undefined_values_are_named_and_left_out_of_the_mean():
    (summary,) = tables.means(ROWS)
    assert (summary["images"], summary["psnr_y"], summary["niqe"]) == (3, 25.0, 6.0)
    assert tables.undefined(ROWS) == ["niqe of n: undefined for b/flat.png; 1 left out of the mean"]
    assert math.isnan(tables.means(ROWS[1:2])[0]["niqe"])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_json_is_valid_for_every_value(tmp_path, value):
    rows = [{**ROWS[0], "psnr_y": value}]
    tables.write_results(tmp_path, rows, {"scale": 4, "metrics": {}, "nested": [{"x": value}]}, ["a.png: damaged"])
    content = json.loads((tmp_path / "summary.json").read_text(), parse_constant=pytest.fail)
    assert content["summary"][0]["psnr_y"] is None
    assert content["protocol"]["nested"] == [{"x": None}]
    assert content["left_out"] == ["a.png: damaged"]
    assert "- left out: a.png: damaged\n" in (tmp_path / "summary.md").read_text()


def test_one_bad_image_costs_its_own_row_of_the_command(command, tmp_path):
    for name in ("1.png", "damaged.png", "small.png"):
        save(tmp_path / "set" / name, 120, 220)
    damaged = tmp_path / "set" / "damaged.png"
    damaged.write_bytes(damaged.read_bytes()[:3000])
    save(tmp_path / "set" / "small.png", 24, 24)
    Image.fromarray(np.full((200, 200, 3), 90, np.uint8)).save(tmp_path / "set" / "flat.png")
    out = tmp_path / "out"
    command(
        "evaluate", "checkpoint=bicubic", f"benchmarks=[{tmp_path / 'set'}]", "metrics=full",
        "~metrics.lpips", f"hydra.run.dir={out}",
    )  # fmt: skip
    content = json.loads((out / "summary.json").read_text(), parse_constant=pytest.fail)
    assert content["summary"][0]["images"] == 2
    assert content["summary"][0]["niqe"] > 0
    assert [line.split(",")[2] for line in (out / "images.csv").read_text().splitlines()[1:]] == ["1.png", "flat.png"]
    left_out = "\n".join(content["left_out"])
    assert all(name in left_out for name in ("damaged.png: ", "small.png: ", "niqe of bicubic: undefined for set/flat"))
