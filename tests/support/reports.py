"""Run and sweep folders with the files that training writes."""

import csv
import json
from pathlib import Path

import torch
import yaml

from sr_lightning import image
from tests.support import photographs

IMAGES = [f"{number}.png" for number in range(8)]


METRICS = {
    "psnr_y": {"_target_": "sr_lightning.metrics.PSNR", "border": 4},
    "niqe": {"_target_": "sr_lightning.metrics.NIQE", "border": 4},
}


BICUBIC = [(26.0 + number, 8.0) for number in range(8)]


def write_rows(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)


def write_run(folder: Path, psnr: float, seed: int = 0, finished: bool = True, costs: dict | None = None) -> Path:
    """Write a run folder, in which image i has PSNR psnr + i and NIQE 5 + seed."""
    write_rows(folder / "csv" / "version_0" / "metrics.csv", [
        {"step": 10, "train/pixel": 0.5, "val/psnr_y": psnr - 2, "val/niqe": 6.0},
        {"step": 20, "train/pixel": 0.25, "val/psnr_y": psnr + 3.5, "val/niqe": 5.0 + seed},
    ])  # fmt: skip
    (folder / ".hydra").mkdir()
    config = {"seed": seed, "iterations": 20, "metrics": METRICS, "monitor": "val/niqe"}
    (folder / ".hydra" / "config.yaml").write_text(yaml.safe_dump(config))
    if not finished:
        return folder
    own = [(psnr + number, 5.0 + seed) for number in range(8)]
    start = [(30.0 + number, 7.0 + seed) for number in range(8)]
    write_rows(folder / "validation" / "images.csv", [
        {"network": network, "benchmark": "validation", "image": name, "psnr_y": values[0], "niqe": values[1]}
        for network, table in (("bicubic", BICUBIC), ("psnr", start), ("gan", own))
        for name, values in zip(IMAGES, table, strict=True)
    ])  # fmt: skip
    protocol = {"trained": "gan", "started_from": "psnr", "checkpoint": "checkpoints/best.ckpt", "iteration": 20,
                "monitor": "val/niqe", "metrics": METRICS, "protocol": "as in papers"}  # fmt: skip
    (folder / "validation" / "summary.json").write_text(json.dumps({"summary": [], "protocol": protocol}))
    hr = torch.from_numpy(photographs.pixels(120, 160)).permute(2, 0, 1)
    for network, version in (("bicubic", hr // 2), ("psnr", hr // 3), ("gan", hr // 2 + int(psnr)), ("HR", hr)):
        image.write(folder / "validation" / network / "00-0.png", version)
    result = {"monitor": "val/niqe", "value": 5.0, "iterations": 20} | ({"costs": costs} if costs else {})
    (folder / "result.json").write_text(json.dumps(result))
    return folder


def write_sweep(folder: Path, rows: list[tuple[str, str, str]]) -> Path:
    """Write the table of a sweep; rows are job, overrides and status."""
    write_rows(folder / "sweep.csv", [
        {"job": job, "overrides": overrides, "status": status, "monitor": "val/niqe", "value": "", "seconds": 90.0,
         "error": "ValueError: bad, worse" if status == "failed" else ""}
        for job, overrides, status in rows
    ])  # fmt: skip
    return folder
