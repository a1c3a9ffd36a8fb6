"""Network interpolation: results, files and errors."""

import csv
import re

import pytest

from sr_lightning import weights
from sr_lightning.system import tensor_files
from sr_lightning.weights import interpolate
from tests.support import photographs
from tests.support.networks import RECIPE, rrdbnet, same, state, trained


def save(path, network):
    """Write a checkpoint as a training run does."""
    tensors = {f"generator.{name}": value for name, value in state(network).items()}
    tensor_files.write(path, {"hyper_parameters": {"generator": RECIPE}, "state_dict": tensors})
    return path


def test_a_series_of_an_architecture_with_a_published_layout(command, tmp_path):
    """Files are named by alpha, include both ends, and are read back unchanged; the ends are the input networks."""
    networks = [rrdbnet(depth=1), rrdbnet(depth=1)]
    for name, network in zip("ab", networks, strict=True):
        tensor_files.write(tmp_path / f"{name}.pth", weights.to_basicsr(network))
    command("interpolate", "a.pth", "b.pth", "--alpha", "0:1:0.1", "--output", "series")
    names = [f"alpha-{number / 10:.1f}.safetensors" for number in range(11)]
    assert sorted(path.name for path in (tmp_path / "series").iterdir()) == names
    assert same(state(weights.load(tmp_path / "series" / names[0])), state(networks[0]))
    assert same(state(weights.load(tmp_path / "series" / names[10])), state(networks[1]))
    expected = state(interpolate(dict(zip("ab", networks, strict=True)), [0.7, 0.3]))
    assert same(state(weights.load(tmp_path / "series" / names[3])), expected)


@pytest.mark.parametrize("suffix", [".PTH", ".SafeTensors", ".CKPT"])
def test_the_case_of_the_suffix_does_not_matter(command, tmp_path, suffix):
    for name in "ab":
        save(tmp_path / f"{name}.CKPT", trained(0)) if suffix == ".CKPT" else tensor_files.write(
            tmp_path / f"{name}.CKPT", weights.to_basicsr(rrdbnet(depth=1)))  # fmt: skip
    command("interpolate", "a.CKPT", "b.CKPT", "--alpha", "0.5", "--output", f"c{suffix}")
    expected = interpolate({name: weights.load(tmp_path / f"{name}.CKPT") for name in "ab"}, [0.5, 0.5])
    assert same(state(weights.load(tmp_path / f"c{suffix}")), state(expected))


def test_an_architecture_without_a_published_layout_is_written_as_a_checkpoint(command, tmp_path):
    networks = [trained(seed) for seed in range(3)]
    for name, network in zip("abc", networks, strict=True):
        save(tmp_path / f"{name}.ckpt", network)
    command("interpolate", "a.ckpt", "b.ckpt", "--alpha=-0.25:0.75:0.5", "--output", "out")
    command("interpolate", "a.ckpt", "b.ckpt", "c.ckpt", "--weights", "0.2,0.5,0.3", "--output", "chain.ckpt")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "alpha--0.25.ckpt", "alpha-0.25.ckpt", "alpha-0.75.ckpt"
    ]  # fmt: skip
    expected = state(interpolate(dict(zip("abc", networks, strict=True)), [0.2, 0.5, 0.3]))
    for kind in ("ema", "raw"):
        assert same(state(weights.load(tmp_path / "chain.ckpt", kind)), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--alpha", "0:1:0.3", "--output", "x"], "argument --alpha: steps of 0.3 do not lead from 0 to 1"),
        (["--alpha", "0:1", "--output", "x"], "argument --alpha: must be a number or START:STOP:STEP, not '0:1'"),
        (["--alpha", "nan", "--output", "x"], "argument --alpha: must be a number in [-10, 10]"),
        (["--alpha", "0:1:0.001", "--output", "x"], "argument --alpha: has 1001 values; the maximum is 101"),
        (["--weights", "0.5,0.4", "--output", "x.ckpt"], "the shares of --weights must sum to 1, not 0.9"),
        (["--weights", "1", "--output", "x.ckpt"], "--weights needs at least two networks and a share for each, got 1"),
        (["c.ckpt", "--alpha", "1", "--output", "x.ckpt"], "--alpha takes two networks, not 3; use --weights"),
    ],
)
def test_wrong_arguments_are_reported_in_one_line(command, capsys, arguments, message):
    with pytest.raises(SystemExit) as error:
        command("interpolate", "a.ckpt", "b.ckpt", *arguments)
    output = capsys.readouterr().err
    assert error.value.code == 2
    assert output.startswith(f"python -m sr_lightning.interpolate: {message}")
    assert output.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["b.ckpt", "--alpha", "0.5", "--output", "x.zip"], "x.zip: unknown format; use .safetensors, .pth, .onnx"),
        (["b.ckpt", "--alpha", "0:1:0.5", "--output", "x.pth"], "x.pth: a series of networks needs a folder"),
        (["nowhere.ckpt", "--alpha", "0.5", "--output", "x.ckpt"], "nowhere.ckpt: no such file"),
        (["b.ckpt", "--alpha", "0.5", "--output", "x.pth"], "x.pth: no published layout for this network"),
        (["b.ckpt", "--alpha", "0.5", "--output", "b.ckpt"], "b.ckpt: would overwrite an input; choose another"),
        (["other.pth", "--alpha", "0.5", "--output", "x.ckpt"], "networks of different architecture: head.0.weight is "
         "(4, 1, 3, 3) in a.ckpt and (6, 3, 3, 3) in other.pth"),
    ],
)  # fmt: skip
def test_impossible_requests_are_reported_in_one_line_and_write_nothing(command, tmp_path, arguments, message):
    for name in "ab":
        save(tmp_path / f"{name}.ckpt", trained(0))
    tensor_files.write(tmp_path / "other.pth", weights.to_basicsr(rrdbnet(depth=1)))
    with pytest.raises(SystemExit, match=f"^error: {re.escape(message)}") as error:
        command("interpolate", "a.ckpt", *arguments)
    assert "\n" not in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ckpt", "b.ckpt", "other.pth"]


def test_network_and_image_interpolation_are_evaluated_between_the_same_ends(command, tmp_path):
    """Both have equal values at the ends; the squared error is convex, so mixing images does not exceed its mean."""
    photographs.folder(tmp_path / "photos" / "HR", count=2, height=200, width=208)
    for name in "ab":
        tensor_files.write(tmp_path / f"{name}.pth", weights.to_basicsr(rrdbnet(depth=1)))
    command("interpolate", "a.pth", "b.pth", "--alpha", "0.5", "--output", "out", "--evaluate", "photos")
    folder = tmp_path / "out" / "evaluation"
    with (folder / "alphas.csv").open(newline="") as file:
        found = {(row["interpolated"], row["alpha"]): row for row in csv.DictReader(file)}
    assert sorted(found) == [(way, alpha) for way in ("images", "networks") for alpha in ("0", "0.5", "1")]
    for alpha in "01":
        one, two = (
            {k: v for k, v in found[way, alpha].items() if k != "interpolated"} for way in ("images", "networks")
        )
        assert one == two
    with (folder / "images.csv").open(newline="") as file:
        psnr = {(r["interpolated"], r["alpha"], r["image"]): float(r["psnr_y"]) for r in csv.DictReader(file)}
    images = {image for _, _, image in psnr}
    assert len(images) == 2
    for photo in images:
        error = {alpha: 10 ** (-psnr["images", alpha, photo] / 10) for alpha in ("0", "0.5", "1")}
        assert error["0.5"] <= 1.01 * (error["0"] + error["1"]) / 2
    names = {"images.csv", "alphas.csv", "alphas.md", "crops.png", "index.html"}
    assert {path.name for path in folder.iterdir()} == names
    assert (tmp_path / "out" / "alpha-0.5.safetensors").is_file()


def test_an_evaluation_without_images_writes_nothing(command, tmp_path):
    for name in "ab":
        tensor_files.write(tmp_path / f"{name}.pth", weights.to_basicsr(rrdbnet(depth=1)))
    with pytest.raises(SystemExit, match=r"^error: benchmark nowhere: no folder "):
        command("interpolate", "a.pth", "b.pth", "--alpha", "0.5", "--evaluate", "nowhere")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pth", "b.pth"]
