"""The GPU check: its small mode, also on a CPU, and its handling of failures."""

import csv
import json
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir

from sr_lightning.callbacks import Checkpoints, GeneratorEMA
from sr_lightning.cli.config import CONF
from tests.gpu import __main__ as command
from tests.gpu import commands, stage, throughput, training
from tests.gpu.checks import inference, optimizers
from tests.gpu.checks import training as training_checks
from tests.gpu.outcome import gains
from tests.gpu.settings import Settings


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(tmp_path, small=True)


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Run the small check; returns its exit status and the printed page."""

    def run(*words: str) -> tuple[int, str]:
        status = command.main(["--small", "--output", str(tmp_path / "out"), *words])
        return status, capsys.readouterr().out

    return run


def kept(tmp_path: Path, name: str) -> dict:
    return json.loads((tmp_path / "out" / f"{name}.json").read_text())


@pytest.mark.parametrize("name", ["correctness", "throughput", "degradation"])
@pytest.mark.slow
def test_the_small_mode_passes_and_is_not_repeated(check, tmp_path, name):
    status, page = check("--stages", name)
    assert status == 0, page
    result = kept(tmp_path, name)
    assert result["finished"]
    assert list(result["parts"]) == [title for title, _ in command.STAGES[name]]
    assert f"## {name}\n" in page
    assert torch.__version__ in page
    assert f"tests.gpu --small --output {tmp_path / 'out'} --stages {name}`" in page
    assert page == (tmp_path / "out" / "report.md").read_text()
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == [result]
    written = (tmp_path / "out" / f"{name}.json").stat().st_mtime_ns
    assert check("--stages", name) == (0, page)
    assert (tmp_path / "out" / f"{name}.json").stat().st_mtime_ns == written


def test_throughput_compares_published_and_default_steps(settings):
    rows = [row for row in throughput.steps(throughput.SRRESNET, settings) if "way" in row]
    assert [row["way"] for row in rows] == ["published way", "default", "default, as a training run"]
    for row in rows:
        assert row["speed"] == pytest.approx(row["iterations/s"] / rows[0]["iterations/s"])
        assert row["crops/s"] == pytest.approx(2 * row["iterations/s"])
    work = [row["TFLOP/s"] / row["iterations/s"] for row in rows[:2]]
    assert work[0] == pytest.approx(work[1])


@pytest.mark.slow
def test_an_interrupted_training_is_resumed(check, tmp_path, monkeypatch):
    """The first training is interrupted after its first validation; the same command finishes both trainings."""
    save, interrupted = Checkpoints.on_validation_end, []

    def interrupt(self, trainer, module):
        save(self, trainer, module)
        if trainer.state.fn == "fit" and not interrupted:
            interrupted.append(trainer.global_step)
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoints, "on_validation_end", interrupt)
    assert check("--stages", "training")[0] == 130
    assert list(kept(tmp_path, "training")["parts"]) == ["srresnet, probe"]
    assert "(not finished)" in (tmp_path / "out" / "report.md").read_text()
    status, page = check("--stages", "training")
    assert status == 0, page
    logs = sorted((tmp_path / "out" / "srresnet" / "run").glob("csv/*/metrics.csv"))
    steps = [{int(row["step"]) for row in csv.DictReader(log.open()) if row["train/pixel"]} for log in logs]
    assert steps == [{1}, {2, 3, 4}]
    parts = kept(tmp_path, "training")["parts"]
    assert list(parts) == ["srresnet, probe", "srresnet", "srgan, probe", "srgan", "evaluation"]
    networks = [row["network"] for row in parts["evaluation"]["rows"]]
    assert networks == ["bicubic", "srresnet/best", "srgan/best"]


def test_a_failed_part_is_a_row_and_does_not_stop_the_others(check, monkeypatch, tmp_path):
    calls = []

    def broken(settings):
        calls.append("broken")
        raise ValueError("three\nlines | of\nwords")

    def works(settings):
        calls.append("works")
        return [stage.at_most("size", 2.0, 3.0), {"note": "A note."}]

    monkeypatch.setattr(command, "STAGES", {"first": [("broken", broken), ("works", works)], "second": [("w", works)]})
    status, page = check("--stages", "first,second")
    assert status == 1
    assert "| broken | **no** | ValueError: three lines \\| of words |" in page
    assert "| size | 2 | ≤ 3 | yes |" in page
    assert page.count("A note.") == 2
    assert page.endswith("Failed: first: broken.\n")
    assert "broken" in kept(tmp_path, "first")["parts"]["broken"]["trace"]
    assert calls == ["broken", "works", "works"]
    assert check("--stages", "second")[0] == 0
    assert check("--stages", "first")[0] == 1
    assert calls == ["broken", "works", "works", "broken"]  # failed parts are run again


def test_a_killed_stage_keeps_its_finished_parts(check, monkeypatch, tmp_path):
    killed = iter([SystemExit(143)])

    def ended(settings):
        for error in killed:
            raise error
        return [{"what": "second", "value": 1}]

    monkeypatch.setattr(command, "STAGES", {"one": [("a", lambda _: [{"what": "first", "value": 1}]), ("b", ended)]})
    assert check("--stages", "one")[0] == 143
    assert list(kept(tmp_path, "one")["parts"]) == ["a"]
    assert not kept(tmp_path, "one")["finished"]
    assert check("--stages", "one")[0] == 0
    assert kept(tmp_path, "one")["finished"]


def test_input_errors_of_commands_become_failed_rows(settings):
    words = "evaluate", "checkpoint=nowhere.ckpt", "benchmarks=[x]"
    part = stage.attempt(lambda _: commands.run(*words), settings)
    (row,) = part["rows"]
    assert not row["passed"]
    assert row["reason"].startswith("error: benchmark x: no folder")


def test_nan_fails_every_check():
    for check in (stage.at_most, stage.at_least):
        assert check("name", 1.0, 1.0)["passed"]
        assert not check("name", float("nan"), 1.0)["passed"]
    assert not stage.at_most("name", 1.1, 1.0)["passed"]
    assert not stage.at_least("name", 0.9, 1.0)["passed"]


def test_full_size_trainings_compose(tmp_path):
    """Cases that the small mode skips: full networks, given features and photographs, unusual paths."""
    odd = tmp_path / "it's, a=b [1]"
    settings = Settings(odd, data=odd / "photographs", features=odd / "vgg16.safetensors")
    with initialize_config_dir(str(CONF), version_base="1.3"):
        pixel, adversarial = (
            compose("train", [*training.words(model, settings), "name=test"]) for model in ("srresnet", "srgan")
        )
    assert (pixel.generator.width, pixel.generator.depth) == (64, 16)
    assert pixel.generator == adversarial.generator
    assert pixel.data.root == str(odd / "photographs")
    assert adversarial.perceptual.weights == str(odd / "vgg16.safetensors")


def failed(rows: list[dict]) -> list[str]:
    return [row["check"] for row in rows if not row.get("passed", True)]


def test_a_step_that_is_not_skipped_is_detected(settings, monkeypatch):
    monkeypatch.setattr(optimizers, "skip_if", lambda optimizer, condition: None)
    assert failed(optimizers.skipped(settings)) == ["a skipped step of fused Adam changes nothing, without a wait"]
    monkeypatch.setattr(optimizers, "skip_if", lambda optimizer, condition: condition.item())
    with pytest.raises(RuntimeError, match="waits for the device in aten::_local_scalar_dense"):
        optimizers.skipped(settings)


def test_tiles_with_too_small_an_overlap_are_detected(settings, monkeypatch):
    monkeypatch.setattr(inference, "OVERLAP", 2)
    assert len(failed(inference.tiles(settings))) == 1


def test_state_lost_by_a_resume_is_detected(settings, monkeypatch):
    monkeypatch.setattr(GeneratorEMA, "on_load_checkpoint", lambda *_: None)
    different, largest = training_checks.after_resume("srresnet", settings)
    assert different > 0
    assert largest > 0


def test_gains_are_checked_per_benchmark():
    table = [
        {"network": network, "benchmark": benchmark, "images": 5, "psnr_y": psnr, "niqe": niqe}
        for network, psnr, niqe in (("bicubic", 28.0, 7.0), ("srresnet/best", 30.0, 6.0), ("srgan/best", 27.0, 5.0))
        for benchmark in ("Set5", "Set14")
    ]
    table[5]["niqe"] = 6.5
    found = gains(table)
    assert [row["value"] for row in found] == [2.0, 1.0, 2.0, -0.5]
    assert failed(found) == ["Set14: gain of SRGAN over SRResNet, niqe"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--small", "--stages", "speed"], "--stages speed: unknown; there are correctness, throughput, degradation"),
        (["--small", "--minutes", "0"], "--minutes 0.0: must be above 0"),
        (["--small", "--data", "nowhere"], "--data nowhere: is not there"),
        ([], "there is no GPU here; --small runs the same code in small on the CPU"),
    ],
)
def test_invalid_arguments_are_rejected(words, message, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "default_device", lambda: torch.device("cpu"))
    with pytest.raises(SystemExit) as ended:
        command.main(words)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_results_of_both_modes_are_not_mixed(tmp_path, capsys):
    (tmp_path / "degradation.json").write_text(json.dumps({"stage": "degradation", "small": False, "parts": {}}))
    with pytest.raises(SystemExit):
        command.main(["--small", "--output", str(tmp_path)])
    assert "holds results without --small; choose another" in capsys.readouterr().err
