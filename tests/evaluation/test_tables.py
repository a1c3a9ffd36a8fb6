"""Tables of results on terminals of any width."""

import io
import re

import pytest
from rich.console import Console

from sr_lightning.evaluation import tables
from sr_lightning.metrics import ImageMetric

METRICS = {"psnr_y": 29.3712, "ssim_y": 0.78451, "lpips": 0.36824, "niqe": 7.8142, "lr_consistency": 40.731}
ROWS = [
    {"network": name, "benchmark": "validation", "images": 2, **METRICS, "color_shift": 0.0041}
    for name in ("bicubic", "rrdb_psnr", "quickstart")
]


def printed(width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    tables.show(ROWS, "x4, mean over 2 images", console=console)
    return console.file.getvalue().splitlines()


def test_a_wide_terminal_shows_one_row_per_network():
    (line,) = (line for line in printed(160) if "quickstart" in line)
    assert [cell.strip() for cell in line.split("│")[1:-1]] == [
        "quickstart", "validation", "2", "29.37", "0.7845", "0.3682", "7.81", "40.73", "0.00",
    ]  # fmt: skip


def test_a_narrow_terminal_shows_one_row_per_metric_without_truncation():
    lines = printed(80)
    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)
    (line,) = (line for line in lines if "lr_consistency" in line)
    assert [cell.strip() for cell in line.split("│")[1:-1]] == ["lr_consistency", *["40.73"] * 3]


@pytest.mark.parametrize("width", [1, 20, 40, 60, 80, 100, 120, 160, 250])
@pytest.mark.parametrize("count", [1, 2, 6, 40])
def test_no_width_cuts_a_digit_or_a_name(width, count):
    """Also of many networks on several benchmarks with long names: every text is on one line."""
    rows = [
        {"network": f"runs/2026-11-25/{number}-rrdb_psnr_x4/checkpoints/best.ckpt", "benchmark": "old/photos [B100]",
         "images": 100, "psnr_y": 1000.5 + number, "ssim_y": 0.78451, "rmse": -13593.25}
        for number in range(count)
    ]  # fmt: skip
    console = Console(file=io.StringIO(), width=width)
    title = "/a/long/folder/with [brackets]/2026-11-25-quickstart"
    tables.show(rows, title, console=console)
    text = console.file.getvalue()
    assert text.splitlines()[0] == title
    assert "…" not in text
    cells = {cell.strip() for line in text.splitlines() for cell in re.split("[│┃]|  +", line)}
    for row in rows:
        assert {*row, *tables.cells(row)} <= cells


def test_a_pipe_gets_uncut_numbers(monkeypatch, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    tables.show(ROWS * 3, "x4")
    text = capsys.readouterr().out
    assert text.count("0.7845") == 9
    assert text.count("lr_consistency") in (1, 9)


class Sharpness(ImageMetric):
    """A metric from outside of the package."""

    digits = 1
    higher_is_better = True

    def measure(self, sr, hr):
        return sr.flatten(1).mean(1)


def test_a_metric_from_outside_is_written_with_the_digits_it_declares(tmp_path):
    protocol = {"scale": 4, "metrics": {"sharpness": {"_target_": f"{__name__}.Sharpness"}}}
    rows = [{"network": "a", "benchmark": "Set5", "image": "baby.png", "psnr_y": 30.123, "sharpness": 2.345}]
    tables.write_results(tmp_path, rows, protocol)
    assert "| a | Set5 | 1 | 30.12 | 2.3 |" in (tmp_path / "summary.md").read_text().splitlines()
    console = Console(file=io.StringIO(), width=120)
    tables.show(tables.means(rows), "x4", protocol["metrics"], console)
    assert "2.3 │" in console.file.getvalue()
