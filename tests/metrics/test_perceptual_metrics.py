"""LPIPS and DISTS have published values, need no torchvision, and report missing weights in one line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from sr_lightning import image
from sr_lightning.errors import InputError
from sr_lightning.features import VGG, pretrained
from sr_lightning.metrics import DISTS, LPIPS
from sr_lightning.metrics.perceptual import VGG16_LAYERS, L2Pool
from sr_lightning.ops.resize import bicubic
from sr_lightning.system import transfer


@pytest.fixture
def vgg16(shared) -> Path:
    return shared / "weights" / "vgg16_features.safetensors"


@pytest.fixture
def offline(monkeypatch, tmp_path) -> str:
    """Make the model zoo unreachable and the cache empty. Returns the URL of VGG16."""
    monkeypatch.setattr(pretrained, "ZOO", "http://127.0.0.1:1/")
    monkeypatch.setattr(transfer, "PAUSE", 0)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    return "http://127.0.0.1:1/vgg16-397923af.pth"


def example(shared) -> list[torch.Tensor]:
    """Return the authors' example: a reference and two distorted versions."""
    return [image.read(shared / "golden" / "lpips" / f"ex_{name}.png")[None] for name in ("ref", "p0", "p1")]


def pair(*shape: int) -> torch.Tensor:
    return torch.rand(2, *shape, generator=torch.Generator().manual_seed(0))


# --- LPIPS ------------------------------------------------------------------------------------------------------------


def test_lpips_of_the_authors_example_is_the_published_one(shared):
    """The README of the authors' program states 0.722 and 0.138."""
    reference, *distorted = example(shared)
    values = LPIPS().measure(torch.cat(distorted), reference.expand(2, -1, -1, -1))
    assert [f"{value:.3f}" for value in values] == ["0.722", "0.138"]


@pytest.mark.parametrize("network", ["alex", pytest.param("vgg", marks=pytest.mark.slow)])
def test_lpips_equals_an_independent_implementation(shared, vgg16, network):
    """On the example and on bicubic x4, computed in float32."""
    of_example, of_bicubic = json.loads((shared / "golden" / "lpips.json").read_text()).values()
    metric, key = {"alex": (LPIPS(), "alexnet"), "vgg": (LPIPS("vgg", vgg16), "vgg16")}[network]
    reference, *distorted = example(shared)
    assert [metric.measure(each, reference).item() for each in distorted] == pytest.approx(of_example[key], abs=1e-3)
    for name, expected in of_bicubic.items():
        folder, file = name.split("/")
        hr = image.read(shared / "data" / "benchmarks" / folder / "HR" / f"{file}.png")[None]
        lr = bicubic(hr, 0.25).clamp(0, 1).mul(255).round().div(255)
        value = metric.measure(bicubic(lr, 4), hr).item()
        assert value == pytest.approx(expected[key], abs=1e-3), name


def test_lpips_rounds_to_8_bits_measures_each_image_and_keeps_the_border():
    sr, hr = pair(2, 3, 40, 45)
    metric = LPIPS(border=3)
    values = metric.measure(sr, hr)
    inner = [batch[..., 3:-3, 3:-3].mul(255).round().div(255) for batch in (sr, hr)]
    assert LPIPS().measure(*inner).tolist() == pytest.approx(values.tolist())
    for i in (0, 1):
        assert metric(sr[i : i + 1], hr[i : i + 1]).item() == pytest.approx(values[i].item(), rel=1e-5)
    assert metric(hr, hr).item() == 0
    assert not metric.higher_is_better


def test_lpips_measures_images_of_31_pixels_and_more():
    """31 pixels give a single position in AlexNet's last layers."""
    assert LPIPS()(*pair(1, 3, 31, 31)) > 0
    with pytest.raises(ValueError, match="LPIPS needs 31x31 pixels, got 40x30 after a border of 2"):
        LPIPS(border=2)(*pair(1, 3, 34, 44))


def test_an_unknown_network_is_an_error():
    with pytest.raises(ValueError, match='"alex" or "vgg", got \'squeeze\''):
        LPIPS(network="squeeze")


def test_autocast_does_not_change_the_value():
    sr, hr = pair(1, 3, 64, 64)
    expected = LPIPS().measure(sr, hr)
    module = nn.ModuleDict({"lpips": LPIPS()}).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(module["lpips"].measure(sr, hr), expected)


def test_the_feature_network_is_neither_saved_nor_trained():
    module = nn.ModuleDict({"lpips": LPIPS()})
    assert not module.state_dict()
    assert not list(module.parameters())
    assert not list(module.buffers())


# --- DISTS ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_dists_equals_torchmetrics(shared, vgg16):
    """Values of torchmetrics 1.9.0's DISTSNetwork on torchvision 0.29.1's VGG16 with the same weights."""
    metric = DISTS(vgg16)
    reference, *distorted = example(shared)
    values = [metric.measure(each, reference).item() for each in distorted]
    assert values == pytest.approx([0.387918, 0.225035], abs=1e-4)
    bird = image.read(shared / "data" / "benchmarks" / "Set5" / "HR" / "img_001.png")[None]
    values = metric.measure(torch.cat([bird.flip(-1), (bird * 0.5 * 255).round() / 255]), bird.expand(2, -1, -1, -1))
    assert values.tolist() == pytest.approx([0.091535, 0.133988], abs=1e-4)
    assert metric.measure(bird, bird).item() == pytest.approx(0, abs=1e-6)


def test_l2_pooling_keeps_a_constant_map():
    """Except at edges, where a quarter of the window's weight lies outside."""
    pooled = L2Pool()(torch.full((1, 2, 8, 8), 3.0))
    assert pooled.shape == (1, 2, 4, 4)
    torch.testing.assert_close(pooled[..., 1:, 1:], torch.full((1, 2, 3, 3), 3.0))
    torch.testing.assert_close(pooled[..., 0, 1:], torch.full((1, 2, 3), 3.0 * 0.75**0.5))


def test_dists_replaces_each_max_pooling_by_l2_pooling(vgg16):
    features = DISTS(vgg16).network._hidden[0].features
    names = list(dict(features.named_children()))
    assert names == list(dict(VGG(VGG16_LAYERS, vgg16, depth=16).named_children()))
    assert [name for name, layer in features.named_children() if isinstance(layer, L2Pool)] == [
        "pool1", "pool2", "pool3", "pool4"
    ]  # fmt: skip


# --- weights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "key"), [(lambda: LPIPS("vgg"), "metrics.lpips_vgg.weights"), (DISTS, "metrics.dists.weights")]
)
def test_a_failed_download_names_the_option_in_one_line(offline, build, key):
    with pytest.raises(InputError) as error:
        build()
    assert str(error.value).startswith(f"{offline}: no connection, or it was interrupted. ")
    assert str(error.value).endswith(f" Or give a file of VGG16's weights: {key}=FILE")
    assert "\n" not in str(error.value)


def test_the_command_line_reports_a_failed_download_in_one_line(offline, command, photos):
    with pytest.raises(SystemExit) as error:
        command("evaluate", "checkpoint=bicubic", "benchmarks=[validation]", "metrics=perceptual", "~metrics.niqe")
    assert str(error.value).startswith(f"error: {offline}: no connection")
    assert str(error.value).endswith("metrics.lpips_vgg.weights=FILE")
    assert "\n" not in str(error.value)


def test_all_perceptual_metrics_accept_a_file_of_weights(offline, command, photos, vgg16, tmp_path):
    words = ["~metrics.niqe", f"metrics.lpips_vgg.weights={vgg16}", f"metrics.dists.weights={vgg16}"]
    out = command("evaluate", "checkpoint=bicubic", "benchmarks=[validation]", "metrics=perceptual", *words,
                  f"hydra.run.dir={tmp_path / 'out'}")  # fmt: skip
    row = json.loads((tmp_path / "out" / "summary.json").read_text())["summary"][0]
    assert list(row)[3:] == ["psnr_y", "ssim_y", "lpips", "lr_consistency", "color_shift", "lpips_vgg", "dists"]
    assert 0 < row["lpips"] < 1
    assert "lpips" in out


def test_lpips_needs_neither_torchvision_nor_a_network_connection():
    """In a separate process, in which importing torchvision or opening a socket fails."""
    program = (
        "import socket, sys; sys.modules['torchvision'] = None\n"
        "socket.socket.connect = None\n"
        "import torch\n"
        "from sr_lightning.metrics import LPIPS\n"
        "print(LPIPS()(torch.zeros(1, 3, 32, 32), torch.zeros(1, 3, 32, 32)).item())"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "0.0", done.stderr
