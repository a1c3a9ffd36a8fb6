"""Weights of discriminators are loaded from published files and checkpoints; others end in one line."""

import hashlib

import pytest
import torch
from torch.nn import functional as F

from sr_lightning import weights
from sr_lightning.discriminators import PatchDiscriminator, UNetDiscriminator, VGGDiscriminator
from sr_lightning.errors import InputError
from sr_lightning.system import tensor_files
from sr_lightning.weights import published
from tests.support.configs import generator
from tests.support.published_unet import Published
from tests.support.runs import checkpoint
from tests.support.servers import Server

GAN = ("model=srgan_mse", "discriminator.width=4", "metrics=fidelity", "monitor=val/psnr_y", "iterations=2")


@pytest.fixture
def trained() -> Published:
    """Return a network after three training steps, so that its singular vectors differ from the initial ones."""
    torch.manual_seed(0)
    network = Published(4)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(3):
        optimizer.zero_grad()
        F.softplus(network(torch.rand(2, 3, 32, 32))).mean().backward()
        optimizer.step()
    return network


@pytest.mark.parametrize("wrapped", [True, False])
def test_published_weights_give_the_same_logits(trained, tmp_path, wrapped):
    """In evaluation, and in training, where each pass updates the singular vectors."""
    state = trained.state_dict()
    assert {"conv0.bias", "conv1.weight_orig", "conv1.weight_u", "conv1.weight_v", "conv9.weight"} < state.keys()
    tensor_files.write(tmp_path / "netD.pth", {"params": state} if wrapped else state)
    network = UNetDiscriminator(4)
    weights.load_discriminator_into(network, tmp_path / "netD.pth")
    image = torch.rand(2, 3, 24, 40)
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(image), trained.eval()(image), rtol=0, atol=1e-6)
        for _ in range(3):
            torch.testing.assert_close(network.train()(image), trained.train()(image), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "make", [lambda: UNetDiscriminator(4), lambda: VGGDiscriminator(32, 4), lambda: PatchDiscriminator(4)]
)
def test_weights_under_the_names_of_the_network_are_loaded(make, tmp_path):
    one, other = make(), make()
    one(torch.rand(2, 3, 32, 32))
    tensor_files.write(tmp_path / "own.pth", one.state_dict())
    weights.load_discriminator_into(other, tmp_path / "own.pth")
    for name, value in one.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name


@pytest.mark.parametrize("published_names", [True, False])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda w: {"model_state_dict": w, "epoch": 3},
        lambda w: {"state_dict": {f"module.{name}": value for name, value in w.items()}},
        lambda w: {f"netD.module.{name}": value for name, value in w.items()} | {"netG.conv_first.bias": torch.ones(2)},
        lambda w: {"g": {"conv_first.bias": torch.ones(2)}, "d": w},
        lambda w: {"checkpoint": {"weights": w}},
    ],
)
def test_wrappers_of_any_name_are_removed(trained, tmp_path, wrap, published_names):
    network = UNetDiscriminator(4)
    weights.load_discriminator_into(network, save(tmp_path / "netD.pth", trained.state_dict()))
    state = trained.state_dict() if published_names else network.state_dict()
    other = UNetDiscriminator(4)
    weights.load_discriminator_into(other, save(tmp_path / "wrapped.pth", wrap(state)))
    assert all(torch.equal(other.state_dict()[name], value) for name, value in network.state_dict().items())


def save(path, content):
    tensor_files.write(path, content)
    return path


def test_published_discriminators_are_downloaded_by_name(server: Server, trained, tmp_path, monkeypatch):
    """Once, into the cache; names of generators and of discriminators are not confused."""
    tensor_files.write(tmp_path / "netD.pth", {"params": trained.state_dict()})
    server.content = (tmp_path / "netD.pth").read_bytes()
    entry = published.Published(server.url)
    monkeypatch.setitem(published.DISCRIMINATORS, "realesrgan-x4plus-discriminator", entry)
    monkeypatch.setattr(published, "user_cache", lambda: tmp_path / "cache" / "sr_lightning")
    for source, init in (("realesrgan-x4plus-discriminator", None), ("auto", "realesrgan-x4plus")):
        path = weights.locate_discriminator(source, init)
        assert path.read_bytes() == server.content
        weights.load_discriminator_into(UNetDiscriminator(4), path)
    assert path == tmp_path / "cache" / "sr_lightning" / "weights" / "realesrgan-x4plus-discriminator.pth"
    assert len(server.seen) == 1
    with pytest.raises(InputError, match=r"not one of the published discriminators .*x2plus-discriminator"):
        weights.locate_discriminator("realesrgan-x4plus")
    with pytest.raises(InputError, match="not one of the published models"):
        weights.load("realesrgan-x4plus-discriminator")


def test_the_table_of_discriminators_is_complete():
    """There are no independent records of their checksums."""
    models = published.DISCRIMINATORS
    assert {name: model.url.removeprefix(published.REAL_ESRGAN) for name, model in models.items()} == {
        "realesrgan-x4plus-discriminator": "/v0.2.2.3/RealESRGAN_x4plus_netD.pth",
        "realesrgan-x2plus-discriminator": "/v0.2.2.3/RealESRGAN_x2plus_netD.pth",
        "realesrgan-x4plus-anime-6b-discriminator": "/v0.2.2.4/RealESRGAN_x4plus_anime_6B_netD.pth",
    }
    assert {model.sha256 for model in models.values()} == {None}
    assert {name.removesuffix("-discriminator") for name in models} < weights.PUBLISHED.keys()


def test_both_networks_are_loaded_from_a_checkpoint(train):
    """The generator's averaged and the discriminator's raw weights; the new run records both files."""
    first = train("first", *GAN, "init=null")
    source = first / "checkpoints" / "last.ckpt"
    for name, words in {"auto": ["init_discriminator=auto"], "file": [f"init_discriminator={source}"]}.items():
        run = train(name, *GAN, f"init={source}", *words, "iterations=1", "optimizer.lr=1e-30")
        before, after = (checkpoint(folder)["state_dict"] for folder in (first, run))
        names = dict(VGGDiscriminator(32, 4).named_parameters(prefix="discriminator"))
        assert all(torch.equal(before[name], after[name]) for name in names)
        origin = {"file": str(source), "sha256": hashlib.sha256(source.read_bytes()).hexdigest()}
        assert checkpoint(run)["hyper_parameters"]["started_from"] == origin | {"discriminator": origin}
    new = train("new", *GAN, f"init={source}", "iterations=1", "optimizer.lr=1e-30")
    assert "discriminator" not in checkpoint(new)["hyper_parameters"]["started_from"]
    assert not torch.equal(checkpoint(new)["state_dict"]["discriminator.dense.1.weight"], before[
        "discriminator.dense.1.weight"])  # fmt: skip


def test_the_discriminator_alone_can_have_initial_weights(train):
    """The record of the file is kept when the run is resumed."""
    source = train("first", *GAN, "init=null") / "checkpoints" / "last.ckpt"
    words = [*GAN, "init=null", f"init_discriminator={source}", "callbacks.checkpoints.every=1"]
    run = train("run", *words)
    resumed = train("resumed", *words, f"resume={run}/checkpoints/iteration-1.ckpt")
    origins = [checkpoint(folder)["hyper_parameters"]["started_from"] for folder in (run, resumed)]
    assert origins[0] == origins[1]
    assert origins[0].keys() == {"discriminator"}


@pytest.fixture
def files(trained, tmp_path):
    """Return a folder with files of several kinds."""
    contents = {
        "netD.pth": {"params": trained.state_dict()},
        "generator.pth": {"params_ema": weights.to_basicsr(generator("model=rrdb_psnr", "block.growth=4"))},
        "pixel.ckpt": {"state_dict": {"generator.head.0.weight": torch.ones(1)}},
        "broken.pth": {"params": trained.state_dict() | {"conv3.weight_u": torch.full((32,), float("nan"))}},
        "more.pth": {"params": trained.state_dict() | {"conv10.weight": torch.ones(1)}},
        "empty.pth": {},
    }
    for name, content in contents.items():
        tensor_files.write(tmp_path / name, content)
    (tmp_path / "text.pth").write_text("nothing")
    return tmp_path


@pytest.mark.parametrize(
    ("network", "file", "message"),
    [
        (UNetDiscriminator(4), "none.pth", r"none\.pth: no such file$"),
        (UNetDiscriminator(4), "text.pth", r"text\.pth: not a readable file of weights"),
        (UNetDiscriminator(4), "generator.pth", r"generator\.pth: not a UNetDiscriminator: found conv_first\.weight"),
        (UNetDiscriminator(4), "pixel.ckpt", r"pixel\.ckpt: holds no discriminator"),
        (UNetDiscriminator(4), "empty.pth", r"empty\.pth: holds no discriminator"),
        (
            UNetDiscriminator(8),
            "netD.pth",
            r"conv0\.weight is \(4, 3, 3, 3\) in the file and \(8, 3, 3, 3\) in .*width",
        ),
        (UNetDiscriminator(4), "broken.pth", r"broken\.pth: conv3\.weight_u has non-finite values"),
        (UNetDiscriminator(4), "more.pth", r"more\.pth: .*conv10\.weight is \(1,\) in the file and missing in"),
        (VGGDiscriminator(32, 4), "netD.pth", r"netD\.pth: not a VGGDiscriminator: found conv0\.weight \(4, 3, 3, 3\)"),
        (PatchDiscriminator(4), "netD.pth", r"netD\.pth: not a PatchDiscriminator"),
    ],
)
def test_files_of_other_networks_end_in_one_line(files, network, file, message):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(InputError, match=message) as error:
        weights.load_discriminator_into(network, files / file)
    assert "\n" not in str(error.value)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["init=null", "init_discriminator=auto"], "init_discriminator=auto: init names no file"),
        (["init_discriminator=auto"], "init_discriminator=auto: init names no file"),
        (["init=generator.pth", "init_discriminator=auto"], "init_discriminator=auto: generator.pth holds no discrim"),
        (
            ["init=realesrnet-x4plus", "init_discriminator=auto"],
            "init_discriminator=auto: no discriminator was published with",
        ),
        (["init=null", "init_discriminator=none.pth"], "none.pth: no such file"),
        (["init=null", "init_discriminator=netD.pth"], "netD.pth: not a VGGDiscriminator: found conv0.weight"),
        (["model=srresnet", "init_discriminator=netD.pth"], "init_discriminator: works in adversarial training only"),
    ],
)
def test_wrong_settings_of_init_discriminator_end_in_one_line(train, files, words, message):
    """Before the first stage is trained."""
    with pytest.raises(SystemExit) as error:
        train("run", *GAN, *words)
    assert str(error.value).startswith(f"error: {message}"), error.value
    assert "\n" not in str(error.value)
    assert not (files / "cache" / "warm_starts").exists()
