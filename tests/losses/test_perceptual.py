"""Perceptual losses: features, frozen hidden networks, precision, and the options of the configuration."""

from copy import deepcopy

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import OmegaConf
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from sr_lightning import image
from sr_lightning.cli.config import CONF
from sr_lightning.cli.errors import one_line_errors
from sr_lightning.errors import InputError
from sr_lightning.features import VGG, embedded, pretrained
from sr_lightning.losses import Perceptual, Reconstruction
from sr_lightning.ops.resize import bicubic
from tests.support.feature_weights import (
    LAYERS,
    images,
    independent,
    perceptual,
    pretend,
    saved,
)


def test_the_loss_is_the_weighted_sum_of_distances(shared):
    weights = load_file(shared / "weights" / "vgg16_features.safetensors")
    sr, hr = images(2, 2, 3, 32, 40)
    of_sr, of_hr = independent(weights, sr), independent(weights, hr)
    for distance in (nn.L1Loss(), nn.MSELoss()):
        expected = sum(factor * distance(of_sr[name], of_hr[name]) for name, factor in LAYERS.items())
        torch.testing.assert_close(perceptual(distance=distance)(sr, hr), expected, rtol=1e-4, atol=0)
    assert perceptual()(sr, sr).item() == 0


def test_features_are_negative_only_before_the_activation():
    """Also if both are requested, which an in-place activation would break."""
    with torch.no_grad():
        features = VGG(["conv2_2", "relu2_2", "conv3_3", "relu3_3"], embedded(), depth=16)(images(1, 3, 32, 32))
    for name in ("2_2", "3_3"):
        before, after = features[f"conv{name}"], features[f"relu{name}"]
        assert before.min() < 0
        assert after.min() == 0
        assert torch.equal(before.clamp(min=0), after)


def test_gradient_reaches_sr_and_not_hr():
    sr, hr = images(1, 3, 16, 16).requires_grad_(), images(1, 3, 16, 17)[..., 1:].requires_grad_()
    perceptual()(sr, hr).backward()
    assert sr.grad.abs().min() > 0
    assert hr.grad is None


def test_the_network_is_hidden_from_the_surrounding_module():
    """So it is in no optimizer, no checkpoint, and no bucket or broadcast of DDP."""
    objective = Reconstruction(pixel=nn.L1Loss(), perceptual=perceptual())
    assert not list(objective.parameters())
    assert not list(objective.buffers())
    assert not objective.state_dict()
    network = objective["perceptual"].features._hidden[0]
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_copies_are_independent():
    loss = perceptual()
    copy = deepcopy(loss).double()
    assert copy(*images(2, 1, 3, 16, 16).double()).dtype == torch.float32
    assert loss.features._hidden[0].conv1_1.weight.dtype == torch.float32


def test_features_in_bfloat16_and_distance_in_float32():
    seen = []
    loss = perceptual(distance=lambda a, b: seen.append((a, b)) or F.l1_loss(a, b))
    sr, hr = images(2, 1, 3, 32, 32)
    exact = loss(sr, hr)
    with torch.autocast("cpu", torch.bfloat16):
        half = loss(sr, hr)
    assert half.dtype == torch.float32
    assert {tensor.dtype for pair in seen for tensor in pair} == {torch.float32}
    rounded = seen[-1][0]
    assert torch.equal(rounded, rounded.bfloat16().float())
    assert half.item() == pytest.approx(exact.item(), rel=0.02)
    assert half.item() != exact.item()


LOSSES = [({"conv5_3": 1}, nn.L1Loss()), ({"relu5_3": 1}, nn.MSELoss())]  # as in ESRGAN and in SRGAN


@pytest.fixture
def smooth(shared) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the bicubic enlargement of a crop of sky, and the crop; neighboring pixels differ by 0.004 on average."""
    hr = image.read(shared / "data" / "train" / "bsds400" / "17067.jpg")[None, :, :96, 192:288]
    return bicubic(bicubic(hr, 0.25), 4), hr


def gradient(loss: Perceptual, sr: torch.Tensor, hr: torch.Tensor) -> torch.Tensor:
    sr = sr.clone().requires_grad_()
    loss(sr, hr).backward()
    return sr.grad.flatten()


@pytest.mark.parametrize(("layers", "distance"), LOSSES)
def test_the_bfloat16_gradient_on_a_smooth_crop_is_close_to_that_of_float32(shared, smooth, layers, distance):
    """Their cosine is 0.96 and 0.98; it was 0.36 and 0.49 with the first convolution in bfloat16."""
    loss = perceptual(layers, distance, weights=shared / "weights" / "vgg16_features.safetensors")
    exact = gradient(loss, *smooth)
    with torch.autocast("cpu", torch.bfloat16):
        assert F.cosine_similarity(gradient(loss, *smooth), exact, dim=0) > 0.94


class TF32(TorchFunctionMode):
    """Simulates float32 convolutions in TF32, as GPUs compute them: inputs and weights have 10 mantissa bits."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is F.conv2d and args[0].dtype == torch.float32:
            args = (*(self.round(value) for value in args[:2]), *args[2:])
        return function(*args, **(kwargs or {}))

    @staticmethod
    def round(value: torch.Tensor) -> torch.Tensor:
        rounded = ((value.detach().contiguous().view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)
        return value + (rounded - value.detach())


@pytest.mark.parametrize(("layers", "distance"), LOSSES)
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_tf32_does_not_round_the_image(shared, smooth, layers, distance, precision):
    """If it did, the cosine of the gradients would be 0.7 and 0.8."""
    loss = perceptual(layers, distance, weights=shared / "weights" / "vgg16_features.safetensors")
    exact = gradient(loss, *smooth)
    with TF32(), torch.autocast("cpu", precision, enabled=precision != torch.float32):
        assert F.cosine_similarity(gradient(loss, *smooth), exact, dim=0) > 0.92


def test_building_the_loss_draws_no_random_numbers():
    """Otherwise an option of the loss would change the initial weights of the networks."""
    state = torch.get_rng_state()
    perceptual()
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": {"conv9_9": 1}}, "layers of VGG16 are conv1_1, .* to pool5; got 'conv9_9'"),
        ({"layers": {"conv3_4": 1}}, "got 'conv3_4'"),
        ({"depth": 18}, "depth of VGG must be 16 or 19, got 18"),
    ],
)
def test_invalid_layers_are_rejected(options, message):
    with pytest.raises(ValueError, match=message):
        perceptual(**options)
    with pytest.raises(ValueError, match="none is given"):
        Perceptual(VGG, {}, nn.L1Loss())


@pytest.mark.parametrize(
    ("depth", "layer", "name"), [(19, "conv5_4", "vgg19-dcbb9e9d"), (16, "relu5_3", "vgg16-397923af")]
)
def test_without_a_connection_one_line_names_all_alternatives(zoo, monkeypatch, depth, layer, name):
    monkeypatch.setattr(pretrained, "ZOO", "http://127.0.0.1:1/")
    with pytest.raises(InputError) as error:
        perceptual({layer: 1}, depth=depth, weights=None)
    line = str(error.value)
    assert "\n" not in line
    assert line.startswith(f"http://127.0.0.1:1/{name}.pth: no connection, or it was interrupted. Run again")
    assert f"{name}.pth by hand." in line
    assert line.endswith(f"Or give a file of VGG{depth}'s weights: perceptual.weights=FILE")


def test_without_a_connection_a_command_ends_in_this_line(zoo, monkeypatch, composed):
    """And not in the connection error that caused it."""
    monkeypatch.setattr(pretrained, "ZOO", "http://127.0.0.1:1/")
    with (
        pytest.raises(SystemExit, match=r"^error: http://127\.0\.0\.1:1/vgg19.*perceptual\.weights=FILE$"),
        one_line_errors(),
    ):
        instantiate(composed("perceptual=before").objective)


L1, MSE = nn.L1Loss, nn.MSELoss
OPTIONS = {
    "before": (19, {"conv5_4": 1}, L1),
    "after": (19, {"relu5_4": 1}, L1),
    "vgg54": (19, {"relu5_4": 0.006}, MSE),
    "vgg22": (19, {"relu2_2": 0.006}, MSE),
    "multilayer": (19, {"conv1_2": 0.1, "conv2_2": 0.1, "conv3_4": 1, "conv4_4": 1, "conv5_4": 1}, L1),
    "minc": (16, {"conv5_3": 1}, L1),
    "vgg16": (16, {"conv5_3": 1}, L1),
    "embedded": (16, {"conv1_2": 0.1, "conv2_2": 0.1, "conv3_3": 1}, L1),
}


@pytest.fixture
def composed(tmp_path):
    """Compose a perceptual objective with the given overrides, from conf/ alone."""
    defaults = ["_self_", {"pixel": "l1"}, {"features": "vgg19"}, {"perceptual": "before"}, {"objective": "perceptual"}]
    primary = {"hydra": {"searchpath": [f"file://{CONF}"]}, "defaults": defaults, "usm": {}}
    (tmp_path / "conf").mkdir()
    OmegaConf.save(OmegaConf.create(primary), tmp_path / "conf" / "primary.yaml")

    def run(*overrides):
        with initialize_config_dir(str(tmp_path / "conf"), version_base="1.3"):
            return compose("primary", list(overrides))

    return run


@pytest.mark.parametrize("option", OPTIONS)
def test_options_equal_the_papers_and_accept_a_weights_file(option, composed, tmp_path):
    depth, layers, distance = OPTIONS[option]
    file = saved(tmp_path / "vgg.pth", pretend(depth))
    objective = instantiate(composed(f"perceptual={option}", f"perceptual.weights={file}").objective)
    loss = objective["perceptual"]
    assert (loss.layers, type(loss.distance)) == (layers, distance)
    network = loss.features._hidden[0]
    pool = network.pool1 if "pool1" in dict(network.named_children()) else None
    assert network.mean.abs().sum().item() == pytest.approx(0 if option == "minc" else 1.347)
    assert pool.ceil_mode == (option == "minc")
    assert list(objective.compare(*images(2, 1, 3, 16, 16))) == ["pixel", "perceptual"]


def test_every_option_is_tested():
    assert {path.stem for path in (CONF / "perceptual").glob("*.yaml")} == {*OPTIONS, "none"}


def test_embedded_needs_no_file(composed):
    objective = instantiate(composed("perceptual=embedded").objective)
    losses = objective(nn.Upsample(scale_factor=2), images(1, 3, 8, 8), images(1, 3, 16, 16))
    assert losses["perceptual"] > 0


def test_the_option_none_removes_the_term(composed):
    objective = instantiate(composed("perceptual=none").objective)
    assert list(objective) == ["pixel"]
    assert list(objective.compare(*images(2, 1, 3, 8, 8))) == ["pixel"]


def test_layers_are_mapped_to_another_feature_network(composed, shared):
    """features=embedded maps conv5_4 to its conv3_3 and relu2_2 to itself, times a factor; the rest is unchanged."""
    sr, hr = images(2, 2, 3, 32, 32)
    cases = {"before": ("conv3_3", L1(), 1), "after": ("relu3_3", L1(), 1), "vgg22": ("relu2_2", MSE(), 0.006)}
    for option in (option for option, (depth, *_) in OPTIONS.items() if depth == 19):
        assert composed(f"perceptual={option}", "features=embedded").perceptual.network.network.depth == 16, option
    for option, (layer, distance, factor) in cases.items():
        loss = instantiate(composed(f"perceptual={option}", "features=embedded", "features.factor=0.5").perceptual)
        features = VGG([layer], embedded(), depth=16)
        with torch.no_grad():
            expected = factor * distance(0.5 * features(sr)[layer], 0.5 * features(hr)[layer])
            torch.testing.assert_close(loss(sr, hr), expected)
        assert loss.smallest == features.smallest
    file = shared / "weights" / "vgg16_features.safetensors"
    loss = instantiate(composed("perceptual=before", "features=vgg16", f"features.weights={file}").perceptual)
    deep = VGG(["conv5_3"], file, depth=16)
    with torch.no_grad():
        torch.testing.assert_close(loss(sr, hr), L1()(deep(sr)["conv5_3"], deep(hr)["conv5_3"]))
    assert loss.smallest == 16


def test_the_option_minc_needs_a_weights_file(composed):
    assert OmegaConf.is_missing(composed("perceptual=minc").perceptual, "weights")


@pytest.mark.parametrize("words", [["perceptual=embedded"], ["perceptual=before", "features=embedded"]])
def test_the_embedded_loss_has_the_magnitude_of_the_deep_one(shared, composed, words):
    """On bicubic enlargements, for which `perceptual=before` with VGG16 is about 2; so the papers' weights apply."""
    file = shared / "weights" / "vgg16_features.safetensors"
    deep = instantiate(composed("perceptual=before", "features=vgg16", f"features.weights={file}").perceptual)
    loss = instantiate(composed(*words).perceptual)
    for i in (1, 2):
        hr = image.read(shared / "data" / "benchmarks" / "Set5" / "HR" / f"img_00{i}.png")[None, :, :256, :256]
        sr = bicubic(bicubic(hr, 0.25), 4)
        with torch.no_grad():
            assert 1 / 3 < loss(sr, hr) / deep(sr, hr) < 3
