"""Weights of feature extractors are checked, whether embedded, downloaded or given as a file."""

import threading

import pytest
import torch
from safetensors.torch import load_file, save_file

from sr_lightning.errors import InputError
from sr_lightning.features import embedded, pretrained
from sr_lightning.features.vgg import CONVOLUTIONS
from tests.support.feature_weights import (
    POSITIONS,
    Code,
    images,
    offer,
    perceptual,
    pretend,
    saved,
)


def test_embedded_weights_equal_torchvisions(shared):
    genuine = load_file(shared / "weights" / "vgg16_features.safetensors")
    ours = load_file(embedded())
    assert len(ours) == 14  # weights and biases of seven convolutions
    assert all(torch.equal(value, genuine[name]) for name, value in ours.items())


def test_files_of_all_layouts_and_precisions_give_the_same_loss(tmp_path):
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
        saved(tmp_path / "complete.pth", {**ours, "classifier.0.weight": torch.zeros(2, 2)}),
    ]
    sr, hr = images(2, 1, 3, 16, 16)
    expected = perceptual()(sr, hr)
    for file in files:
        assert torch.equal(perceptual(weights=str(file))(sr, hr), expected), file


def changed(weights, name, value):
    """Return the weights with one tensor added, replaced or, for None, removed."""
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
def test_the_error_names_the_wrong_weight(tmp_path, name, value, message):
    file = saved(tmp_path / "wrong.pth", changed(load_file(embedded()), name, value))
    with pytest.raises(InputError, match=rf"^{file}: not the weights of this network: {message}.*features\.N$"):
        perceptual(weights=file)


def test_weights_of_other_networks_are_errors(tmp_path):
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


def test_imagenet_weights_are_downloaded_once_to_the_folder_of_torch_hub(zoo, monkeypatch, tmp_path):
    folder, requests = zoo
    offer(folder, monkeypatch)
    first = perceptual({"conv1_2": 1}, depth=19, weights=None)
    assert perceptual({"conv1_2": 1}, depth=19, weights=None)(*images(2, 1, 3, 8, 8)).item() == 0
    assert first.layers == {"conv1_2": 1}
    assert (tmp_path / "hub" / "checkpoints" / "vgg19.pth").is_file()
    assert len(requests) == 1


def test_concurrent_processes_download_once(zoo, monkeypatch):
    """The others wait for the file of the first."""
    folder, requests = zoo
    offer(folder, monkeypatch)
    threads = [threading.Thread(target=pretrained.imagenet, args=(19,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(requests) == 1


def test_file_names_contain_the_first_digits_of_their_checksums():
    assert pretrained.FILES.keys() == CONVOLUTIONS.keys()
    for depth, (name, sha256) in pretrained.FILES.items():
        assert name == f"vgg{depth}-{sha256[:8]}.pth"
        assert len(sha256) == 64


def test_a_file_with_a_wrong_checksum_is_deleted(zoo, monkeypatch, tmp_path):
    folder, _ = zoo
    offer(folder, monkeypatch, digest="0" * 64)
    with pytest.raises(InputError, match=r"sha256 is .*, expected 0{64}\. .* perceptual\.weights=FILE$"):
        perceptual({"conv1_2": 1}, depth=19, weights=None)
    assert not list((tmp_path / "hub" / "checkpoints").glob("vgg*"))


def test_pickled_code_in_a_download_is_not_executed(zoo, monkeypatch, tmp_path):
    folder, _ = zoo
    offer(folder, monkeypatch, content={"features.0.weight": Code(tmp_path / "ran")})
    with pytest.raises(InputError, match=r"it contains pickled code .*, which is not executed"):
        perceptual({"conv1_2": 1}, depth=19, weights=None)
    assert not (tmp_path / "ran").exists()
