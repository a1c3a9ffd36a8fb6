"""Reports of finished and unfinished runs and sweeps."""

import csv
import json
import shutil
from pathlib import Path

import pytest
import torch
import yaml

from sr_lightning.errors import InputError
from sr_lightning.metrics import MetricInfo
from sr_lightning.reporting import gather, write_report
from sr_lightning.reporting.charts import curve_series, leading, plane_axes, plane_series
from sr_lightning.reporting.columns import Column, named
from sr_lightning.reporting.crops import shown
from sr_lightning.reporting.report import compared
from sr_lightning.reporting.result_table import costs, results
from sr_lightning.reporting.run_reader import WORD, read_curves, read_runs
from sr_lightning.reporting.significance import Spread, difference
from tests.support.reports import IMAGES, write_rows, write_run, write_sweep
from tests.support.runs import kept_by_wandb


@pytest.fixture
def sweep(tmp_path) -> Path:
    """Write a sweep of three columns: two with two seeds each, and one that failed."""
    folder = tmp_path / "norms"
    jobs = [("vanilla", 0, 27.0), ("vanilla", 1, 28.0), ("relativistic", 0, 28.0), ("relativistic", 1, 29.0)]
    rows = []
    for number, (gan, seed, psnr) in enumerate(jobs):
        costs = {"parameters": 2500, "multiply_adds": 3_000_000_000, "iterations_per_second": 2.0 + seed}
        write_run(folder / f"0{number}-a", psnr, seed, costs=costs)
        rows.append((f"0{number}-a", f"gan={gan} seed={seed}", "finished"))
    (folder / "04-a").mkdir()
    return write_sweep(folder, [*rows, ("04-a", "gan=hinge seed=0", "failed")])


def test_a_column_is_averaged_over_images_then_over_seeds(sweep):
    """Images have 27 … 34 and 28 … 35 dB, so the seeds have 30.5 and 31.5 dB."""
    table = results(gather(sweep))
    assert table.head == "gan"
    assert table.keys == ["psnr_y", "niqe", "status"]
    rows = {name: dict(zip(table.keys, cells, strict=True)) for name, cells in table.rows.items()}
    assert list(rows) == ["bicubic", "start: psnr", "vanilla", "relativistic", "hinge"]
    assert rows["bicubic"]["psnr_y"] == Spread(29.5, None, 1)
    assert rows["start: psnr"]["niqe"] == Spread(7.5, pytest.approx(0.5**0.5), 2)
    assert rows["vanilla"]["psnr_y"] == Spread(31.0, pytest.approx(0.5**0.5), 2)
    assert rows["vanilla"]["status"] == "2 finished"
    assert rows["hinge"] == {**dict.fromkeys(table.keys), "status": "failed"}


def test_costs_have_unit_prefixes_for_the_largest_value(sweep):
    table = costs(gather(sweep))
    assert [head.title for head in table.heads] == ["Parameters (k)", "Multiply-adds (G)", "Iterations/s"]
    assert table.rows["vanilla"] == [2.5, 3.0, Spread(2.5, pytest.approx(0.5**0.5), 2)]
    assert table.rows["hinge"] == [None] * 3
    assert costs(gather(sweep), plain=True).rows["vanilla"][0] == 2500


def test_columns_are_compared_per_image_after_averaging_over_seeds(sweep):
    report = gather(sweep)
    psnr = report.measured[0]
    found = compared(report, psnr)
    assert found == {
        ("relativistic", "vanilla"): difference([28.5 + i for i in range(8)], [27.5 + i for i in range(8)])
    }
    assert compared(report, psnr, "relativistic")["vanilla", "relativistic"].mean == -1
    with pytest.raises(InputError, match="--against none: no such column; there are vanilla, relativistic, hinge"):
        compared(report, psnr, "none")


def test_columns_with_several_overrides_are_compared_if_one_differs(tmp_path):
    """Two norms and three blocks, one of them with one norm only; a difference in two overrides has no single cause."""
    words = ["norm=batch block=a", "norm=batch block=b", "norm=none block=a", "norm=none block=b", "norm=none block=c"]
    for number in range(len(words)):
        write_run(tmp_path / f"0{number}-a", 27.0 + number)
    report = gather(write_sweep(tmp_path, [(f"0{i}-a", word, "finished") for i, word in enumerate(words)]))
    names = [column.name for column in report.columns]
    psnr = report.measured[0]
    pairs = [tuple(map(names.index, pair)) for pair in compared(report, psnr)]
    assert pairs == [(1, 0), (2, 0), (3, 1), (3, 2), (4, 3)]
    asked = [tuple(map(names.index, pair)) for pair in compared(report, psnr, names[4])]
    assert asked == [(0, 4), (1, 4), (2, 4), (3, 4), (1, 0), (2, 0), (3, 1), (3, 2)]
    for number, run in enumerate(report.runs):
        report.columns[number] = Column(names[number], (f"lr={number}", f"beta={number}"), (run,))
    assert [other for _, other in compared(report, psnr)] == [names[0]] * 4


def test_p_values_are_corrected_for_the_number_of_pairs(sweep, tmp_path):
    """Eight images that all differ in one direction have p = 2 / 2**8; with three pairs it is multiplied by 3."""
    write_run(sweep / "04-a", 29.5)
    text = (sweep / "sweep.csv").read_text().replace(",failed,", ",finished,")
    (sweep / "sweep.csv").write_text(text)
    report = gather(sweep)
    found = compared(report, report.measured[0])
    assert list(found) == [("relativistic", "vanilla"), ("hinge", "vanilla"), ("hinge", "relativistic")]
    assert [each.wilcoxon for each in found.values()] == [pytest.approx(2 / 2**8)] * 3
    assert [each.holm for each in found.values()] == [pytest.approx(6 / 2**8)] * 3
    page, text, _, _, table, *_ = write_report(tmp_path / "out", report)
    assert "<td>+1.00 <small>[+1.00, +1.00]</small></td><td>0.023</td>" in page.read_text()
    assert "With 8 images and 3 pairs it cannot fall below 0.023." in page.read_text()
    assert "| relativistic − vanilla | +1.00 | +1.00 to +1.00 | 0.0234 |" in text.read_text()
    assert [row["holm"] for row in csv.DictReader(table.open())][:3] == ["0.0234375"] * 3


def test_the_batch_norm_gap_is_read_at_the_iteration_of_the_checkpoint(sweep):
    """It is logged rather than measured per image; values of other validations do not count."""
    for number, gaps in enumerate([(9.0, 1.0), (8.0, 2.0), (7.0, 0.0), (6.0, 0.0)]):
        path = sweep / f"0{number}-a" / "csv" / "version_0" / "metrics.csv"
        head, *lines = path.read_text().splitlines()
        lines = [f"{line},{gap}" for line, gap in zip(lines, gaps, strict=True)]
        path.write_text("\n".join([f"{head},val/batch_statistics_gap", *lines]) + "\n")
    report = gather(sweep)
    table = results(report)
    assert [head.title for head in table.heads][-2:] == ["Batch norm gap (of\u00a0255)", "Runs"]
    assert table.rows["vanilla"][-2] == Spread(1.5, pytest.approx(0.5**0.5), 2)
    assert table.rows["bicubic"][-2] is table.rows["hinge"][-2] is None
    assert compared(report, report.measured[-1]) == {}
    report.measured.insert(0, MetricInfo("ssim_y", "SSIM", "higher", 4))
    assert [each.key for each in leading(report)] == ["psnr_y", "niqe", "batch_statistics_gap", "ssim_y"]


def test_columns_with_different_images_are_not_paired(sweep):
    """One seed, or all seeds, of a column were measured on other images."""
    for job in ("02-a", "03-a"):
        path = sweep / job / "validation" / "images.csv"
        path.write_text(path.read_text().replace("7.png", "other.png"))
        report = gather(sweep)
        assert bool(report.columns[1].scores("psnr_y")) == (job == "03-a")
        assert compared(report, report.measured[0]) == {}
        assert any("different validation images" in each for each in report.missing)


def test_a_resumed_run_has_one_curve(tmp_path):
    """Version 0 reached iteration 30, version 1 resumed from 20: later values replace earlier ones."""
    first = [{"step": step, "train/pixel": 1.0, "val/niqe": 9.0 if step == 30 else ""} for step in (10, 20, 30)]
    write_rows(tmp_path / "csv" / "version_0" / "metrics.csv", first)
    write_rows(tmp_path / "csv" / "version_1" / "metrics.csv", [{"step": s, "train/pixel": 2.0} for s in (25, 35)])
    with (tmp_path / "csv" / "version_1" / "metrics.csv").open("a") as file:
        file.write("4,2")  # an incomplete line
    assert read_curves(tmp_path) == {"train/pixel": [(10, 1.0), (20, 1.0), (25, 2.0), (35, 2.0)]}


def test_curves_have_a_band_over_seeds_and_only_use_finished_runs(sweep):
    write_run(sweep / "05-a", 1.0, finished=False)
    with (sweep / "sweep.csv").open("a") as file:
        file.write("05-a,gan=vanilla seed=2,running,val/niqe,,0,\n06-a,gan=lsgan seed=0,not started,val/niqe,,0,\n")
    write_run(sweep / "06-a", 20.0, finished=False)
    by_name = {series.name: series for series in curve_series(gather(sweep), "val/psnr_y")}
    assert by_name["vanilla"].points == [(10, 25.5), (20, 31.0)]
    assert by_name["vanilla"].spread == pytest.approx([0.5**0.5] * 2)
    assert by_name["lsgan"].points == [(10, 18.0), (20, 23.5)]
    assert by_name["lsgan"].spread == ()
    assert by_name["hinge"].points == []


def test_the_plane_contains_columns_baselines_seeds_and_interpolations(sweep, tmp_path):
    rows = [
        {"interpolated": way, "alpha": alpha, "benchmark": "set", "image": name, "psnr_y": 30 - 2 * float(alpha) + i,
         "ssim_y": 0.5, "niqe": 7}
        for way in ("networks", "images") for alpha in ("0", "1", "0.5") for i, name in enumerate(IMAGES)
    ]  # fmt: skip
    write_rows(tmp_path / "between" / "evaluation" / "images.csv", rows)
    write_rows(tmp_path / "elsewhere" / "images.csv", [{**row, "image": "x" + row["image"]} for row in rows])
    report = gather(sweep, [tmp_path / "between", tmp_path / "elsewhere"])
    x, y = plane_axes(report)
    series = {each.name: each for each in plane_series(report, x, y)}
    assert list(series) == ["vanilla", "relativistic", "interpolation between", "start: psnr", "bicubic"]
    vanilla = dict(zip(series["vanilla"].notes, series["vanilla"].points, strict=True))
    assert vanilla["vanilla, the start"] == (33.5, 7.5)
    assert vanilla["vanilla, iteration 10"] == (25.5, 6.0)
    assert vanilla["vanilla, seed 1"] == (31.5, 6.0)
    assert series["vanilla"].points[-1] == (31.0, 5.5)
    assert series["vanilla"].labels[-1] == "vanilla"
    assert series["interpolation between"].points == [(33.5, 7), (32.5, 7), (31.5, 7)]
    for run in report.finished:
        for values in run.values["gan"].values():
            values["lpips"] = 0.1
    report.measured.append(MetricInfo("lpips", "LPIPS", "lower", 3))
    assert plane_axes(report)[1].key == "niqe"  # interpolations were not measured by LPIPS
    report.interpolations.clear()
    assert plane_axes(report)[1].key == "lpips"
    assert any("elsewhere: was measured on set, not on the validation images" in each for each in report.missing)
    with pytest.raises(InputError, match=r"no evaluation/images\.csv; write it by interpolate"):
        gather(sweep, [tmp_path])


def test_metrics_of_earlier_versions_are_read_under_their_current_names(sweep):
    """The color shift was spelled colour_shift in logs, tables and configurations."""
    old = {"_target_": "sr_lightning.metrics.ColourShift"}
    for run in sweep.glob("0[0-3]-a"):
        for path in (run / "validation" / "images.csv", run / "csv" / "version_0" / "metrics.csv"):
            path.write_text(path.read_text().replace("niqe", "colour_shift"))
        summary = json.loads((run / "validation" / "summary.json").read_text())
        summary["protocol"]["metrics"] = {"colour_shift": old}
        (run / "validation" / "summary.json").write_text(json.dumps(summary))
    report = gather(sweep)
    assert [(info.key, info.heading) for info in report.measured] == [
        ("psnr_y", "PSNR-Y (dB)"),
        ("color_shift", "Color shift (of\u00a0255)"),
    ]
    assert report.columns[0].curve("val/color_shift")


def test_many_columns_are_numbered_in_the_plane(tmp_path):
    """More than eight names would overlap; the legend has number and name."""
    for many, labels in ((8, "abcdefgh"), (9, "123456789")):
        folder = tmp_path / str(many)
        for number in range(many):
            write_run(folder / f"0{number}-a", 27.0 + number)
        rows = [(f"0{i}-a", f"norm={'abcdefghi'[i]}", "finished") for i in range(many)]
        report = gather(write_sweep(folder, rows))
        series = plane_series(report, *plane_axes(report))[:many]
        assert [each.labels[-1] for each in series] == list(labels)
        assert series[1].name == ("b" if many == 8 else "2 b")


def test_the_axes_of_the_plane_can_be_chosen(sweep, tmp_path, command):
    """RMSE is 255 / 10**(psnr / 20) of each image, then averaged; a metric that was not measured is an error."""
    report = gather(sweep, distortion="rmse_y", perception="psnr_y")
    x, y = plane_axes(report)
    assert (x.heading, x.better, y.key) == ("RMSE-Y (of\u00a0255)", "lower", "psnr_y")
    by_hand = sum(255 / 10 ** ((26 + number) / 20) for number in range(8)) / 8
    assert report.bicubic[0].spread("rmse_y").mean == pytest.approx(by_hand)
    (series,) = (each for each in plane_series(report, x, y) if each.name == "vanilla")
    assert series.notes == [
        "vanilla, the start",
        "",
        "vanilla, seed 0",
        "",
        "vanilla, seed 1",
        "",
        "vanilla, as in the table",
    ]
    rows = [
        {"interpolated": "networks", "alpha": 1, "benchmark": "set", "image": name, "psnr_y": 26 + i, "niqe": 7}
        for i, name in enumerate(IMAGES)
    ]  # fmt: skip
    write_rows(tmp_path / "between" / "images.csv", rows)
    (between,) = gather(sweep, [tmp_path / "between"], "rmse_y").interpolations
    assert between.series["1"]["rmse_y"] == pytest.approx(by_hand)
    with pytest.raises(SystemExit, match=r"--perception lpips: was not measured; there are psnr_y, niqe"):
        command("report", str(sweep), "--perception", "lpips")
    command("report", str(sweep), "--distortion", "rmse_y", "--perception", "niqe")
    page = (sweep / "report" / "index.html").read_text()
    assert "NIQE against RMSE-Y (of\u00a0255)" in page
    assert "RMSE is derived from the PSNR of each image" in page


def test_the_picture_shows_bicubic_the_start_every_column_and_hr(sweep):
    (photograph,) = shown(gather(sweep))
    assert [name for name, _ in photograph.versions] == ["bicubic", "start: psnr", "vanilla", "relativistic", "HR"]
    assert photograph.values == {"bicubic": "26.00 dB / 8.00", "start: psnr": "30.00 dB / 7.00",
                                 "vanilla": "27.00 dB / 5.00", "relativistic": "28.00 dB / 5.00"}  # fmt: skip
    assert photograph.note == "PSNR-Y / NIQE"
    torch.testing.assert_close(photograph.versions[2][1], photograph.versions[0][1] + 27 / 255)
    for path in sweep.glob("*/validation/*/00-0.png"):
        path.rename(path.with_name("03-3.png"))
    (photograph,) = shown(gather(sweep))
    assert (photograph.name, photograph.values["vanilla"]) == ("3.png", "30.00 dB / 5.00")


def test_report_files_have_the_expected_contents(sweep, tmp_path):
    files = write_report(tmp_path / "out", gather(sweep))
    assert [file.name for file in files] == [
        "index.html", "report.md", "table.tex", "table.csv", "differences.csv", "crops-00-0.png",
    ]  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(file.name for file in files)
    text = files[1].read_text()
    assert "| relativistic | **32.00** ± 0.71 | 5.50 ± 0.71 | 2 finished |" in text
    assert "| vanilla | 2.50 | 3.00 | 2.50 ± 0.71 |" in text
    assert "| vanilla | *31.00* ± 0.71 | 5.50 ± 0.71 |" in text
    assert "| relativistic − vanilla | +1.00 | +1.00 to +1.00 | 0.00781 |" in text
    assert "| bicubic | 29.50 | 8.00 |" in text  # baselines are not ranked
    assert "4 of 5 runs finished; 3 columns, 2 seeds each." in text
    assert "Mean over 8 validation images of the checkpoint checkpoints/best.ckpt, the best by val/niqe" in text
    assert "± is the standard deviation over the seeds (n − 1)" in text
    assert "With 8 images and 1 pair it cannot fall below 0.0078." in text
    assert "gan=hinge seed=0 (04-a): failed: ValueError: bad, worse" in text
    latex = files[2].read_text()
    assert r"relativistic & \textbf{32.00} {\footnotesize $\pm$ 0.71}" in latex
    assert latex.count(r"\\") == (1 + 5) + (1 + 3)
    rows = {row["column"]: row for row in csv.DictReader(files[3].open())}
    assert float(rows["vanilla"]["psnr_y_deviation"]) == pytest.approx(0.5**0.5)
    assert (rows["vanilla"]["parameters"], rows["bicubic"]["parameters"]) == ("2500.0", "")
    (first, *_) = csv.DictReader(files[4].open())
    assert (first["metric"], first["column"], first["mean"]) == ("psnr_y", "relativistic", "1.0")
    html = files[0].read_text()
    for word in ("Perception–distortion plane", "Differences", "Training curves", "What is missing", "as in papers"):
        assert word in html


@pytest.mark.parametrize("rows", [[], [("00-a", "norm=none", "not started")]])
def test_a_sweep_without_finished_runs_is_reported(tmp_path, rows):
    write_rows(tmp_path / "sweep" / "sweep.csv", [
        dict.fromkeys(("job", "overrides", "status", "monitor", "value", "seconds", "error"), "")
    ])  # fmt: skip
    header = (tmp_path / "sweep" / "sweep.csv").read_text().splitlines()[0]
    lines = [f"{job},{overrides},{status},val/niqe,,0.0," for job, overrides, status in rows]
    (tmp_path / "sweep" / "sweep.csv").write_text("\n".join([header, *lines]) + "\n")
    files = write_report(tmp_path / "out", gather(tmp_path / "sweep"))
    assert "No run has finished yet" in files[1].read_text()
    assert ("norm=none (00-a): not started" in files[1].read_text()) == bool(rows)


def test_the_status_of_a_job(sweep):
    """A running job, one with a result but without values, and one that is newer than the sweep's table."""
    write_run(sweep / "05-a", 20.0, finished=False)
    shutil.rmtree(sweep / "03-a" / "validation")
    with (sweep / "sweep.csv").open("a") as file:
        file.write("05-a,gan=vanilla seed=2,not started,val/niqe,,0,\n")
    statuses = {run.folder.name: run.describe_status() for run in read_runs(sweep)}
    assert statuses["05-a"].startswith("running, iteration 20 of 20, last update 20")
    assert statuses["03-a"].startswith("finished, but without validation/images.csv; remove its result.json")
    assert statuses["00-a"] == "finished"
    assert gather(sweep).columns[1].status() == "1 finished, 1 without its values"


def test_runs_without_a_sweep_table_are_distinguished_by_their_overrides(tmp_path):
    """Other launchers write no sweep table."""
    for number, gan in enumerate(("vanilla", "hinge")):
        write_run(tmp_path / "sweep" / str(number), 27.0 + number)
        overrides = ["model=esrgan", f"gan={gan}", "seed=0", f"hydra.x={number}", "resume=auto"]
        (tmp_path / "sweep" / str(number) / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(overrides[:3]))
    assert [column.name for column in gather(tmp_path / "sweep").columns] == ["vanilla", "hinge"]
    write_run(tmp_path / "sweep" / "2", 30.0)
    shutil.copy(*(tmp_path / "sweep" / number / ".hydra" / "overrides.yaml" for number in "02"))
    assert [column.axes for column in gather(tmp_path / "sweep").columns] == [
        ("gan=vanilla", "run=0"), ("gan=hinge",), ("gan=vanilla", "run=2"),
    ]  # fmt: skip


def test_a_report_is_logged_to_wandb_on_request(sweep, command, tmp_path, monkeypatch):
    """Without a login the run stays on disk; the same report is logged to the same run."""
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("WANDB_SILENT", "true")
    for _ in range(2):
        command("report", str(sweep), "--output", str(tmp_path / "out"), "--wandb", "papers")
    runs = list((tmp_path / "out" / "wandb").glob("offline-run-*"))
    assert len({run.name.split("-")[3] for run in runs}) == 1
    caption = "0.png: bicubic, start: psnr, vanilla, relativistic, HR"
    assert kept_by_wandb(tmp_path / "out", "report norms", "papers", caption)
    table = json.loads(next(runs[0].glob("files/media/table/results_*.json")).read_text())
    assert table["columns"][:2] == ["column", "psnr_y"]
    assert table["data"][2][:2] == ["vanilla", 31.0]
    assert len(list(runs[0].glob("files/media/html/*.html"))) == 1


def test_column_names_are_as_short_as_uniqueness_allows():
    assert named([("norm=none",), ("norm=batch",)]) == ["none", "batch"]
    assert named([("a.depth=4",), ("a.depth=8",)]) == ["depth=4", "depth=8"]
    assert named([("a.lr=4", "norm=none"), ("a.lr=8", "norm=none")]) == ["lr=4, no norm", "lr=8, no norm"]
    assert named([("norm=none", "block=rrdb"), ("norm=batch", "block=rrdb")]) == ["no norm, rrdb", "batch, rrdb"]
    assert named([("norm=batch", "d.x=rrdb"), ("d.x=rrdb",)]) == ["norm=batch, x=rrdb", "x=rrdb"]
    assert named([("norm=a", "block=b"), ("norm=b", "block=c")]) == ["a, block=b", "norm=b, c"]
    assert named([("a.lr=4",), ("b.lr=4",)]) == ["a.lr=4", "b.lr=4"]
    assert WORD.findall('seed=0 x="a b" y=[1, 2] z={a: 1}') == ["seed=0", 'x="a b"', "y=[1, 2]", "z={a: 1}"]


def test_a_damaged_file_is_named(sweep):
    (sweep / "01-a" / "result.json").write_text("{")
    with pytest.raises(InputError, match=r"01-a: a file in it is damaged .*; repair or remove that file"):
        gather(sweep)


def test_the_command_reports_a_trained_run(train, command):
    folder = train("run", "metrics=fidelity")
    output = command("report", str(folder))
    assert (folder / "report" / "index.html").is_file(), output
    text = (folder / "report" / "report.md").read_text()
    assert "One run, finished." in text
    assert "| srresnet |" in text
    with pytest.raises(SystemExit, match="neither a run nor a sweep"):
        command("report", str(folder / "checkpoints"))
