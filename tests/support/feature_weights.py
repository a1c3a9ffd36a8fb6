"""Weights of feature networks, and a local server for them."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sr_lightning.features import VGG, embedded, pretrained
from sr_lightning.features.vgg import CONVOLUTIONS, WIDTHS
from sr_lightning.losses import Perceptual
from sr_lightning.system import transfer

LAYERS = {"conv1_2": 0.5, "conv2_2": 1, "conv3_3": 2}


POSITIONS = {  # of convolutions in torchvision's vgg16.features and vgg19.features
    16: [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28],
    19: [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34],
}


def perceptual(layers=None, distance=None, **options) -> Perceptual:
    """Return a perceptual loss with the embedded or the given weights."""
    options = {"weights": embedded(), "depth": 16, **options}
    weights = options.pop("weights")
    return Perceptual(partial(VGG, **options), layers or LAYERS, distance or nn.L1Loss(), weights)


def images(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def pretend(depth: int, stages: int = 5) -> dict[str, torch.Tensor]:
    """Return zeros with torchvision's names and shapes that share memory."""
    widths = [width for width, count in zip(WIDTHS, CONVOLUTIONS[depth], strict=True) for _ in range(count)]
    weights = {}
    for position, before, after in zip(POSITIONS[depth], [3, *widths], widths, strict=False):
        weights[f"features.{position}.weight"] = torch.zeros(()).expand(after, before, 3, 3)
        weights[f"features.{position}.bias"] = torch.zeros(()).expand(after)
    return dict(list(weights.items())[: 2 * sum(CONVOLUTIONS[depth][:stages])])


def saved(path, weights):
    torch.save(weights, path)
    return path


def independent(weights: dict[str, torch.Tensor], image: torch.Tensor) -> dict[str, torch.Tensor]:
    """Compute the features of VGG16, written out layer by layer. Returns name -> features."""
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


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """Serve a local model zoo; yields its folder and the list of requests."""
    folder, asked = tmp_path / "zoo", []
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, _, request, *__):
            asked.append(request)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        monkeypatch.setattr(pretrained, "ZOO", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
        monkeypatch.setattr(transfer, "PAUSE", 0)
        yield folder, asked
        server.shutdown()


def offer(folder, monkeypatch, digest=None, content=None) -> None:
    """Put a VGG19 up to conv1_2, or other content, into the zoo."""
    file = saved(folder / "vgg19.pth", content or pretend(19, stages=1))
    digest = digest or hashlib.sha256(file.read_bytes()).hexdigest()
    monkeypatch.setitem(pretrained.FILES, 19, (file.name, digest))


class Code:
    """An object whose unpickling runs code: it creates a file."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return type(self.file).touch, (self.file,)
