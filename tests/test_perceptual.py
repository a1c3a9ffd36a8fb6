"""Perceptual losses: the right features, frozen and unseen, from weights that are checked wherever they come from."""

import hashlib
import threading
from copy import deepcopy
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import OmegaConf
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from sr_lightning import image
from sr_lightning.command_line import CONF, one_line_errors
from sr_lightning.errors import InputError
from sr_lightning.losses import VGG, Frozen, Perceptual, Reconstruction, embedded, vgg_weights
from sr_lightning.losses.vgg import CONVOLUTIONS, WIDTHS, layer_names
from sr_lightning.resize import bicubic

LAYERS = {"conv1_2": 0.5, "conv2_2": 1, "conv3_3": 2}
POSITIONS = {  # of convolutions in torchvision's vgg16.features and vgg19.features
    16: [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28],
    19: [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34],
}


def perceptual(layers=None, distance=None, **options) -> Perceptual:
    """A loss on the weights in the package, or on those that are given."""
    options = {"weights": embedded(), "depth": 16, **options}
    weights = options.pop("weights")
    return Perceptual(partial(VGG, **options), layers or LAYERS, distance or nn.L1Loss(), weights)


def images(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def pretend(depth: int, stages: int = 5) -> dict[str, torch.Tensor]:
    """Weights of torchvision's names and shapes, all zero and without memory of their own."""
    widths = [width for width, count in zip(WIDTHS, CONVOLUTIONS[depth], strict=True) for _ in range(count)]
    weights = {}
    for position, before, after in zip(POSITIONS[depth], [3, *widths], widths, strict=False):
        weights[f"features.{position}.weight"] = torch.zeros(()).expand(after, before, 3, 3)
        weights[f"features.{position}.bias"] = torch.zeros(()).expand(after)
    return dict(list(weights.items())[: 2 * sum(CONVOLUTIONS[depth][:stages])])


def saved(path, weights):
    torch.save(weights, path)
    return path


# --- features ---------------------------------------------------------------------------------------------------------


def independent(weights: dict[str, torch.Tensor], image: torch.Tensor) -> dict[str, torch.Tensor]:
    """VGG16 written out."""
    mean, deviation = (torch.tensor(rgb)[:, None, None] for rgb in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    x = (image - mean) / deviation
    features = {}
    for stage, positions in enumerate([(0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)], start=1):
        for i, n in enumerate(positions, start=1):
            x = F.conv2d(x, weights[f"features.{n}.weight"].float(), weights[f"features.{n}.bias"].float(), padding=1)
            features[f"conv{stage}_{i}"] = x
            x = x.clamp(min=0)
            features[f"relu{stage}_{i}"] = x
        x = F.max_pool2d(x, 2)
        features[f"pool{stage}"] = x
    return features


def test_features_are_those_computed_independently(shared):
    file = shared / "weights" / "vgg16_hed_features.safetensors"
    image = images(2, 3, 37, 50)
    expected = independent(load_file(file), image)
    with torch.no_grad():
        found = VGG(list(expected), file, depth=16)(image)
    assert list(found) == list(expected) == layer_names(16)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-4)


def test_the_loss_is_the_weighted_sum_of_distances(shared):
    weights = load_file(shared / "weights" / "vgg16_hed_features.safetensors")
    sr, hr = images(2, 2, 3, 32, 40)
    of_sr, of_hr = independent(weights, sr), independent(weights, hr)
    for distance in (nn.L1Loss(), nn.MSELoss()):
        expected = sum(factor * distance(of_sr[name], of_hr[name]) for name, factor in LAYERS.items())
        torch.testing.assert_close(perceptual(distance=distance)(sr, hr), expected, rtol=1e-4, atol=0)
    assert perceptual()(sr, sr).item() == 0


def test_before_activation_is_negative_too_and_after_is_not():
    """Also where both are asked for, which an activation in place would spoil."""
    with torch.no_grad():
        features = VGG(["conv2_2", "relu2_2", "conv3_3", "relu3_3"], embedded(), depth=16)(images(1, 3, 32, 32))
    for name in ("2_2", "3_3"):
        before, after = features[f"conv{name}"], features[f"relu{name}"]
        assert before.min() < 0
        assert after.min() == 0
        assert torch.equal(before.clamp(min=0), after)


@pytest.mark.parametrize(("layer", "last"), [("conv1_1", "conv1_1"), ("relu2_1", "relu2_1"), ("pool2", "pool2")])
def test_no_layer_below_the_deepest_is_built(layer, last):
    assert list(dict(VGG([layer, "conv1_1"], embedded(), depth=16).named_children()))[-1] == last


@pytest.mark.parametrize("depth", [16, 19])
def test_layers_are_torchvisions(depth):
    names = layer_names(depth)
    assert [i for i, name in enumerate(names) if name.startswith("conv")] == POSITIONS[depth]
    assert len(names) == {16: 31, 19: 37}[depth]
    assert names[-3:] == {16: ["conv5_3", "relu5_3", "pool5"], 19: ["conv5_4", "relu5_4", "pool5"]}[depth]


def test_ceil_mode_keeps_the_last_row_and_normalisation_can_be_left_out():
    image = images(1, 3, 5, 7)
    with torch.no_grad():
        assert VGG(["pool1"], embedded(), depth=16)(image)["pool1"].shape[-2:] == (2, 3)
        assert VGG(["pool1"], embedded(), depth=16, ceil_mode=True)(image)["pool1"].shape[-2:] == (3, 4)
        plain = VGG(["conv1_1"], embedded(), depth=16, normalise=False)
        expected = F.conv2d(image, plain.conv1_1.weight, plain.conv1_1.bias, padding=1)
        torch.testing.assert_close(plain(image)["conv1_1"], expected)


def test_channels_repeat_or_are_selected():
    loss = perceptual()
    sr, hr = images(2, 5, 16, 16), images(2, 5, 16, 16).flip(0)
    assert torch.equal(loss(sr, hr), loss(sr[:, :3], hr[:, :3]))
    grey = [image[:, :1] for image in (sr, hr)]
    torch.testing.assert_close(loss(*grey), loss(*(image.repeat(1, 3, 1, 1) for image in grey)))
    with pytest.raises(ValueError, match=r"1, 3 or more channels, got \(2, 2, 16, 16\)"):
        loss(sr[:, :2], hr[:, :2])


# --- frozen -----------------------------------------------------------------------------------------------------------


def test_gradient_reaches_sr_and_not_hr():
    sr, hr = images(1, 3, 16, 16).requires_grad_(), images(1, 3, 16, 17)[..., 1:].requires_grad_()
    perceptual()(sr, hr).backward()
    assert sr.grad.abs().min() > 0
    assert hr.grad is None


def test_nothing_of_it_is_seen_from_outside():
    """In no optimizer, no checkpoint, no bucket and no broadcast of DDP."""
    objective = Reconstruction(pixel=nn.L1Loss(), perceptual=perceptual())
    assert not list(objective.parameters())
    assert not list(objective.buffers())
    assert not objective.state_dict()
    network = objective["perceptual"].features._hidden[0]
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_frozen_networks_follow_and_stay_in_evaluation():
    frozen = Frozen(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout()))
    image = images(2, 3, 8, 8)
    outside = nn.Sequential(frozen)
    expected = outside(image)
    assert torch.equal(outside.train()(image), expected)
    outside.requires_grad_(True).zero_grad()
    outside.double().to(memory_format=torch.channels_last)
    network = frozen._hidden[0]
    assert network[0].weight.dtype == torch.float64
    assert network[0].weight.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(outside(image.double()).float(), expected)
    assert next(outside.to("meta")[0]._hidden[0].parameters()).is_meta


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


LOSSES = [({"conv5_3": 1}, nn.L1Loss()), ({"relu5_3": 1}, nn.MSELoss())]  # of ESRGAN and of SRGAN


@pytest.fixture
def smooth(shared) -> tuple[torch.Tensor, torch.Tensor]:
    """Bicubic enlargement of a crop of sky, and the crop: neighbours in it differ by 0.004 on average."""
    hr = image.read(shared / "data" / "train" / "bsds400" / "17067.jpg")[None, :, :96, 192:288]
    return bicubic(bicubic(hr, 0.25), 4), hr


def gradient(loss: Perceptual, sr: torch.Tensor, hr: torch.Tensor) -> torch.Tensor:
    sr = sr.clone().requires_grad_()
    loss(sr, hr).backward()
    return sr.grad.flatten()


@pytest.mark.parametrize(("layers", "distance"), LOSSES)
def test_in_bfloat16_the_gradient_on_a_smooth_crop_is_that_of_float32(shared, smooth, layers, distance):
    """Its cosine is 0.36 and 0.49 where the first convolution takes the image in bfloat16, and 0.96 and 0.98 here."""
    loss = perceptual(layers, distance, weights=shared / "weights" / "vgg16_features.safetensors")
    exact = gradient(loss, *smooth)
    with torch.autocast("cpu", torch.bfloat16):
        assert F.cosine_similarity(gradient(loss, *smooth), exact, dim=0) > 0.94


class TF32(TorchFunctionMode):
    """Convolutions as GPUs compute them in float32: of inputs and weights with 10 bits after the leading one."""

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
def test_tf32_does_not_round_the_image_either(shared, smooth, layers, distance, precision):
    """Its cosine is 0.7 and 0.8 where the first convolution takes the image itself, whatever follows."""
    loss = perceptual(layers, distance, weights=shared / "weights" / "vgg16_features.safetensors")
    exact = gradient(loss, *smooth)
    with TF32(), torch.autocast("cpu", precision, enabled=precision != torch.float32):
        assert F.cosine_similarity(gradient(loss, *smooth), exact, dim=0) > 0.92


def test_convolutions_in_float32_are_counted_from_the_first():
    """Under autocast, in the memory layout of the image; compiled too."""
    layers = ["conv1_1", "conv1_2", "conv2_1", "relu2_1"]
    image = images(1, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    for count in range(4):
        network = VGG(layers, embedded(), depth=16, float32=count).to(memory_format=torch.channels_last)
        compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            features, again = network(image), compiled(image)
        convolutions = [features[name].dtype for name in layers[:3]]
        assert convolutions == [torch.float32] * count + [torch.bfloat16] * (3 - count)
        assert features["relu2_1"].dtype == convolutions[-1]
        assert all(value.is_contiguous(memory_format=torch.channels_last) for value in features.values())
        torch.testing.assert_close(again, features)


def test_building_it_draws_no_random_numbers():
    """Or one word about the loss would change the network's initial weights."""
    state = torch.get_rng_state()
    perceptual()
    assert torch.equal(torch.get_rng_state(), state)


# --- files ------------------------------------------------------------------------------------------------------------


def test_layouts_and_precisions_of_files(tmp_path):
    ours = load_file(embedded())
    minc = dict(
        zip(["conv11", "conv12", "conv21", "conv22", "conv31", "conv32", "conv33"], POSITIONS[16], strict=False)
    )
    renamed = {
        f"{name}.{kind}": ours[f"features.{n}.{kind}"] for name, n in minc.items() for kind in ("weight", "bias")
    }
    save_file({name: value.float() for name, value in ours.items()}, tmp_path / "float32.safetensors")
    files = [
        tmp_path / "float32.safetensors",
        saved(tmp_path / "plain.pth", ours),
        saved(tmp_path / "nested.pth", {"state_dict": ours, "epoch": 3}),
        saved(tmp_path / "minc.pth", renamed),
        saved(tmp_path / "whole.pth", {**ours, "classifier.0.weight": torch.zeros(2, 2)}),
    ]
    sr, hr = images(2, 1, 3, 16, 16)
    expected = perceptual()(sr, hr)
    for file in files:
        assert torch.equal(perceptual(weights=str(file))(sr, hr), expected), file


def changed(weights, name, value):
    """Weights with one tensor added, replaced or, for None, left out."""
    weights = {**weights, name: value}
    return {name: value for name, value in weights.items() if value is not None}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("features.5.bias", None, r"features\.5\.bias is missing, and conv2_1\.bias needs shape \(128,\)"),
        (
            "features.7.weight",
            torch.zeros(1, 2),
            r"features\.7\.weight is of shape \(1, 2\), and conv2_2\.weight needs",
        ),
        ("features.1.running_mean", torch.zeros(64), r"features\.1\.running_mean is not a part of this network"),
    ],
)
def test_wrong_weights_are_named(tmp_path, name, value, message):
    file = saved(tmp_path / "wrong.pth", changed(load_file(embedded()), name, value))
    with pytest.raises(InputError, match=rf"^{file}: not the weights of this VGG: {message}.*features\.N$"):
        perceptual(weights=file)


def test_other_networks_are_refused(tmp_path):
    vgg16, vgg19 = saved(tmp_path / "16.pth", pretend(16)), saved(tmp_path / "19.pth", pretend(19))
    with pytest.raises(InputError, match=r"features\.16\.weight is missing, and conv3_4\.weight needs"):
        perceptual({"conv5_4": 1}, weights=vgg16, depth=19)
    with pytest.raises(InputError, match=r"features\.16\.weight is not a part of this network"):
        perceptual({"conv3_3": 1}, weights=vgg19, depth=16)
    with pytest.raises(InputError, match=r"features\.17\.weight is missing"):
        perceptual({"conv4_1": 1})
    with pytest.raises(InputError, match=r"nowhere\.pth: no such file"):
        perceptual(weights=tmp_path / "nowhere.pth")
    (tmp_path / "text.pth").write_text("not weights")
    with pytest.raises(InputError, match=r"text\.pth: not a readable file of weights"):
        perceptual(weights=tmp_path / "text.pth")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": {"conv9_9": 1}}, "layers of VGG16 are conv1_1, .* to pool5; got 'conv9_9'"),
        ({"layers": {"conv3_4": 1}}, "got 'conv3_4'"),
        ({"depth": 18}, "depth of VGG must be 16 or 19, got 18"),
    ],
)
def test_wrong_layers_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        perceptual(**options)
    with pytest.raises(ValueError, match="none is given"):
        Perceptual(VGG, {}, nn.L1Loss())


# --- the model zoo ----------------------------------------------------------------------------------------------------


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """A model zoo on this machine: its folder, and what was asked of it."""
    folder, asked = tmp_path / "zoo", []
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, _, request, *__):
            asked.append(request)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        monkeypatch.setattr(vgg_weights, "ZOO", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
        yield folder, asked
        server.shutdown()


def offer(folder, monkeypatch, digest=None, content=None) -> None:
    """Put a VGG19 to conv1_2, or another content, into the zoo under the name that its hash asks for."""
    file = saved(folder / "file", content or pretend(19, stages=1))
    digest = digest or hashlib.sha256(file.read_bytes()).hexdigest()[:8]
    file.rename(folder / f"vgg19-{digest}.pth")
    monkeypatch.setitem(vgg_weights.FILES, 19, f"vgg19-{digest}.pth")


def test_imagenet_weights_are_downloaded_once(zoo, monkeypatch):
    folder, asked = zoo
    offer(folder, monkeypatch)
    first = perceptual({"conv1_2": 1}, depth=19, weights=None)
    assert perceptual({"conv1_2": 1}, depth=19, weights=None)(*images(2, 1, 3, 8, 8)).item() == 0
    assert first.layers == {"conv1_2": 1}
    assert len(asked) == 1


def test_processes_download_once(zoo, monkeypatch):
    """The others wait and find the file, so there is one bar too."""
    folder, asked = zoo
    offer(folder, monkeypatch)
    threads = [threading.Thread(target=vgg_weights.imagenet, args=(19,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1


def test_a_wrong_hash_leaves_nothing(zoo, monkeypatch, tmp_path):
    folder, _ = zoo
    offer(folder, monkeypatch, digest="0" * 8)
    with pytest.raises(InputError, match=r"vgg19-00000000\.pth: cannot be had \(invalid hash value.*weights=FILE$"):
        perceptual({"conv1_2": 1}, depth=19, weights=None)
    assert not list((tmp_path / "hub" / "checkpoints").glob("vgg*"))


class Code:
    """Something that a pickle would run."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return type(self.file).touch, (self.file,)


def test_code_in_a_download_is_not_run(zoo, monkeypatch, tmp_path):
    folder, _ = zoo
    offer(folder, monkeypatch, content={"features.0.weight": Code(tmp_path / "ran")})
    with pytest.raises(InputError, match="cannot be had"):
        perceptual({"conv1_2": 1}, depth=19, weights=None)
    assert not (tmp_path / "ran").exists()


def test_offline_says_both_ways_in_one_line(zoo, monkeypatch):
    monkeypatch.setattr(vgg_weights, "ZOO", "http://127.0.0.1:1/")
    with pytest.raises(InputError) as error:
        perceptual({"conv5_4": 1}, depth=19, weights=None)
    line = str(error.value)
    assert "\n" not in line
    assert line.startswith("http://127.0.0.1:1/vgg19-dcbb9e9d.pth: cannot be had (")
    assert "connect to the internet once" in line
    assert line.endswith("or give a file of VGG19's weights: perceptual.weights=FILE")


def test_offline_ends_the_command_line_in_that_line(zoo, monkeypatch, composed):
    """Not in the error of the connection that is its cause."""
    monkeypatch.setattr(vgg_weights, "ZOO", "http://127.0.0.1:1/")
    with (
        pytest.raises(SystemExit, match=r"^error: http://127\.0\.0\.1:1/vgg19.*perceptual\.weights=FILE$"),
        one_line_errors(),
    ):
        instantiate(composed("perceptual=before").objective)


# --- options ----------------------------------------------------------------------------------------------------------

L1, MSE = nn.L1Loss, nn.MSELoss
OPTIONS = {
    "before": (19, {"conv5_4": 1}, L1),
    "after": (19, {"relu5_4": 1}, L1),
    "vgg54": (19, {"relu5_4": 0.006}, MSE),
    "vgg22": (19, {"relu2_2": 0.006}, MSE),
    "multilayer": (19, {"conv1_2": 0.1, "conv2_2": 0.1, "conv3_4": 1, "conv4_4": 1, "conv5_4": 1}, L1),
    "minc": (16, {"conv5_3": 1}, L1),
    "vgg16": (16, {"conv5_3": 1}, L1),
    "embedded": (16, {"conv1_2": 0.005, "conv2_2": 0.005, "conv3_3": 0.05}, L1),
}


@pytest.fixture
def composed(tmp_path):
    """Composes a perceptual objective of the given words, with conf/ alone."""
    defaults = ["_self_", {"pixel": "l1"}, {"features": "vgg19"}, {"perceptual": "before"}, {"objective": "perceptual"}]
    primary = {"hydra": {"searchpath": [f"file://{CONF}"]}, "defaults": defaults, "usm": {}}
    (tmp_path / "conf").mkdir()
    OmegaConf.save(OmegaConf.create(primary), tmp_path / "conf" / "primary.yaml")

    def run(*overrides):
        with initialize_config_dir(str(tmp_path / "conf"), version_base="1.3"):
            return compose("primary", list(overrides))

    return run


@pytest.mark.parametrize("option", OPTIONS)
def test_options_are_the_papers_and_take_a_file(option, composed, tmp_path):
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


def test_none_leaves_the_term_out(composed):
    objective = instantiate(composed("perceptual=none").objective)
    assert list(objective) == ["pixel"]
    assert list(objective.compare(*images(2, 1, 3, 8, 8))) == ["pixel"]


def test_another_network_stands_in_for_the_layers_of_a_recipe(composed, shared):
    """features=embedded: conv5_4 is its conv3_3, relu2_2 its own, all times the factor; the rest is the recipe's."""
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
    file = shared / "weights" / "vgg16_hed_features.safetensors"
    loss = instantiate(composed("perceptual=before", "features=vgg16", f"features.weights={file}").perceptual)
    deep = VGG(["conv5_3"], file, depth=16)
    with torch.no_grad():
        torch.testing.assert_close(loss(sr, hr), L1()(deep(sr)["conv5_3"], deep(hr)["conv5_3"]))
    assert loss.smallest == 16


def test_minc_asks_for_its_file(composed):
    assert OmegaConf.is_missing(composed("perceptual=minc").perceptual, "weights")


@pytest.mark.parametrize("words", [["perceptual=embedded"], ["perceptual=before", "features=embedded"]])
def test_the_embedded_loss_of_a_bicubic_enlargement_is_about_one(shared, composed, words):
    """So that the weights of ESRGAN's eq. 3 suit it."""
    loss = instantiate(composed(*words).perceptual)
    for i in (1, 2):
        hr = image.read(shared / "data" / "benchmarks" / "Set5" / "HR" / f"img_00{i}.png")[None]
        with torch.no_grad():
            assert 0.5 < loss(bicubic(bicubic(hr, 0.25), 4), hr) < 2
