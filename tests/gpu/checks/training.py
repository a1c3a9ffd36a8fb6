"""Training on the device: crops, steps without synchronization, and bit-identical resumption."""

import tempfile
from pathlib import Path

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from sr_lightning.data.crop_store import CropStore, build
from sr_lightning.data.demo import TRAIN, demo_images
from sr_lightning.data.device_store import DeviceStore
from sr_lightning.system import tensor_files
from tests.benchmarks import library, published
from tests.benchmarks.networks import random_features
from tests.benchmarks.step import prepared
from tests.benchmarks.timing import default_device
from tests.gpu.checks.samples import crops, network
from tests.gpu.checks.waiting import without_waiting
from tests.gpu.commands import quoted
from tests.gpu.device import default_dtype
from tests.gpu.settings import Settings
from tests.gpu.stage import Row, at_most, holds

HALF = 2  # iterations before and after the checkpoint


def resident(settings: Settings) -> list[Row]:
    """Check that crops of the store in device memory equal those of the store on disk."""
    store, device = CropStore(build(demo_images(TRAIN[:2]), settings.cache)), default_device()
    places = [(0, 3, 5), (1, 100, 7), (0, 200, 301)]
    image, top, left = (torch.tensor(column, device=device) for column in zip(*places, strict=True))
    found = DeviceStore(store, device).crops(image, top, left, 64).permute(0, 2, 3, 1).cpu()
    expected = torch.stack([torch.tensor(store.crop(*place, 64)) for place in places])
    return [holds("crops of the resident store equal those of the store", torch.equal(found, expected))]


def waiting(settings: Settings) -> list[Row]:
    """Check that steps after the first do not wait for the device."""
    device, rows = default_device(), []
    lr, hr = (crop.to(device) for crop in crops(settings))
    for model in ("srresnet", "esrgan", "real_esrgan"):
        step = library.step(network(model, settings).to(device), published.fixed(lr, hr), default_dtype(device))
        step()
        rows.append(without_waiting(f"{model}: a step does not wait for the device", step, device))
    return rows


def resume(settings: Settings) -> list[Row]:
    """Check that a resumed run equals an uninterrupted one with deterministic kernels; others are only reported."""
    rows = []
    for model in ("srresnet", "real_esrgan"):
        title = f"{model}: tensors in a checkpoint that are different after a resume"
        different, largest = after_resume(model, settings)
        rows.append(at_most(title, different, 0) | ({"reason": f"by up to {largest:.2g}"} if different else {}))
        if not settings.small:
            different, _ = after_resume(model, settings, deterministic=False)
            rows.append({"check": f"{title}, with the default kernels", "value": different})
    return rows


def after_resume(model: str, settings: Settings, deterministic: bool = True) -> tuple[int, float]:
    """Return the number of tensors that differ after a resume, and the largest difference."""
    width, crop, batch = (8, 32, 2) if settings.small else (64, 96, 8)
    words = [
        *(f"model={model}", f"generator.width={width}", "generator.depth=1", f"discriminator.width={width}"),
        *(f"data.crop={crop}", f"data.batch_size={batch}", f"data.cache={quoted(settings.cache)}"),
        *("metrics=fidelity", f"+trainer.deterministic={'warn' if deterministic else 'false'}", *random_features()),
    ]
    with tempfile.TemporaryDirectory() as folder:
        middle, full, resumed = (Path(folder, f"{name}.ckpt") for name in ("middle", "full", "resumed"))
        try:
            run(words, HALF, middle)
            run(words, 2 * HALF, full)
            run(words, 2 * HALF, resumed, resume=middle)
        finally:
            torch.use_deterministic_algorithms(False)
        pairs = list(zip(tensors(full), tensors(resumed), strict=True))
    differences = [float((a.double() - b.double()).abs().max()) for a, b in pairs if not torch.equal(a, b)]
    return len(differences), max(differences, default=0.0)


def run(words: list[str], iterations: int, save: Path, resume: Path | None = None) -> None:
    """Train for a number of iterations and save a checkpoint."""
    trainer, module, data = prepared([*words, f"iterations={iterations}"], callbacks=("ema", "finite"))
    trainer.fit(module, data, ckpt_path=None if resume is None else str(resume), weights_only=True)
    trainer.save_checkpoint(save)


def tensors(path: Path) -> list[Tensor]:
    """Return the tensors of networks, optimizers and averaged weights in a checkpoint."""
    content = tensor_files.read(path)
    kept = [content[name] for name in ("state_dict", "optimizer_states", "ema")]
    return [leaf for leaf in tree_leaves(kept) if isinstance(leaf, Tensor)]
