"""Composition of first stages, and the keys under which they are cached."""

import pytest
from omegaconf import DictConfig

from sr_lightning.cli.compose import compose
from sr_lightning.errors import InputError
from sr_lightning.sweeps.job import quoted
from sr_lightning.training import warm_start
from tests.support import photographs
from tests.support.runs import GAN, TINY, checkpoint, logged


def listed(*words: str) -> str:
    """Return a list of overrides as the value of an override."""
    return f"[{','.join(map(quoted, words))}]"


def stages(*words: str) -> list[DictConfig]:
    """Return the configurations of a run and of the stages before it, the last stage first."""
    configs = [compose("train", [*words, "name=test"])]
    while configs[-1].init == "warm_start":
        configs.append(warm_start.first_stage(configs[-1], compose))
    return configs


def stage_key(stage: DictConfig) -> str:
    return warm_start.stage_key(stage, compose)


OTHER_STAGES = [
    "seed=1", "data.crop=16", "generator.width=8", "degradation=second_order", "trainer.precision=bf16-mixed",
    "warm_start.iterations=9", "warm_start.overrides=['optimizer.lr=1']", "warm_start.overrides=['pixel=mse']",
    "warm_start.overrides=['callbacks.ema.decay=0.9']",
]  # fmt: skip


SAME_STAGE = [
    "gan=hinge", "weights.adversarial=1", "optimizer.lr=1", "perceptual=none", "discriminator=unet", "iterations=7",
    "validate_every=1", "data.validation=null", "data.workers=1", "data.resident=true", "trainer.devices=2",
    "name=other", "callbacks.ema.decay=0.9", "logger=tensorboard", "resume=auto",
]  # fmt: skip


def test_the_key_depends_on_all_that_determines_a_stage_and_on_nothing_else(photos, tmp_path, monkeypatch):
    """On the configuration, the training files and the version of the package."""

    def key(*words):
        exact = "trainer.precision=32-true"
        config = compose("train", [*TINY, *photos, *GAN, exact, "warm_start.iterations=3", *words, "name=test"])
        return stage_key(warm_start.first_stage(config, compose))

    one = key(*SAME_STAGE)
    assert key() == one
    keys = {one, *(key(word) for word in OTHER_STAGES)}
    assert len(keys) == 1 + len(OTHER_STAGES)
    monkeypatch.setattr("sr_lightning.training.warm_start.__version__", "another")
    assert key() not in keys
    monkeypatch.undo()
    assert key() == one
    photographs.save(tmp_path / "train" / "00.png", 40, 50, seed=9)
    assert key() not in keys
    with pytest.raises(InputError, match=r"warm_start\.overrides: init=a\.pth has no effect there"):
        key("warm_start.overrides=['init=a.pth']")


@pytest.mark.parametrize(
    ("words", "models", "iterations"),
    [
        (["model=real_esrnet"], ["esrgan", "rrdb_psnr"], [400_000, 1_000_000]),
        (["model=real_esrnet_from_psnr"], ["rrdb_psnr"], [1_000_000]),
        (["model=real_esrgan"], ["real_esrnet", "esrgan", "rrdb_psnr"], [1_000_000, 400_000, 1_000_000]),
        (["model=real_esrgan", "warm_start.model=real_esrnet_from_psnr"], ["real_esrnet_from_psnr", "rrdb_psnr"],
         [1_000_000, 1_000_000]),
        (["model=real_esrnet", "init=esrgan-x4"], [], []),
    ],
)  # fmt: skip
def test_real_esrnet_starts_from_esrgan(words, models, iterations):
    """As the authors' does. Each stage has the settings of its paper and the generator of the run."""
    run, *before = stages(*words)
    assert [stage.name for stage in before] == models
    assert [stage.iterations for stage in before] == iterations
    for stage in before:
        real = stage.name.startswith("real")
        assert stage.generator == run.generator
        assert stage.degradation._target_.endswith("RandomDegradation" if real else "Bicubic")
        assert (stage.data.crop, stage.data.batch_size) == ((256, 48) if real else (128, 16))
        assert ("discriminator" in stage.module) == (stage.name == "esrgan")
        if stage.name == "esrgan":
            assert stage.discriminator.crop == 128
            assert stage.weights == {"pixel": 1e-2, "perceptual": 1, "adversarial": 5e-3, "discriminator": 1}


@pytest.mark.parametrize(
    ("word", "differs"),
    [
        ("discriminator.width=8", True), ("gan=vanilla", True), ("discriminator_lr=1e-5", True),
        ("weights.adversarial=1", True), ("init_discriminator=a.pth", True), ("perceptual=after", True),
        ("log_every=7", False), ("callbacks.checkpoints.minutes=3", False),
    ],
)  # fmt: skip
def test_the_key_of_an_adversarial_stage_depends_on_its_own_discriminator(photos, word, differs):
    """And not on the discriminator of the run that starts from it."""
    words = ["model=real_esrnet", "scheduler=cosine", *photos]
    keys = [stage_key(stages(*words, *more)[1]) for more in (
        [], [f"warm_start.overrides={listed(word)}"], ["discriminator.width=8", "gan=hinge"]
    )]  # fmt: skip
    assert (keys[0] != keys[1]) == differs
    assert keys[0] == keys[2]


def test_stages_use_the_feature_network_of_the_run(photos):
    """The key of a stage depends on it only if the stage has a perceptual loss."""
    one, other = (stages("model=real_esrnet", f"features={name}", *photos)[1:] for name in ("vgg19", "embedded"))
    assert [stage.features == one[0].features for stage in other] == [False, False]
    keys = [[stage_key(stage) for stage in configs] for configs in (one, other)]
    assert keys[0][0] != keys[1][0]
    assert keys[0][1] == keys[1][1]


def test_stages_before_real_esrgan_are_trained_once_for_two_gan_losses(train, tmp_path):
    """RRDB-PSNR and ESRGAN train on bicubic low resolution, Real-ESRNet and Real-ESRGAN on degraded images."""
    esrgan = listed("warm_start.iterations=2", "discriminator.width=4")
    real_esrnet = listed("warm_start.iterations=2", "warm_start.own=[degradation]", f"warm_start.overrides={esrgan}")
    words = ["model=real_esrgan", *GAN[1:], "features=embedded", "warm_start.iterations=2",
             f"warm_start.overrides={real_esrnet}", "iterations=1"]  # fmt: skip
    run = train("run", *words)
    stages = [
        folder
        for name in ("rrdb_psnr", "esrgan", "real_esrnet")
        for folder in tmp_path.glob(f"cache/warm_starts/{name}-*")
    ]
    assert len(stages) == 3
    runs = [*stages, run]
    settings = [checkpoint(folder)["hyper_parameters"] for folder in runs]
    targets = [config["degradation"]["_target_"].rpartition(".")[2] for config in settings]
    assert targets == ["Bicubic", "Bicubic", "RandomDegradation", "RandomDegradation"]
    assert [config["usm"]["pixel"] for config in settings] == [False, False, True, True]
    assert [sorted(logged(folder, "train/adversarial")) for folder in runs] == [[], [1, 2], [], [1]]
    discriminators = [config["discriminator"]["_target_"].rpartition(".")[2] for config in settings]
    assert (discriminators[1], discriminators[3]) == ("VGGDiscriminator", "UNetDiscriminator")
    origins = [config["started_from"] and config["started_from"]["file"] for config in settings]
    assert origins == [None, *(str(stage / "checkpoints" / "last.ckpt") for stage in stages)]
    times = [(stage / "checkpoints" / "last.ckpt").stat().st_mtime_ns for stage in stages]
    train("other", *words, "gan=hinge")
    assert times == [(stage / "checkpoints" / "last.ckpt").stat().st_mtime_ns for stage in stages]
    assert len(list(tmp_path.glob("cache/warm_starts/*"))) == 3
