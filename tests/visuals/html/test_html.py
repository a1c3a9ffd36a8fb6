"""HTML parts as text and in a browser."""

import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from sr_lightning.errors import InputError
from sr_lightning.reporting.significance import Difference, Spread, difference
from sr_lightning.visuals import html
from sr_lightning.visuals.html import Axis, Column, Series
from sr_lightning.visuals.html.data_uri import within
from sr_lightning.visuals.html.intervals import verdict
from sr_lightning.visuals.html.label_placement import apart, beside
from sr_lightning.visuals.html.ticks import format_tick, ticks
from tests.support import photographs

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
HOSTILE = "<img src=http://example.org/x onerror=alert(1)> \"'&"


def photograph(height=120, width=160, seed=0):
    return torch.from_numpy(photographs.pixels(height, width, seed)).permute(2, 0, 1)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (25.7, 31.3, [26, 28, 30]),
        (-3, 4, [-2, 0, 2, 4]),
        (0, 400_000, [0, 100_000, 200_000, 300_000, 400_000]),
        (0.70412, 0.70455, [0.7042, 0.7043, 0.7044, 0.7045]),
    ],
)
def test_ticks_are_round_numbers(low, high, expected):
    assert ticks(low, high) == expected


def test_ticks_are_written_briefly():
    assert [format_tick(v) for v in (0, -1.5, 8000, 20_000, 2.5e6, 0.0001)] == [
        "0",
        "−1.5",
        "8000",
        "20k",
        "2.5M",
        "0.0001",
    ]


def test_labels_keep_their_distance_and_order_within_the_drawing():
    assert apart([50, 10, 51], 15, 0, 100) == [50, 10, 65]
    assert apart([99, 98], 15, 0, 100) == [100, 85]
    assert beside([(10, 50), (290, 50)], ["left end", "right end"], 300, 100) == ["right", "left"]
    assert beside([(100, 50), (115, 50)], ["a", "b"], 300, 100)[0] != "right"


def test_photographs_are_reduced_to_limits_of_pixels_and_sides():
    assert within(4000, 3000, 12) == (4000, 3000)
    assert within(8000, 6000, 12) == (4000, 3000)
    assert max(within(100_000, 10, 12)) == 16383
    assert within(100_000, 1, 12)[1] == 1


def test_values_that_round_to_the_same_text_have_the_same_rank():
    assert html.ranks([26.514, 28.0, 26.506, None, float("nan"), 20], "higher", 2) == [2, 1, 2, None, None, None]
    assert html.ranks([7.7, 4.1, 4.8], "lower", 2) == [None, 1, 2]
    assert html.ranks([1.0, 1.001], "higher", 2) == [None, None]


def test_tables_show_means_deviations_and_dashes():
    markup = html.table(
        "network", [Column("PSNR", "higher")], {"a": [Spread(28.041, 0.0312, 3)], "b": [27], "c": [None]}
    )
    assert '<b class="best">28.04</b><small title="over 3 runs"> ± 0.03</small>' in markup
    assert '<span class="second">27.00</span>' in markup
    assert '<td class="none">–</td>' in markup
    with pytest.raises(ValueError, match="row 'a' has 0 cells for 1"):
        html.table("network", [Column("PSNR")], {"a": []})


def test_points_that_are_not_finite_interrupt_a_curve():
    nan = float("nan")
    points = [(0, 0), (1, 1), (2, nan), (3, 3), (4, 4)]
    markup = html.curves("t", [Series("s", points)], Axis("x"), Axis("y"))
    assert markup.count("<polyline") == 2
    assert markup.count("<circle") == 4
    assert "nan" not in markup
    assert "No values yet" in html.curves("t", [Series("s", [(0, nan)]), Series("e", [])], Axis("x"), Axis("y"))
    with pytest.raises(ValueError, match="1 points but 2 labels"):
        Series("s", [(0, 0)], labels=["a", "b"])


def test_a_single_value_can_be_drawn():
    markup = html.plane("t", [Series("bicubic", [(26.0, 7.7)])], Axis("PSNR", "higher"), Axis("NIQE", "lower"))
    assert 'cx="50.0%" cy="50.0%"' in markup
    assert "better ↘" in markup


def test_names_avoid_the_text_in_the_corner():
    """The name of a point above this text is placed above the point, even across a line."""
    line = Series("line", [(26.8, 7.2), (27.43, 6.67), (26.5, 8.5)])
    named = [Series(n, [p]) for n, p in (("far", (23.6, 10.0)), ("a long name to the left", (27.43, 6.66)))]
    best = Series("best", [(27.43, 6.67)])
    markup = html.plane("t", [*named, line, best], Axis("PSNR", "higher"), Axis("NIQE", "lower"))
    (text,) = (
        each for each in str(markup).replace("<", "\n<").splitlines() if each.endswith(">best") and "<text" in each
    )
    assert 'dy="-10"' in text


def test_points_far_from_the_labeled_ones_are_omitted():
    points = [(30.0, 200.0), (26.0, 6.0), (26.5, 5.5)]
    series = [Series("gan", points, labels=["", "", "gan"]), Series("bicubic", [(26.0, 7.5)])]
    markup = html.plane("t", series, Axis("PSNR", "higher"), Axis("NIQE", "lower"))
    assert markup.count("<circle") == 3
    assert markup.count('r="3"') == 1


def test_baselines_are_not_ranked():
    markup = html.table(
        "n", [Column("PSNR", "higher")], {"bicubic": [29.0], "a": [28.0], "b": [27.0]}, baselines=["bicubic"]
    )
    assert '<b class="best">28.00</b>' in markup
    assert '<tr class="baseline"><th scope="row">bicubic</th><td data-value="29.0">29.00</td>' in markup


@pytest.mark.parametrize(
    ("low", "high", "p", "better", "expected"),
    [
        (0.1, 0.3, 0.01, "higher", "better"),
        (0.1, 0.3, 0.01, "lower", "worse"),
        (0.1, 0.3, 0.01, None, "different"),
        (-0.1, 0.3, 0.01, "higher", "open"),
        (0.1, 0.3, 0.5, "higher", "open"),  # with two images the bootstrap alone would report a difference
        (None, None, None, "higher", "open"),
    ],
)
def test_a_difference_is_reported_only_if_interval_and_test_agree(low, high, p, better, expected):
    assert verdict(Difference(0.2, low, high, 0.001, None, 14, p), better) == expected


def test_an_unwritable_page_is_reported_in_one_line_and_leaves_no_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file/report\.html: cannot be written"):
        html.write_page(tmp_path / "file" / "report.html", "")
    (tmp_path / "report.html").mkdir()
    with pytest.raises(InputError, match=r"report\.html: cannot be written"):
        html.write_page(tmp_path / "report.html", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "report.html"]


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    hr = photograph()
    versions = [("bicubic", torch.zeros_like(hr)), ("network", hr // 2), (HOSTILE, 255 - hr), ("HR", hr)]
    rows = {"b": [27.0, None], "a": [Spread(28.0, 0.1, 2), 3.5], "c": [3.0, 2.5], HOSTILE: [None, 9.0]}
    points = [(i * 1e4, i + 0.5) for i in range(9)]
    axes = Axis("PSNR", "higher"), Axis("NIQE", "lower")
    parts = [
        html.slider("red and blue", flat(0), flat(2), facts={"input": HOSTILE}),
        html.slider("photograph", hr[:1, ::4, ::4], hr.float() / 255, megapixels=0.01),
        html.crops_figure("photograph", versions, values={"network": "26.49 dB / 3.11"}, note="PSNR / NIQE"),
        html.table("network", [Column("PSNR", "higher"), Column("NIQE", "lower")], rows, caption=HOSTILE),
        html.curves("Training", [Series("a", points, spread=[1] * 9), Series(HOSTILE, points[:4])], *axes),
        html.side_by_side([html.intervals("PSNR", {("a", HOSTILE): difference([2, 3, 4], [1, 3, 5])}, axes[0])]),
        html.folded("More", [html.curves("Hidden", [Series("a", points)], *axes)]),
        html.plane("Plane", [Series("a", points, labels=["α"] * 9), Series(HOSTILE, points[3:4])], *axes),
    ]
    path = tmp_path_factory.mktemp("page") / "report.html"
    html.write_page(path, html.page(HOSTILE, [html.section("All parts \udce9", parts, "lead")], "lead"))
    return path


def flat(channel):
    image = torch.zeros(3, 100, 200)
    image[channel] = 1
    return image


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed, so pages are not opened in a browser")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, document):
    """Open the page in a window of 1000 pixels; fails on browser errors and on requests for other files."""
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    page, errors, requests = context.new_page(), [], []
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(document.as_uri())
    yield page
    context.close()
    assert errors == []
    assert [url for url in requests if not url.startswith("data:")] == [document.as_uri()]


def pixels(locator, path):
    locator.screenshot(path=path)
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def share(picture):
    """Return the share of red, the color of the left image, near the lower edge."""
    row = picture[-30]
    return float((row[:, 0] > row[:, 2]).mean())


def test_the_slider_moves_by_keys_and_by_pointer(opened, tmp_path):
    figure = opened.locator(".slider").first
    stage, range_ = figure.locator(".stage"), figure.locator("input[type=range]")
    assert share(pixels(stage, tmp_path / "a.png")) == pytest.approx(0.5, abs=0.02)
    range_.focus()
    for _ in range(20):
        opened.keyboard.press("ArrowRight")
    assert share(pixels(stage, tmp_path / "b.png")) == pytest.approx(0.6, abs=0.02)
    box = stage.bounding_box()
    y = box["y"] + box["height"] / 4
    opened.mouse.move(box["x"] + box["width"] * 0.6, y)
    opened.mouse.down()
    opened.mouse.move(box["x"] + box["width"] * 0.2, y, steps=4)
    opened.mouse.up()
    assert share(pixels(stage, tmp_path / "c.png")) == pytest.approx(0.2, abs=0.02)
    assert float(range_.input_value()) == pytest.approx(20, abs=0.5)


def test_buttons_and_clicks_zoom_to_single_pixels(opened):
    figure = opened.locator(".slider").first
    pair = figure.locator(".pair")
    width = lambda: pair.bounding_box()["width"]  # noqa: E731
    fitted = width()
    figure.get_by_role("button", name="4:1").click()
    assert width() == 800
    rendering = "image => getComputedStyle(image).imageRendering"
    assert pair.locator("img").first.evaluate(rendering) == "pixelated"
    figure.get_by_role("checkbox").uncheck()
    assert pair.locator("img").first.evaluate(rendering) == "auto"
    figure.locator(".scroller").click(position={"x": 30, "y": 30})  # after the largest zoom: back to the full image
    assert width() == fitted
    figure.locator(".scroller").click(position={"x": 30, "y": 30})
    assert width() > fitted


def test_a_click_enlarges_a_crop_and_arrow_keys_change_the_version(opened):
    viewer = opened.locator("dialog.viewer")
    assert not viewer.is_visible()
    crops = opened.locator(".crops .crop")
    assert crops.count() % 4 == 0
    opened.locator('.column[data-name="network"] .crop').first.click()
    assert viewer.is_visible()
    assert "26.49 dB / 3.11" in viewer.inner_text()
    shown = viewer.locator("img")
    assert shown.bounding_box()["width"] > 500
    opened.keyboard.press("ArrowLeft")
    assert viewer.locator("strong").inner_text() == "bicubic"
    opened.keyboard.press("ArrowLeft")
    assert viewer.locator("strong").inner_text() == "HR"
    assert shown.get_attribute("src") == opened.locator('[data-name="HR"] .crop img').first.get_attribute("src")
    opened.keyboard.press("Escape")
    assert not viewer.is_visible()


def test_a_click_on_a_heading_sorts_and_missing_values_stay_last(opened):
    names = lambda: opened.locator(".table tbody th").all_inner_texts()  # noqa: E731
    head = opened.get_by_role("columnheader", name="PSNR")
    head.get_by_role("button").click()
    assert names() == ["c", "b", "a", HOSTILE]
    assert head.get_attribute("aria-sort") == "ascending"
    head.get_by_role("button").click()
    assert names() == ["a", "b", "c", HOSTILE]
    opened.get_by_role("columnheader", name="network").get_by_role("button").click()
    assert names()[1:] == ["a", "b", "c"]
    assert opened.locator("[aria-sort]").count() == 1


@pytest.mark.parametrize("width", [320, 360, 768, 1920])
def test_the_page_never_scrolls_sideways(opened, width):
    opened.set_viewport_size({"width": width, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") == width


def test_every_picture_has_an_alternative_text_and_is_decoded(opened):
    pictures = opened.locator("main img").evaluate_all("all => all.map(i => [i.alt, i.naturalWidth, i.naturalHeight])")
    assert len(pictures) == 4 + 1 + 4 * len(opened.locator(".frame").all())
    assert all(alt and width and height for alt, width, height in pictures)
    assert [115, 86] in [size for _, *size in pictures]  # 160 × 120 within 0.01 megapixels
    assert "shown at" in opened.locator(".slider").nth(1).inner_text()


def test_the_page_is_dark_if_the_system_is(opened):
    background = "getComputedStyle(document.body).backgroundColor"
    assert opened.evaluate(background) == "rgb(255, 255, 255)"
    opened.emulate_media(color_scheme="dark")
    assert opened.evaluate(background) == "rgb(19, 19, 20)"
    opened.emulate_media(media="print", color_scheme="dark")
    assert opened.evaluate(background) == "rgb(255, 255, 255)"
