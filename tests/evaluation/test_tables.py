"""Tables of results on terminals of any width."""

import io

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
