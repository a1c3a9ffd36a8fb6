"""Batches are pairs in [0, 1], identical for every kind of storage, number of devices and file format."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lightning import LightningDataModule, Trainer
from PIL import Image

from sr_lightning import image
from sr_lightning.data import folder, paired, validation
from sr_lightning.data.batch import ImageBatches
from sr_lightning.data.datasets import Files
from sr_lightning.data.full_images import FullImages
from sr_lightning.degradations import Bicubic, Noise, RandomDegradation
from sr_lightning.errors import InputError
from sr_lightning.modules import SRDataModule
from sr_lightning.modules.benchmarks import Benchmarks
from sr_lightning.modules.data_summary import DataSummary, data_summary
from sr_lightning.ops import resize
from tests.support import photographs


def module(tmp_path, train, **changes) -> SRDataModule:
    settings = {"scale": 4, "crop": 24, "batch_size": 4, "cache": tmp_path / "cache", **changes}
    settings.setdefault("degradation", Bicubic(settings["scale"]))
    data = SRDataModule(train, lambda: validation(None), **settings)
    data.trainer = Trainer(accelerator="cpu", max_steps=3, logger=False, enable_checkpointing=False,
                           enable_progress_bar=False)  # fmt: skip
    data.prepare_data()
    data.setup("fit")
    return data


def batches(data):
    return [data.on_after_batch_transfer(batch, 0) for batch in data.train_dataloader()]


def test_lr_is_the_degraded_hr(tmp_path):
    photographs.folder(tmp_path / "images")
    for batch in batches(module(tmp_path, lambda: folder(tmp_path / "images"))):
        assert batch.hr.shape == (4, 3, 24, 24)
        assert batch.lr.shape == (4, 3, 6, 6)
        assert batch.hr.dtype == batch.lr.dtype == torch.float32
        torch.testing.assert_close(batch.hr * 255, (batch.hr * 255).round())
        expected = (resize.bicubic(batch.hr, 1 / 4).clamp(0, 1) * 255).round() / 255
        torch.testing.assert_close(batch.lr, expected)


@pytest.mark.parametrize("other", [{"resident": True}, {"store": False}, {"workers": 2}])
@pytest.mark.parametrize("pairs", [False, True])
def test_batches_are_identical_for_every_kind_of_storage(tmp_path, pairs, other):
    """Store on disk, store in device memory, no store, and worker processes."""
    hr, lr = tmp_path / "hr", tmp_path / "lr"
    for i in range(4):
        photographs.save(hr / f"{i}.png", 40 + 4 * i, 48 + 8 * i, seed=i)
        photographs.save(lr / f"{i}.png", 10 + i, 12 + 2 * i, seed=i)

    def train():
        return paired(hr, lr, 4) if pairs else folder(hr)

    plain, varied = (batches(module(tmp_path, train, **changes)) for changes in ({}, other))
    assert len(plain) == 3
    for first, second in zip(plain, varied, strict=True):
        for one, two in zip(first[:3], second[:3], strict=True):
            assert torch.equal(one, two)


def random(seed: int = 0) -> RandomDegradation:
    return RandomDegradation(4, {"noise": Noise(1, gaussian=0.5, sigma=[1, 30], scale=[0.05, 3], gray=0.4)}, seed)


@pytest.mark.parametrize("other", [{"resident": True}, {"store": False}, {"workers": 2}])
def test_random_degradations_are_identical_for_every_kind_of_storage(tmp_path, other):
    hr = photographs.folder(tmp_path / "hr")
    settings = ({}, other, {"degradation": random(1)})
    plain, same, reseeded = (
        batches(module(tmp_path, lambda: folder(hr), **{"degradation": random(), **changes})) for changes in settings
    )
    for first, second, third in zip(plain, same, reseeded, strict=True):
        assert torch.equal(first.lr, second.lr)
        assert torch.equal(first.hr, third.hr)
        assert not torch.equal(first.lr, third.lr)


def test_several_devices_and_resumed_runs_draw_the_same_samples(tmp_path):
    """Two devices get the two halves of each batch, and a resumed run gets the remaining batches."""
    hr = photographs.folder(tmp_path / "hr")
    complete = batches(module(tmp_path, lambda: folder(hr), degradation=random()))

    def loaded(**trainer):
        data = module(tmp_path, lambda: folder(hr), degradation=random())
        standard = {"global_step": 0, "max_steps": 3, "global_rank": 0, "world_size": 1}
        data.trainer = SimpleNamespace(**{**standard, **trainer}, strategy=data.trainer.strategy)
        return batches(data)

    halves = [loaded(global_rank=rank, world_size=2) for rank in (0, 1)]
    for batch, first, second in zip(complete, *halves, strict=True):
        assert torch.equal(batch.lr, torch.cat([first.lr, second.lr]))
    (resumed,) = loaded(global_step=2)
    assert torch.equal(resumed.lr, complete[2].lr)


def test_validation_sees_the_same_degraded_images_each_time(tmp_path):
    """Training in between and the order of the images have no influence."""
    hr = photographs.folder(tmp_path / "hr")
    data = module(tmp_path, lambda: folder(hr), degradation=random())
    first = [data.on_after_batch_transfer(item, 0) for item in data.val_dataloader()]
    batches(data)
    again = [data.on_after_batch_transfer(item, 0) for item in data.val_dataloader()]
    for one, two in zip(first, again, strict=True):
        assert torch.equal(one.lr, two.lr)
    items = [*data.val_dataloader()]
    last = ImageBatches(random())(items[-1])
    assert torch.equal(last.lr, first[-1].lr)
    assert len(set(map(str, random().draw([item.key for item in items])))) == len(items)


def test_lr_images_for_validation_are_computed_once(tmp_path, monkeypatch):
    """They are cached by path: a file of the same name in another folder is a different image."""
    for name in ("one", "two"):
        photographs.save(tmp_path / name / "a.png", 24, 32, seed=ord(name[0]))
    made, degrade = [], RandomDegradation.forward
    monkeypatch.setattr(RandomDegradation, "forward", lambda *words: made.append(1) or degrade(*words))
    files = {name: folder(tmp_path / name) for name in ("one", "two")}
    benchmarks = Benchmarks(files, random(), 4)
    looks = [[benchmarks.on_after_batch_transfer(next(iter(part)), number)
              for number, part in enumerate(benchmarks.test_dataloader())] for _ in range(3)]  # fmt: skip
    assert len(made) == 2
    for look in looks:
        for batch, first in zip(look, looks[0], strict=True):
            assert torch.equal(batch.lr, first.lr)
    plain = ImageBatches(random())(FullImages(files["two"], 4)[0])
    assert torch.equal(plain.lr, looks[2][1].lr)
    assert not torch.equal(looks[0][0].lr, looks[0][1].lr)


def test_recorded_pairs_are_not_degraded_again(tmp_path):
    photographs.save(tmp_path / "hr" / "a.png", 48, 64)
    photographs.save(tmp_path / "lr" / "ax4.png", 12, 16, seed=7)
    lr = image.read(tmp_path / "lr" / "ax4.png")
    for batch in batches(module(tmp_path, lambda: paired(tmp_path / "hr", tmp_path / "lr", 4), crop=48)):
        for sample in batch.lr:
            candidates = [lr[:, :, i : i + 12] for i in range(5)]
            turned = [t for c in candidates for k in range(4) for t in (c.rot90(k, (1, 2)), c.rot90(k, (1, 2)).flip(2))]
            assert any(torch.equal(sample, candidate) for candidate in turned)


def test_files_of_every_kind_train(tmp_path):
    """Gray, palette, CMYK, 16-bit, alpha and EXIF-rotated files all become RGB crops."""
    pixels = Image.fromarray(photographs.pixels(40, 60))
    root = tmp_path / "images"
    root.mkdir()
    pixels.convert("L").save(root / "gray.png")
    pixels.convert("P").save(root / "palette.png")
    pixels.convert("CMYK").save(root / "cmyk.jpg")
    pixels.convert("RGBA").save(root / "alpha.png")
    Image.fromarray(np.asarray(pixels.convert("L")).astype(np.uint16) * 257).save(root / "sixteen.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels.save(root / "turned.jpg", exif=exif)
    data = module(tmp_path, lambda: folder(root), batch_size=6)
    assert data.hr.sizes.tolist() == [[40, 60]] * 5 + [[60, 40]]
    gray, sixteen = (data.hr.crop(number, 0, 0, 24) for number in (2, 4))
    np.testing.assert_array_equal(gray, sixteen)
    for batch in batches(data):
        assert sorted(batch.image.tolist()) == list(range(6))
        assert batch.hr.isfinite().all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crop": 30}, r"data\.crop=30: must be a multiple of scale=4, e\.g\. data\.crop=28"),
        ({"crop": 2}, r"data\.crop=2"),
        ({"batch_size": 0}, r"data\.batch_size=0"),
        ({"resident": True, "store": False}, r"data\.store=true"),
        ({"crop": 64}, r"00\.png: 48x40 pixels are less than data\.crop=64, and so are 3 others; .*data\.crop=40"),
    ],
)
def test_invalid_settings_are_input_errors(tmp_path, changes, message):
    photographs.folder(tmp_path / "images")
    with pytest.raises(InputError, match=message):
        module(tmp_path, lambda: folder(tmp_path / "images"), **changes)


def test_the_batch_size_must_be_a_multiple_of_the_devices(tmp_path):
    photographs.folder(tmp_path / "images")
    data = module(tmp_path, lambda: folder(tmp_path / "images"), batch_size=3)
    data.trainer = type("Trainer", (), {"world_size": 2})()
    with pytest.raises(InputError, match=r"multiple of 2, e\.g\. data\.batch_size=4"):
        data.setup("fit")


def test_an_image_has_the_same_lr_image_in_every_data_set(tmp_path):
    """Random degradations depend on the file name, not on its position in the set or its format."""
    images = photographs.folder(tmp_path / "images", count=3)
    (tmp_path / "alone").mkdir()
    Image.open(images / "02.png").save(tmp_path / "alone" / "02.bmp")
    degradation = RandomDegradation(2, {"noise": Noise(1, 1, (20, 20), (1, 1), 0)})
    actual = {name: FullImages(folder(tmp_path / name), 2) for name in ("images", "alone")}
    lr = {name: ImageBatches(degradation)(part[len(part) - 1]).lr for name, part in actual.items()}
    assert torch.equal(lr["images"], lr["alone"])
    keys = [item.key for item in (actual["images"][number] for number in range(3))]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    ("pool", "message"), [(3, r"at least data\.batch_size=4"), ("many", "must be null or a whole")]
)
def test_an_invalid_pool_is_an_input_error(tmp_path, pool, message):
    with pytest.raises(InputError, match=message):
        module(tmp_path, lambda: folder(tmp_path), pool=pool)


@pytest.mark.parametrize(
    ("degradation", "fixed"),
    [(Bicubic(4), True), (RandomDegradation(4, {"noise": Noise(1, 1, (1, 9), (1, 1), 0)}), False)],
)
def test_the_summary_describes_the_training_and_validation_images(tmp_path, degradation, fixed):
    photographs.save(tmp_path / "a.png", 40, 60)
    photographs.save(tmp_path / "b.png", 32, 50)
    data = module(tmp_path, lambda: folder(tmp_path), degradation=degradation)
    data.smallest, data.validation_files = [(tmp_path / "c.png", 20, 24)], Files([tmp_path / "c.png"])
    summary = data_summary(SimpleNamespace(datamodule=data))
    assert summary == DataSummary([tmp_path / "a.png", tmp_path / "b.png"], 40 * 60 + 32 * 50, 4 * 24 * 24, fixed,
                                  [(tmp_path / "c.png", 20, 24)], [tmp_path / "c.png"])  # fmt: skip
    assert summary.training_names(torch.tensor([1, 1])) == [str(tmp_path / "b.png")]


def test_dataloaders_and_other_data_modules_have_no_summary():
    assert data_summary(SimpleNamespace(datamodule=None)) is None
    assert data_summary(SimpleNamespace(datamodule=LightningDataModule())) is None
