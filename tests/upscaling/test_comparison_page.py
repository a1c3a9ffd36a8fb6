"""The page of before/after sliders: its content, and its errors."""

import base64
import io
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr_lightning import image
from sr_lightning.image import Picture
from sr_lightning.upscale import main
from sr_lightning.upscaling.comparison_page import BACKGROUND, to_rgb8
from tests.support.photographs import pixels, save

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs the command in an empty folder and returns its status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main([*arguments, "--weights", "bicubic", "--device", "cpu"])
        except SystemExit as stopped:
            status = int(stopped.code or 0)
        return status, *capsys.readouterr()

    return call


def embedded(page: Path) -> list[np.ndarray]:
    """Return the images embedded in a page, in order."""
    texts = re.findall(r"data:image/webp;base64,([^\"]+)", page.read_text("utf-8"))
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))).astype(int) for text in texts]


def test_both_sides_of_a_slider_are_equal_for_bicubic(run, tmp_path):
    save(tmp_path / "in" / "a.png", 20, 30)
    save(tmp_path / "in" / "deep" / "b.jpg", 16, 12)
    image.write_picture(tmp_path / "in" / "c.png", Picture(pixels(9, 10)[:, :, :1].astype(np.uint16) * 257))
    assert run("in", "--output", "out", "--compare", "page/report.html") == (0, "3 of 3 images upscaled\n", "")
    images = embedded(tmp_path / "page" / "report.html")
    assert [each.shape for each in images[::2]] == [(80, 120, 3), (36, 40, 3), (64, 48, 3)]
    for before, after in zip(images[::2], images[1::2], strict=True):
        assert np.abs(before - after).mean() < 3
    assert "in/deep/b.jpg" in (tmp_path / "page" / "report.html").read_text("utf-8")


def test_existing_outputs_are_shown_and_damaged_ones_reported(run, tmp_path):
    for name in ("a.png", "b.png"):
        save(tmp_path / "in" / name, 8, 9)
    run("in/a.png", "--output", "out")
    (tmp_path / "out" / "b.png").write_bytes(b"mine")
    status, out, errors = run("in", "--output", "out", "--compare", "report.html")
    assert (status, errors) == (1, "")
    assert out.startswith("out/b.png: is not an image")
    assert len(embedded(tmp_path / "report.html")) == 2


def test_transparent_pixels_are_gray():
    values = np.zeros((2, 2, 4), np.uint8)
    values[0] = 200, 100, 50, 255
    shown = to_rgb8(Picture(values)).permute(1, 2, 0).tolist()
    assert shown == [[[200, 100, 50]] * 2, [list(BACKGROUND)] * 2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["damaged.png", "--compare", "report.html"], "report.html: not written because there is no image to compare"),
        (["a.png", "--compare", "b.png"], "--compare b.png: is not the name of a page; use a name that ends in .html"),
        (["a.png", "--compare", "folder.html"], "--compare folder.html: is a folder"),
        (["-", "--compare", "report.html"], "--compare report.html: needs files"),
    ],
)
def test_wrong_uses_of_compare_end_in_one_line(run, tmp_path, arguments, message):
    save(tmp_path / "a.png", 4, 4)
    save(tmp_path / "b.png", 4, 4)
    (tmp_path / "damaged.png").write_bytes(b"damaged")
    (tmp_path / "folder.html").mkdir()
    status, out, errors = run(*arguments)
    assert status == 1
    assert message in out + errors
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png", "damaged.png", "folder.html"]


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_browser_shows_every_slider(run, tmp_path):
    api = pytest.importorskip("playwright.sync_api")
    for name in ("a.png", "b & <b>.png"):
        save(tmp_path / "in" / name, 40, 60)
    save(tmp_path / "in" / "strip.png", 2000, 3)
    assert run("in", "--compare", "report.html")[0] == 0
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page, console, requests = browser.new_page(), [], []
        page.on("console", lambda message: console.append(message.text))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((tmp_path / "report.html").as_uri())
        sizes = page.locator(".slider img").evaluate_all("all => all.map(i => [i.naturalWidth, i.naturalHeight])")
        names = page.locator(".slider strong").all_inner_texts()
        heights = page.locator(".stage").evaluate_all("all => all.map(stage => stage.clientHeight / innerHeight)")
        browser.close()
    assert sizes == [[240, 160]] * 4 + [[12, 8000]] * 2
    assert names == ["in/a.png", "in/b & <b>.png", "in/strip.png"]
    assert max(heights) < 0.8  # also of the strip, which would be very tall at the width of its caption
    assert console == []
    assert [url for url in requests if not url.startswith("data:")] == [(tmp_path / "report.html").as_uri()]
