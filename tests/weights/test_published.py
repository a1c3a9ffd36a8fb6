"""Published models are downloaded once by name, verified, and resumed after an interruption."""

import hashlib
import io
import re
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch
from PIL import Image

from sr_lightning import image, upscale_image, weights
from sr_lightning.errors import InputError
from sr_lightning.generators import Compact
from sr_lightning.metrics import LPIPS
from sr_lightning.ops import quantize, resize
from sr_lightning.system import tensor_files
from sr_lightning.weights import published
from tests.support.servers import Server


@pytest.fixture
def tiny(server: Server, tmp_path, monkeypatch):
    """Offer a network of 1 MB as ``tiny-x2`` on a local server, with an empty cache; return the network."""
    network = Compact(100, 11, 2).eval()
    tensor_files.write(tmp_path / "tiny.pth", {"params": network.state_dict()})
    server.content = (tmp_path / "tiny.pth").read_bytes()
    entry = published.Published(server.url, len(server.content), hashlib.sha256(server.content).hexdigest())
    monkeypatch.setitem(published.PUBLISHED, "tiny-x2", entry)
    monkeypatch.setattr(published, "user_cache", lambda: tmp_path / "cache" / "sr_lightning")
    return network


def test_an_interrupted_download_is_resumed_and_cached(server: Server, tiny, tmp_path):
    server.stop_after = [400_000, 300_000]
    loaded = weights.load("tiny-x2")
    assert all(torch.equal(value, loaded.state_dict()[name]) for name, value in tiny.state_dict().items())
    assert len(server.seen) == 3
    assert 0 < int(server.seen[1][6:-1]) < int(server.seen[2][6:-1])
    network = Compact(100, 11, 2)
    weights.load_into(network, "tiny-x2")
    assert len(server.seen) == 3
    assert weights.locate("tiny-x2") == tmp_path / "cache" / "sr_lightning" / "weights" / "tiny-x2.pth"


def test_a_file_with_a_wrong_checksum_is_deleted(server: Server, tiny):
    right, server.content = server.content, b"<html>" + server.content[6:]
    with pytest.raises(InputError, match=r"sha256 is .* The download is deleted"):
        weights.load("tiny-x2")
    server.content = right
    assert weights.load("tiny-x2").scale == 2


def test_the_error_for_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError, match=r"^realesrgan: no such file, and not one of .* realesrgan-x4plus, realesrnet"):
        weights.load("realesrgan")
    with pytest.raises(InputError, match=r"^nowhere/a\.pth: no such file$"):
        weights.load("nowhere/a.pth")


def test_the_table_is_complete():
    assert sorted(weights.PUBLISHED) == [
        "esrgan-x4", "realesr-animevideov3", "realesr-general-wdn-x4v3", "realesr-general-x4v3",
        "realesrgan-x2plus", "realesrgan-x4plus", "realesrgan-x4plus-anime-6b", "realesrnet-x4plus", "rrdb-psnr-x4",
    ]  # fmt: skip
    for name, model in weights.PUBLISHED.items():
        url = urlsplit(model.url)
        assert (url.scheme, url.netloc) == ("https", "github.com")
        assert url.path.endswith(".pth")
        assert model.sha256 is None or re.fullmatch("[0-9a-f]{64}", model.sha256), name
    assert "-" + weights.PUBLISHED["esrgan-x4"].sha256[:8] in weights.PUBLISHED["esrgan-x4"].url
    assert [name for name, model in weights.PUBLISHED.items() if model.sha256 is None] == ["rrdb-psnr-x4"]


def test_the_network_of_the_package_is_small_and_in_a_published_layout():
    """SRVGGNetCompact in float16 under its authors' names, so that other programs read it too."""
    path = published.locate(published.SMALL)
    assert path.stat().st_size < 2e6
    tensors = tensor_files.read(path)
    assert {value.dtype for value in tensors.values()} == {torch.float16}
    assert tensors.keys() == Compact().state_dict().keys()
    network = weights.load(published.SMALL)
    assert (network.scale, network.channels) == (4, 3)


@pytest.mark.parametrize("name", ["Set5/HR/img_003", "Set14/HR/img_006", "B100/HR/img_013"])
def test_the_network_of_the_package_has_a_lower_lpips_than_bicubic_on_compressed_photographs(shared, name):
    hr = image.read(shared / "data" / "benchmarks" / f"{name}.png")
    small = quantize.to_uint8(resize.bicubic(hr[None], 1 / 4)[0]).permute(1, 2, 0).numpy()
    content = io.BytesIO()
    Image.fromarray(small).save(content, "JPEG", quality=60)
    with Image.open(content) as file:
        lr = np.array(file)
    lpips = LPIPS()
    enlarged = [
        image.from_pil(Image.fromarray(upscale_image(lr, network))).color for network in ("bicubic", "small-x4")
    ]
    bicubic, small_x4 = (float(lpips(sr[None], hr[None])) for sr in enlarged)
    assert small_x4 < bicubic
