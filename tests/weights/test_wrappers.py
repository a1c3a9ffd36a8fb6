"""Weights are found in wrappers of any name and depth, averaged or raw as asked."""

import re
from itertools import product

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from sr_lightning import weights
from sr_lightning.errors import InputError
from sr_lightning.generators import SRCNN, Compact, MSRResNet
from sr_lightning.system import tensor_files
from tests.support.networks import RECIPE, described, equal, esrgan_layout, rrdbnet
from tests.weights.test_architectures import old


def basicsr(network):
    return weights.to_basicsr(network)


NETWORKS = {
    "rrdbnet": (rrdbnet(depth=2), basicsr),
    "rrdbnet of the first release": (rrdbnet(depth=2), lambda network: esrgan_layout(basicsr(network))),
    "rrdbnet of the first code": (rrdbnet(depth=2), lambda network: old(basicsr(network), 2, (3, 6, 8, 10))),
    "compact": (Compact(4, 2, 2).eval(), nn.Module.state_dict),
    "msrresnet": (MSRResNet(4, 1, 2).eval(), nn.Module.state_dict),
}


def halves(tensors):
    return {name: value / 2 for name, value in tensors.items()}


def prefixed(prefix, tensors):
    return {f"{prefix}.{name}": value for name, value in tensors.items()}


DISCRIMINATOR = {"conv0.weight": torch.ones(2, 3, 3, 3), "body.0.bias": torch.ones(2)}
WRAPPERS = {
    "none": lambda w: w,
    **{
        name: lambda w, name=name: {name: w, "epoch": 3, "optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}}}
        for name in ("model", "net", "model_state_dict", "state_dict", "params", "generator", "G", "netG", "weights",
                     "gen_weights", "network_g", "sr_model", "Model State", "ckpt.final")
    },
    **{
        f"{name}.": lambda w, name=name: {"state_dict": prefixed(name, w)}
        for name in ("module", "netG", "net_g", "generator", "model", "net", "_orig_mod", "sr", "netG.module",
                     "model._orig_mod.module", "G.model")
    },
    "flat netG": lambda w: prefixed("netG", w),
    "beside a discriminator": lambda w: prefixed("netG", w) | prefixed("netD", DISCRIMINATOR),
    "beside a discriminator in mappings": lambda w: {"g": w, "d": DISCRIMINATOR, "iter": 5},
    "nested": lambda w: {"checkpoint": {"network": {"weights": prefixed("module", w)}}, "seed": torch.ones(1)},
    "a step counter beside it": lambda w: {"state_dict": {**prefixed("model", w), "step": torch.tensor(3)}},
}  # fmt: skip


@pytest.mark.parametrize(("wrapper", "network"), list(product(WRAPPERS, NETWORKS)))
def test_every_layout_is_found_in_every_wrapper(tmp_path, wrapper, network):
    generator, published = NETWORKS[network]
    torch.save(WRAPPERS[wrapper](published(generator)), tmp_path / "a.pth")
    assert equal(generator, weights.load(tmp_path / "a.pth"))
    assert equal(generator, weights.load(tmp_path / "a.pth", "raw"))


@pytest.mark.parametrize("suffix", [".pth", ".PTH", ".pt", ".ckpt", ".safetensors", ".SAFETENSORS", ".bin", ""])
@pytest.mark.parametrize("prefix", ["", "netG.", "model."])
def test_suffixes_do_not_matter(tmp_path, suffix, prefix):
    generator, published = NETWORKS["rrdbnet"]
    tensors = {prefix + name: value for name, value in published(generator).items()}
    kind = ".safetensors" if "safe" in suffix.lower() else ".pth"
    tensor_files.write(tmp_path / f"b{kind}", tensors)
    (tmp_path / f"b{kind}").rename(tmp_path / f"a{suffix}")
    assert equal(generator, weights.load(tmp_path / f"a{suffix}"))


AVERAGES = {
    "params_ema": lambda w, ema: {"params": w, "params_ema": ema},
    "params-ema": lambda w, ema: {"params-ema": ema, "params": w},
    "generator_ema.": lambda w, ema: {"state_dict": prefixed("generator", w) | prefixed("generator_ema", ema)},
    "netG_EMA.": lambda w, ema: prefixed("netG_EMA", ema) | prefixed("netG", w),
    "ema.": lambda w, ema: {"state_dict": prefixed("model", w) | prefixed("ema.module", ema)},
    "modelEma": lambda w, ema: {"model": w, "modelEma": ema},
    "g_ema": lambda w, ema: {"g": w, "d": DISCRIMINATOR, "g_ema": ema},
    "state_dict_ema": lambda w, ema: {"state_dict": w, "state_dict_ema": ema},
    "ema_model": lambda w, ema: prefixed("online_model", w) | prefixed("ema_model", ema) | {"step": torch.ones(1)},
    "averaged": lambda w, ema: {"net": w, "averaged_net": {"n_averaged": 3, "module": ema}},
    "this library": lambda w, ema: {
        "state_dict": prefixed("generator", w) | prefixed("discriminator", DISCRIMINATOR),
        "ema": {"updates": 3, "generator": ema},
    },
    "Lightning's WeightAveraging": lambda w, ema: {
        "state_dict": prefixed("generator", ema), "current_model_state": prefixed("generator", w),
        "averaging_state": {"n_averaged": torch.ones(())},
    },
}  # fmt: skip


@pytest.mark.parametrize(("average", "network"), list(product(AVERAGES, NETWORKS)))
def test_the_average_is_given_unless_raw_weights_are_asked_for(tmp_path, average, network):
    generator, published = NETWORKS[network]
    tensors = published(generator)
    for first, second, kind in ((halves(tensors), tensors, "ema"), (tensors, halves(tensors), "raw")):
        torch.save(AVERAGES[average](first, second), tmp_path / "a.pth")
        assert equal(generator, weights.load(tmp_path / "a.pth", kind))


def test_a_file_with_averaged_weights_only_says_so(tmp_path):
    generator, published = NETWORKS["rrdbnet"]
    torch.save({"state_dict": prefixed("g_ema", published(generator))}, tmp_path / "a.pth")
    assert equal(generator, weights.load(tmp_path / "a.pth"))
    with pytest.raises(InputError, match=r"averaged weights only \(state_dict.g_ema\); use kind=ema"):
        weights.load(tmp_path / "a.pth", "raw")


def test_the_state_of_an_averaged_model_is_read(tmp_path):
    network = Compact(3, 1, 2)
    torch.save(AveragedModel(network).state_dict(), tmp_path / "a.pth")
    assert equal(network, weights.load(tmp_path / "a.pth"))


def test_several_networks_of_equal_rank_are_refused(tmp_path):
    generator, published = NETWORKS["rrdbnet"]
    torch.save(prefixed("netG_A", published(generator)) | prefixed("netG_B", published(generator)), tmp_path / "a.pth")
    with pytest.raises(InputError, match=r"several networks \(netG_A, netG_B\); save the weights of one alone"):
        weights.load(tmp_path / "a.pth")


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_training_starts_from_weights_in_every_wrapper(tmp_path, wrapper):
    """Also from weights with the parameter names of the network, which need no published layout."""
    for trained, new in ((SRCNN(widths=(2, 2)), SRCNN(widths=(2, 2))), (described(), described())):
        torch.save(WRAPPERS[wrapper](trained.state_dict()), tmp_path / "a.pth")
        weights.load_into(new.eval(), tmp_path / "a.pth")
        assert equal(trained.eval(), new, trained.channels)


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_described_network_takes_its_weights_from_every_wrapper(tmp_path, wrapper):
    network = described().eval()
    content = {**WRAPPERS[wrapper](network.state_dict()), "hyper_parameters": {"generator": RECIPE}}
    torch.save(content, tmp_path / "a.ckpt")
    assert equal(network, weights.load(tmp_path / "a.ckpt"), network.channels)


def test_parts_of_a_network_are_no_network(tmp_path):
    """The blocks of SRResNet have names like those of SRVGGNetCompact."""
    torch.save(described().state_dict(), tmp_path / "a.pth")
    with pytest.raises(InputError, match="parameter names of this library"):
        weights.load(tmp_path / "a.pth")
    torch.save(SRCNN().state_dict(), tmp_path / "b.pth")
    with pytest.raises(InputError, match="parameter names of this library"):
        weights.load(tmp_path / "b.pth")


def test_a_mapping_that_contains_itself_ends(tmp_path):
    content = {"a": torch.ones(1)}
    content.update({f"{number}x": content for number in range(50)})
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(InputError, match=re.escape("unknown network: found a (1,)")):
        weights.load(tmp_path / "a.pth")
