"""The export command: tensor names that other programs expect, and ONNX graphs with equal outputs."""

import sys
from functools import partial

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from safetensors.torch import load_file
from torch import nn

from sr_lightning import weights
from sr_lightning.cli.config import CONF, plain
from sr_lightning.commands.export import export
from sr_lightning.errors import InputError
from sr_lightning.generators import (
    RRDB,
    SRCNN,
    Compact,
    Head,
    Interpolation,
    MSRResNet,
    Nearest,
    ResidualBlock,
    Shuffle,
    Tail,
    TrunkGenerator,
)
from sr_lightning.ops import resize
from sr_lightning.system import tensor_files
from sr_lightning.weights.onnx import BicubicConvolution
from tests.support.networks import equal, outputs, rrdbnet

NORMALIZED = partial(ResidualBlock, norm=nn.BatchNorm2d)
HIDDEN = partial(Tail, hidden=True)


def basicsr_names(depth):
    """Return the tensor names of BasicSR's RRDBNet, from its definition."""
    blocks = [f"body.{n}.rdb{k}.conv{j}" for n in range(depth) for k in (1, 2, 3) for j in (1, 2, 3, 4, 5)]
    layers = ["conv_first", *blocks, "conv_body", "conv_up1", "conv_up2", "conv_hr", "conv_last"]
    return {f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")}


def save(path, network):
    """Write the network's weights under the key ``params``, as BasicSR's training does."""
    tensor_files.write(path, {"params": weights.to_basicsr(network)})
    return path


@pytest.mark.parametrize("words", [["model=esrgan"], ["generator=compact"], ["generator=msrresnet"],
                                   ["model=rrdb_psnr", "generator=unshuffled", "scale=2"]])  # fmt: skip
def test_checkpoints_of_the_standard_models_can_be_exported(tmp_path, words):
    """The exported file gives the network of the checkpoint back."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [*words, "name=test", "generator.width=4", "generator.depth=2"])
    recipe = plain(config.generator)
    network = instantiate(config.generator).eval()
    state = {f"generator.{name}": value for name, value in network.state_dict().items()}
    tensor_files.write(tmp_path / "a.ckpt", {"hyper_parameters": {"generator": recipe}, "state_dict": state})
    export(str(tmp_path / "a.ckpt"), tmp_path / "a.safetensors")
    assert equal(network, weights.load(tmp_path / "a.safetensors"))


def test_tensor_names_are_those_that_other_programs_expect(command, tmp_path):
    """23 blocks have 702 tensors; in .pth they are below ``params_ema``, as Real-ESRGAN's script expects."""
    network = rrdbnet(depth=23)
    save(tmp_path / "a.pth", network)
    command("export", "a.pth", "--output", "out/b.safetensors")
    command("export", "a.pth", "--output", "out/b.pth")
    plain, wrapped = load_file(tmp_path / "out" / "b.safetensors"), tensor_files.read(tmp_path / "out" / "b.pth")
    assert plain.keys() == wrapped["params_ema"].keys() == basicsr_names(23)
    assert (len(plain), list(wrapped)) == (702, ["params_ema"])
    for file in ("b.pth", "b.safetensors"):
        assert equal(network, weights.load(tmp_path / "out" / file))
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["b.pth", "b.safetensors"]


@pytest.mark.parametrize(
    "network",
    [rrdbnet(2, unshuffle=2), rrdbnet(1, unshuffle=4), rrdbnet(8, channels=1), Compact(4, 2, 3), MSRResNet(4, 2, 4)],
    ids=["unshuffled-x2", "unshuffled-x1", "x8", "compact", "msrresnet"],
)
def test_every_published_layout_is_written_and_read_back(tmp_path, network):
    path = tmp_path / "a.safetensors"
    tensor_files.write(path, weights.to_basicsr(network))
    assert equal(network.eval(), weights.load(path), network.channels)


@pytest.mark.parametrize(
    ("suffix", "start"), [(".SAFETENSORS", b""), (".PTH", b"PK"), (".Pth", b"PK"), (".ONNX", b"\b")]
)
def test_the_case_of_the_suffix_does_not_matter(command, tmp_path, suffix, start):
    network = Compact(4, 2, 3)
    save(tmp_path / "a.PTH", network)
    if suffix == ".ONNX":
        pytest.importorskip("onnx")
    command("export", "a.PTH", "--output", f"b{suffix}")
    assert [path.name for path in tmp_path.glob("b*")] == [f"b{suffix}"]
    assert (tmp_path / f"b{suffix}").read_bytes().startswith(start)
    if suffix != ".ONNX":
        assert equal(network, weights.load(tmp_path / f"b{suffix}"))


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_half_rounds_each_weight_to_float16(command, tmp_path, suffix):
    network = Compact(4, 2, 3)
    save(tmp_path / "a.pth", network)
    command("export", "a.pth", "--output", f"b{suffix}", "--half")
    content = tensor_files.read(tmp_path / f"b{suffix}")
    assert {value.dtype for value in content.get("params_ema", content).values()} == {torch.float16}
    loaded = weights.load(tmp_path / f"b{suffix}").state_dict()
    for name, value in network.state_dict().items():
        assert torch.equal(loaded[name], value.half().float())


def test_half_refuses_weights_beyond_its_range_and_onnx(command, tmp_path):
    network = Compact(4, 2, 3)
    with torch.no_grad():
        next(network.parameters())[0, 0, 0, 0] = 1e5
    save(tmp_path / "a.pth", network)
    with pytest.raises(SystemExit, match=r"b.pth: body.0.weight exceeds float16's range of 65504; write it without"):
        command("export", "a.pth", "--output", "b.pth", "--half")
    assert not (tmp_path / "b.pth").exists()
    with pytest.raises(SystemExit, match=r"b.onnx: --half is for .safetensors and .pth; leave it out"):
        command("export", "a.pth", "--output", "b.onnx", "--half")


@pytest.mark.parametrize(
    "network",
    [
        SRCNN(widths=(2, 2)),
        rrdbnet(scale=3),
        rrdbnet(skip=Interpolation("bicubic", 4)),
        TrunkGenerator(partial(RRDB, growth=2, norm=nn.BatchNorm2d), Nearest, tail=HIDDEN, width=4, depth=1),
        TrunkGenerator(partial(RRDB, growth=2, beta=0.1), Nearest, tail=HIDDEN, width=4, depth=1),
        TrunkGenerator(partial(RRDB, growth=2), Shuffle, tail=HIDDEN, width=4, depth=1),
        TrunkGenerator(ResidualBlock, Shuffle, width=4, depth=1),
    ],
    ids=["srcnn", "x3", "skip", "norm", "beta", "shuffle", "srresnet"],
)  # fmt: skip
def test_networks_without_a_published_layout_are_rejected(network):
    """Also if the names fit, but other programs would build a different network from them."""
    with pytest.raises(InputError, match=r"^no published layout for this network: only RRDBNet .* have one$"):
        weights.to_basicsr(network)


@pytest.mark.parametrize(
    ("network", "warning"),
    [
        (rrdbnet(2, unshuffle=2, growth=32), None),
        (Compact(4, 2, 3), None),
        (rrdbnet(growth=2), "chaiNNer and ComfyUI read RRDBNet only with block.growth=32, this one has 2"),
        (MSRResNet(4, 2, 4), "BasicSR reads MSRResNet, chaiNNer and ComfyUI do not"),
    ],
    ids=["rrdbnet", "compact", "growth", "msrresnet"],
)
def test_a_warning_names_the_programs_that_cannot_read_the_file(tmp_path, caplog, network, warning):
    source = save(tmp_path / "a.pth", network)
    export(str(source), tmp_path / "b.safetensors")
    export(str(source), tmp_path / "b.onnx")
    expected = [] if warning is None else [f"{tmp_path / 'b.safetensors'}: {warning}"]
    assert [record.getMessage() for record in caplog.records] == expected


ARCHITECTURES = {
    "srcnn": lambda: SRCNN(widths=(4, 3), scale=3),
    "srresnet": lambda: TrunkGenerator(NORMALIZED, Shuffle, partial(Head, kernel=9, activate=True),
                                       partial(Tail, kernel=9), nn.BatchNorm2d, width=4, depth=2),
    "rrdbnet": lambda: rrdbnet(),
    "rrdbnet with norm and skip": lambda: TrunkGenerator(partial(RRDB, growth=2, norm=nn.BatchNorm2d), Nearest, width=4,
                                                         depth=1, scale=2, skip=Interpolation("bicubic", 2)),
    "unshuffled x2": lambda: rrdbnet(2, unshuffle=2),
    "unshuffled x1": lambda: rrdbnet(1, unshuffle=4),
    "compact": lambda: Compact(4, 2, 4),
    "msrresnet": lambda: MSRResNet(4, 2, 4),
    "gray": lambda: Compact(4, 1, 2, channels=1),
    "bicubic": lambda: Interpolation("bicubic", 4),
    "bilinear": lambda: Interpolation("bilinear", 3),
    "nearest": lambda: Interpolation("nearest", 2),
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_onnx_gives_equal_outputs_for_any_batch_and_image_size(tmp_path, name):
    onnxruntime = pytest.importorskip("onnxruntime")
    network = ARCHITECTURES[name]().eval()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.uniform_(-1, 1)
            layer.running_var.uniform_(0.5, 2)
    weights.write_onnx(tmp_path / "a.onnx", network)
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx", providers=["CPUExecutionProvider"])
    for shape in [(1, 16, 12), (3, 7, 5), (2, 1, 1)]:
        lr = torch.rand(shape[0], getattr(network, "channels", 3), *shape[1:])
        with torch.no_grad():
            expected = network(lr)
        (sr,) = session.run(["sr"], {"lr": lr.numpy()})
        torch.testing.assert_close(torch.from_numpy(sr), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("scale", [1, 2, 3, 4, 8])
def test_bicubic_as_a_convolution_equals_the_resize(scale):
    for height, width in [(1, 1), (2, 3), (9, 16)]:
        image = torch.rand(2, 3, height, width)
        expected = resize.bicubic(image, scale)
        torch.testing.assert_close(BicubicConvolution(scale)(image), expected, rtol=0, atol=5e-6)


def test_writing_onnx_does_not_change_the_network(tmp_path):
    pytest.importorskip("onnx")
    network = SRCNN(widths=(2, 2)).train().to(torch.float64)
    weights.write_onnx(tmp_path / "a.onnx", network)
    assert network.training
    assert isinstance(network.enlarge, Interpolation)
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float64}
    assert len(outputs(network.float())) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.ckpt", "--output", "a.pth"], "error: nowhere.ckpt: no such file"),
        (["a.pth", "--output", "a.zip"], "error: a.zip: unknown format; use .safetensors, .pth, .onnx"),
        (["a.pth", "--output", "./a.pth"], "error: a.pth: would overwrite an input; choose another --output"),
        (["a.pth", "--output", "a.pth/b.pth"], "error: a.pth/b.pth: cannot be written"),
        (["a.pth", "--output", "b.pth", "--kind", "ema"], None),
    ],
)
def test_wrong_arguments_are_reported_in_one_line(command, tmp_path, arguments, message):
    save(tmp_path / "a.pth", rrdbnet(depth=1))
    if message is None:
        command("export", *arguments)
        assert (tmp_path / "b.pth").is_file()
        return
    with pytest.raises(SystemExit) as error:
        command("export", *arguments)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.pth"]


def test_a_missing_onnx_package_is_reported_in_one_line(command, tmp_path, monkeypatch):
    save(tmp_path / "a.pth", rrdbnet(depth=1))
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(SystemExit, match=r"^error: a\.onnx: writing ONNX needs .* pip install 'sr_lightning\[onnx\]'$"):
        command("export", "a.pth", "--output", "a.onnx")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.pth"]
