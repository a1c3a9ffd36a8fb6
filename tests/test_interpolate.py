"""Network interpolation: its laws, its files, and what it refuses."""

import copy
import csv
import re
from decimal import Decimal

import pytest
import torch
from torch import nn

from sr_lightning import weights
from sr_lightning.errors import InputError
from sr_lightning.evaluation.tradeoff import measure_tradeoff
from sr_lightning.system import tensor_files
from sr_lightning.weights import interpolate, weighted_sum
from tests.support import photographs
from tests.support.networks import RECIPE, described, outputs, rrdbnet


def state(network):
    return network.state_dict()


def same(one, two):
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def trained(seed):
    """A small network with batch norm whose weights and statistics are those of a training of their own."""
    torch.manual_seed(seed)
    network = described().train()
    with torch.no_grad():
        for _ in range(seed + 1):
            network(torch.rand(2, 1, 6, 7))
    return network.eval()


def save(path, network):
    """As a training run saves it."""
    tensors = {f"generator.{name}": value for name, value in state(network).items()}
    tensor_files.write(path, {"hyper_parameters": {"generator": RECIPE}, "state_dict": tensors})
    return path


def test_the_ends_are_the_networks_bit_for_bit_statistics_and_counts_too():
    a, b = trained(0), trained(2)
    before = copy.deepcopy((state(a), state(b)))
    assert same(state(interpolate({"a": a, "b": b}, [1, 0])), before[0])
    assert same(state(interpolate({"a": a, "b": b}, [0, 1])), before[1])
    assert same(state(a), before[0])
    assert same(state(b), before[1])


def test_equal_networks_stay_what_they_are_at_every_share():
    network = trained(1)
    for shares in ([0.2, 0.8], [0.7, 0.3], [-0.5, 1.5]):
        assert same(state(interpolate({"a": network, "b": copy.deepcopy(network)}, shares)), state(network))


def test_worked_numbers():
    a = {"weight": torch.tensor([1.0, -2.0]), "running_var": torch.tensor([4.0]), "count": torch.tensor(3)}
    b = {"weight": torch.tensor([3.0, 2.0]), "running_var": torch.tensor([1.0]), "count": torch.tensor(9)}
    c = {"weight": torch.tensor([0.0, 10.0]), "running_var": torch.tensor([2.0]), "count": torch.tensor(5)}
    quarter = weighted_sum({"a": a, "b": b}, [0.75, 0.25])
    assert quarter["weight"].tolist() == [1.5, -1.0]
    assert quarter["running_var"].tolist() == [3.25]
    assert quarter["count"] == 3
    assert weighted_sum({"a": a, "b": b}, [0.5, 0.5])["count"] == 9
    three = weighted_sum({"a": a, "b": b, "c": c}, [0.25, 0.5, 0.25])
    assert three["weight"].tolist() == [1.75, 3.0]
    assert three["count"] == 9
    assert weighted_sum({"a": a, "b": b}, [1.25, -0.25])["weight"].tolist() == [0.5, -3.0]


def test_halves_are_summed_in_full_precision():
    a, b = torch.tensor([1.0], dtype=torch.bfloat16), torch.tensor([1.0078125], dtype=torch.bfloat16)
    found = weighted_sum({"a": {"weight": a}, "b": {"weight": b}}, [0.5, 0.5])["weight"]
    assert found.dtype == torch.float32
    assert found.item() == 1.00390625


def test_of_a_single_layer_it_is_the_interpolation_of_the_outputs():
    """Of a network with more of them it is not, which is what the paper lives on."""
    a, b = (nn.Conv2d(3, 3, 3) for _ in range(2))
    lr = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        expected = 0.3 * a(lr) + 0.7 * b(lr)
        torch.testing.assert_close(interpolate({"a": a, "b": b}, [0.3, 0.7])(lr), expected)
    deep = trained(0), trained(1)
    one, two, between = outputs(*deep, interpolate({"a": deep[0], "b": deep[1]}, [0.5, 0.5]), channels=1)
    assert (between - (one + two) / 2).abs().max() > 1e-3


def test_a_chain_is_one_sum():
    """Twice in pairs, (a, b) at 0.5 and then c at 0.2, is 0.4, 0.4, 0.2 at once."""
    a, b, c = (trained(seed) for seed in range(3))
    pair = interpolate({"a": a, "b": b}, [0.5, 0.5])
    twice = state(interpolate({"pair": pair, "c": c}, [0.8, 0.2]))
    once = state(interpolate({"a": a, "b": b, "c": c}, [0.4, 0.4, 0.2]))
    for name, value in once.items():
        if value.is_floating_point():
            torch.testing.assert_close(twice[name], value)


def test_a_variance_that_would_be_negative_is_refused():
    a, b = {"norm.running_var": torch.tensor([4.0])}, {"norm.running_var": torch.tensor([1.0])}
    with pytest.raises(
        InputError, match=r"^A and B: norm\.running_var, a variance, becomes negative with the shares -1, 2;"
    ):
        weighted_sum({"A": a, "B": b}, [-1, 2])


@pytest.mark.parametrize(("shares", "count"), [([0.5, 0.4], 2), ([0.5, 0.5], 3), ([1.0], 1)])
def test_shares_are_as_many_as_networks_and_whole_together(shares, count):
    with pytest.raises(ValueError, match="as many shares with the sum 1"):
        weighted_sum({str(number): {"weight": torch.ones(1)} for number in range(count)}, shares)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"width": 8}, r"head.0.weight is \(6, 3, 3, 3\) in a and \(8, 3, 3, 3\) in b"),
        ({"depth": 3}, r"trunk.2.weight is \(6, 6, 3, 3\) in a and missing in b"),
        ({"scale": 2}, r"upsample.1.1.weight is \(6, 6, 3, 3\) in a and missing in b"),
    ],
)
def test_the_first_difference_is_named_with_both_files(other, message):
    with pytest.raises(InputError, match=f"^networks of different architecture: {message}"):
        interpolate({"a": rrdbnet(), "b": rrdbnet(**other)}, [0.5, 0.5])


def test_networks_that_differ_in_more_than_weights_are_refused():
    one, two = rrdbnet(depth=1), rrdbnet(depth=1)
    two.trunk[0].beta = 0.1
    with pytest.raises(InputError, match=r"trunk\.0 is RRDB\(beta=0\.2\) in a and trunk\.0 is RRDB\(beta=0\.1\) in b"):
        interpolate({"a": one, "b": two}, [0.5, 0.5])


def test_a_series_of_a_public_architecture(command, tmp_path):
    """Named exactly, its end included; read back as what was written; the ends are the two files' networks."""
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


def test_an_architecture_of_this_library_becomes_a_checkpoint(command, tmp_path):
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
        (["--alpha", "0:1:0.001", "--output", "x"], "argument --alpha: has 1001 values; at most 101 are taken"),
        (["--weights", "0.5,0.4", "--output", "x.ckpt"], "--weights must have the sum 1, not 0.9"),
        (["--weights", "1", "--output", "x.ckpt"], "--weights needs two networks or more and a share for each, got 1"),
        (["c.ckpt", "--alpha", "1", "--output", "x.ckpt"], "--alpha is between two networks, not 3"),
    ],
)
def test_wrong_arguments_end_in_one_line(command, capsys, arguments, message):
    with pytest.raises(SystemExit) as error:
        command("interpolate", "a.ckpt", "b.ckpt", *arguments)
    told = capsys.readouterr().err
    assert error.value.code == 2
    assert told.startswith(f"python -m sr_lightning.interpolate: {message}")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["b.ckpt", "--alpha", "0.5", "--output", "x.zip"], "x.zip: unknown format; use .safetensors, .pth, .onnx"),
        (["b.ckpt", "--alpha", "0:1:0.5", "--output", "x.pth"], "x.pth: a series of networks needs a folder"),
        (["nowhere.ckpt", "--alpha", "0.5", "--output", "x.ckpt"], "nowhere.ckpt: no such file"),
        (["b.ckpt", "--alpha", "0.5", "--output", "x.pth"], "x.pth: there is no public layout for this network"),
        (["b.ckpt", "--alpha", "0.5", "--output", "b.ckpt"], "b.ckpt: would overwrite an input; choose another"),
        (["other.pth", "--alpha", "0.5", "--output", "x.ckpt"], "networks of different architecture: head.0.weight is "
         "(4, 1, 3, 3) in a.ckpt and (6, 3, 3, 3) in other.pth"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_ends_in_one_line_and_writes_nothing(command, tmp_path, arguments, message):
    for name in "ab":
        save(tmp_path / f"{name}.ckpt", trained(0))
    tensor_files.write(tmp_path / "other.pth", weights.to_basicsr(rrdbnet(depth=1)))
    with pytest.raises(SystemExit, match=f"^error: {re.escape(message)}") as error:
        command("interpolate", "a.ckpt", *arguments)
    assert "\n" not in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ckpt", "b.ckpt", "other.pth"]


def test_an_evaluation_measures_networks_and_images_between_the_same_ends(command, tmp_path):
    """The ends are one and the same for both; a squared error is convex, so an image between is not worse than both."""
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


def test_an_evaluation_measures_at_the_alpha_that_it_says(tmp_path):
    """Networks that differ in the last bias alone: both ways are one, and at 0.25 three times nearer to the first."""
    photographs.folder(tmp_path / "photos", count=1, height=200, width=208)
    dark, bright = rrdbnet(depth=1), rrdbnet(depth=1)
    bright.load_state_dict(state(dark))
    for network, bias in ((dark, 0.45), (bright, 0.85)):
        network.tail[-1].bias.data.fill_(bias)
    found = measure_tradeoff({"a": dark, "b": bright}, [Decimal("0.25")], [str(tmp_path / "photos")])
    psnr = {(row["interpolated"], str(row["alpha"])): row["psnr_y"] for row in found.rows}
    assert psnr["images", "0.25"] == pytest.approx(psnr["networks", "0.25"], abs=0.02)
    assert psnr["networks", "0"] > psnr["networks", "1"] + 3
    assert psnr["networks", "0.25"] > (psnr["networks", "0"] + psnr["networks", "1"]) / 2
    [outputs] = found.outputs.values()
    shift = {key: (value.float() - outputs["networks", Decimal(0)].float()).mean() for key, value in outputs.items()}
    for way in ("networks", "images"):
        assert shift[way, Decimal("0.25")] == pytest.approx(0.25 * 0.4 * 255, abs=0.6)


def test_an_evaluation_without_images_writes_nothing(command, tmp_path):
    for name in "ab":
        tensor_files.write(tmp_path / f"{name}.pth", weights.to_basicsr(rrdbnet(depth=1)))
    with pytest.raises(SystemExit, match=r"^error: benchmark nowhere: no folder "):
        command("interpolate", "a.pth", "b.pth", "--alpha", "0.5", "--evaluate", "nowhere")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pth", "b.pth"]
