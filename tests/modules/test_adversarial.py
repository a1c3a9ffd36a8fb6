"""Adversarial training: gradients equal those of two separate phases, and iterations are counted once."""

import copy
from functools import partial

import pytest
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.plugins import MixedPrecision
from torch import nn

from sr_lightning.data.batch import Batch
from sr_lightning.discriminators import UNetDiscriminator, VGGDiscriminator
from sr_lightning.losses import R1, Hinge, LeastSquares, Reconstruction, Relativistic, Vanilla
from sr_lightning.losses.regularizers import discriminator_context
from sr_lightning.modules import AdversarialRestorer
from sr_lightning.modules.microbatches import split
from sr_lightning.ops.unsharp_mask import unsharp_mask
from tests.support.adversarial import WEIGHTS, batches, fit, restorer

GANS = [Vanilla, Relativistic, Hinge, LeastSquares]


def two_phases(module: AdversarialRestorer, batch: Batch) -> tuple[dict, dict]:
    """Compute the gradients in two phases, each with its own forward passes; the discriminator's on detached sr."""
    generator, discriminator = copy.deepcopy(module.generator), copy.deepcopy(module.discriminator)
    sr = generator(batch.lr)
    pixel = module.objective.compare(sr, batch.hr)["pixel"]
    with torch.no_grad():
        real = discriminator(batch.hr)
    adversarial = module.gan.generator(real, discriminator(sr))
    (WEIGHTS["pixel"] * pixel + WEIGHTS["adversarial"] * adversarial).backward()
    discriminator.zero_grad()
    loss = module.gan.discriminator(discriminator(batch.hr), discriminator(sr.detach()))
    (WEIGHTS["discriminator"] * loss).backward()
    return tuple({name: p.grad for name, p in part.named_parameters()} for part in (generator, discriminator))


@pytest.mark.parametrize("gan", GANS)
@pytest.mark.parametrize("norm", [nn.Identity, nn.BatchNorm2d])
def test_one_forward_pass_gives_the_gradients_of_two_phases(gan, norm):
    module = restorer(gan=gan(), discriminator=VGGDiscriminator(16, width=4, norm=norm))
    (batch,) = batches(1)
    expected = two_phases(module, batch)
    before = copy.deepcopy(module)
    logged = fit(module, [batch]).callback_metrics
    for network, gradients in zip(("generator", "discriminator"), expected, strict=True):
        old = dict(getattr(before, network).named_parameters())
        for name, new in getattr(module, network).named_parameters():
            torch.testing.assert_close((old[name] - new) / 0.1, gradients[name], rtol=1e-4, atol=1e-6)
        norm = torch.cat([gradient.flatten() for gradient in gradients.values()]).norm()
        torch.testing.assert_close(logged[f"gradient_norm/{network}"], norm, rtol=1e-4, atol=1e-6)
    real, fake = before.discriminator(batch.hr), before.discriminator(before.generator(batch.lr))
    torch.testing.assert_close([logged["train/d_real"], logged["train/d_fake"]], [real.mean(), fake.mean()])


@pytest.mark.parametrize(
    ("loss", "network"), [("pixel", "generator"), ("adversarial", "generator"), ("discriminator", "discriminator")]
)
def test_each_loss_updates_its_network_only(loss, network):
    module = restorer(weights=dict.fromkeys(WEIGHTS, 0.0) | {loss: 1.0})
    before = copy.deepcopy(module)
    fit(module, batches(1))
    moved = {name for name, value in module.named_parameters() if not torch.equal(value, before.get_parameter(name))}
    assert moved
    assert all(name.startswith(f"{network}.") for name in moved)


def test_iterations_count_updates_of_the_generator():
    """Two optimizers step and one is counted; both schedules advance once per iteration."""
    module = restorer()
    trainer = fit(module, batches(3))
    assert trainer.global_step == 3
    assert [optimizer.param_groups[0]["lr"] for optimizer in trainer.optimizers] == pytest.approx([0.01, 0.01])
    assert all(config.scheduler.last_epoch == 3 for config in trainer.lr_scheduler_configs)


@pytest.mark.parametrize("gan", GANS)
@pytest.mark.parametrize(("precision", "tolerance"), [("32-true", 1e-6), ("bf16-mixed", 1e-3)])
def test_accumulated_parts_give_the_update_of_the_batch(gan, precision, tolerance):
    """Also if the loss compares images of both parts."""
    batch, halves = restorer(gan=gan()), restorer(gan=gan(), accumulate=2)
    for module in (batch, halves):
        fit(module, batches(2), precision=precision)
    for one, two in zip(batch.parameters(), halves.parameters(), strict=True):
        torch.testing.assert_close(one, two, rtol=10 * tolerance, atol=tolerance)


def test_logits_without_gradients_change_no_running_statistics():
    module = restorer(discriminator=UNetDiscriminator(width=4), gan=Relativistic(), accumulate=2)
    before = copy.deepcopy(module.state_dict())
    parts = split(*batches(1)[0][:2], 2)
    logits = module.logits_without_gradients(parts)
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name]), name
    for part, expected in zip(parts, logits, strict=True):
        real, fake = module.discriminate(module.generator(part.lr), part.hr)
        torch.testing.assert_close((real.detach(), fake.detach()), tuple(expected))


@pytest.mark.parametrize("accumulate", [3, 9])
def test_parts_of_a_batch_are_weighted_by_their_size(accumulate):
    """Four crops in three parts are split into two and two, in nine parts into four single ones."""
    batch, parts = restorer(), restorer(accumulate=accumulate)
    for module in (batch, parts):
        fit(module, batches(1))
    for one, two in zip(batch.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-5, atol=1e-6)


def half_precision(**settings) -> MixedPrecision:
    return MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", **settings))


def test_a_gradient_scaler_is_updated_once_for_both_networks():
    """A scale that grows in every iteration changes no gradient, and grows once for the two steps."""
    growing = half_precision(init_scale=2.0**4, growth_interval=1)
    fixed = half_precision(init_scale=2.0**4)
    modules = [restorer(), restorer()]
    for module, precision in zip(modules, (growing, fixed), strict=True):
        fit(module, batches(2), plugins=[precision])
    assert growing.scaler.get_scale() == 2.0**6
    for one, two in zip(*(module.parameters() for module in modules), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("precision", [[], [half_precision(init_scale=2.0**16)]])
def test_each_network_has_its_own_clipping_limit(precision):
    """Applied after a gradient scaler has unscaled the gradients."""
    limits = {"generator": 1e-3, "discriminator": 1e-4}
    module = restorer(clip=limits, weights=dict.fromkeys(WEIGHTS, 1e-2))
    before = copy.deepcopy(module)
    trainer = fit(module, batches(1), plugins=precision)
    for network, limit in limits.items():
        steps = [new - old for new, old in zip(getattr(module, network).parameters(),
                                               getattr(before, network).parameters(), strict=True)]  # fmt: skip
        norm = torch.cat([step.flatten() for step in steps]).norm() / 0.1
        assert norm.item() == pytest.approx(limit, rel=1e-2)
        assert trainer.callback_metrics[f"gradient_norm/{network}"] > limit  # the norm before clipping


@pytest.mark.parametrize("schedule", [{"discriminator_every": 2}, {"discriminator_start": 1}, {"generator_start": 1}])
def test_a_compiled_generator_trains_like_an_uncompiled_one(schedule):
    """Also if not every iteration updates both networks.

    torch.compile decides in the first iteration whether backward may overwrite saved activations, and refuses to keep
    them for a second pass afterwards.
    """
    modules = restorer(**schedule), restorer(**schedule)
    modules[1].generator.compile(backend="aot_eager")
    for module in modules:
        fit(module, batches(4))
    for one, two in zip(*(module.parameters() for module in modules), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-5, atol=1e-6)


def test_a_discriminator_with_spectral_norm_trains():
    module = restorer(discriminator=UNetDiscriminator(width=4), gan=Relativistic())
    before = copy.deepcopy(module)
    trainer = fit(module, batches(2))
    assert trainer.callback_metrics["train/adversarial"].isfinite()
    pairs = zip(module.discriminator.parameters(), before.discriminator.parameters(), strict=True)
    assert any(not torch.equal(new, old) for new, old in pairs)


class RecordUpdates(Callback):
    """Records the networks whose parameters each iteration changes."""

    def on_train_start(self, trainer, pl_module):
        self.updates, self.last = [], copy.deepcopy(dict(pl_module.named_parameters()))

    def on_train_batch_end(self, trainer, pl_module, *_):
        now = copy.deepcopy(dict(pl_module.named_parameters()))
        self.updates.append(
            {name.split(".")[0] for name, value in now.items() if not torch.equal(value, self.last[name])}
        )
        self.last = now


def test_the_discriminator_starts_late_and_is_updated_in_every_nth_iteration():
    record = RecordUpdates()
    trainer = fit(restorer(discriminator_start=2, discriminator_every=2), batches(6), callbacks=[record])
    alone, both = {"generator"}, {"generator", "discriminator"}
    assert record.updates == [alone, alone, alone, both, alone, both]
    assert trainer.global_step == 6


def test_the_generator_starts_late():
    """Until then each iteration updates the discriminator and is counted."""
    record = RecordUpdates()
    module = restorer(generator_start=3, discriminator_every=2)
    trainer = fit(module, batches(6), callbacks=[record])
    alone, both = {"discriminator"}, {"generator", "discriminator"}
    assert record.updates == [alone, alone, alone, both, {"generator"}, both]
    assert trainer.global_step == 6
    assert all(config.scheduler.last_epoch == 6 for config in trainer.lr_scheduler_configs)


def test_a_discriminator_that_trains_alone_learns_as_against_a_fixed_generator():
    """The fixed generator has a learning rate of practically zero."""
    alone, against_fixed = restorer(generator_start=9), restorer(optimizer=partial(torch.optim.SGD, lr=1e-30))
    against_fixed.discriminator_lr = 0.1
    for module in (alone, against_fixed):
        fit(module, batches(2))
    for one, two in zip(alone.parameters(), against_fixed.parameters(), strict=True):
        torch.testing.assert_close(one, two)


def test_the_discriminator_has_its_own_learning_rate():
    """Both learning rates follow the same schedule."""
    trainer = fit(restorer(discriminator_lr=0.4), batches(3))
    logged = [trainer.callback_metrics[name].item() for name in ("lr", "discriminator_lr")]
    assert logged == pytest.approx([0.01, 0.04])  # of the third iteration, after the milestone
    assert [optimizer.param_groups[0]["lr"] for optimizer in trainer.optimizers] == pytest.approx([0.01, 0.04])


def test_before_the_discriminator_starts_only_the_objective_trains_the_generator():
    """The discriminator stays unchanged, running statistics included."""
    early = restorer(discriminator_start=2, discriminator=VGGDiscriminator(16, width=4, norm=nn.BatchNorm2d))
    plain, initial = restorer(weights=WEIGHTS | {"adversarial": 0.0}), copy.deepcopy(early.discriminator.state_dict())
    for module in (early, plain):
        fit(module, batches(2))
    assert all(torch.equal(value, initial[name]) for name, value in early.discriminator.state_dict().items())
    for one, two in zip(early.generator.parameters(), plain.generator.parameters(), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clip": {"critic": 1}}, "critic"),
        ({"accumulate": 0}, "accumulate must be at least 1, got 0"),
        ({"discriminator_start": -1}, "discriminator_start must be at least 0, got -1"),
        ({"discriminator_every": 0}, "discriminator_every must be at least 1, got 0"),
        ({"generator_start": -1}, "generator_start must be at least 0, got -1"),
        ({"generator_start": 1, "discriminator_start": 1}, "both networks cannot wait"),
    ],
)
def test_invalid_settings_are_rejected(changes, message):
    with pytest.raises(ValueError, match=message):
        restorer(**changes)


@pytest.mark.parametrize("sharpened", [set(), {"pixel"}, {"adversarial"}, {"pixel", "adversarial"}])
def test_usm_sharpens_the_targets_of_the_named_losses(sharpened):
    """Of the terms of the objective, and the images that the discriminator sees as real."""
    module = restorer(
        objective=Reconstruction(usm=dict.fromkeys(sharpened, True), pixel=nn.L1Loss(), other=nn.L1Loss())
    )
    module.weights["other"] = 0.0
    batch = Batch(torch.rand(2, 3, 8, 8), torch.rand(2, 3, 16, 16), torch.arange(2))
    seen = []
    module.discriminator.register_forward_pre_hook(lambda _, images: seen.append(images[0]))
    fit(module, [batch])
    sharp = unsharp_mask(batch.hr)
    assert (sharp - batch.hr).abs().max() > 0.1
    torch.testing.assert_close(seen[0], sharp if "adversarial" in sharpened else batch.hr)
    losses, zero = module.objective.compare(torch.zeros(2, 3, 16, 16), batch.hr), batch.hr.mean()
    torch.testing.assert_close(losses["pixel"], sharp.mean() if "pixel" in sharpened else zero)
    torch.testing.assert_close(losses["other"], zero)


def shallow() -> nn.Module:
    """Return a discriminator with larger gradients than those of a narrow and deep one."""
    torch.manual_seed(2)
    return nn.Sequential(nn.Conv2d(3, 8, 3, stride=4), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(8 * 16, 1))


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed", "16-mixed"])
def test_a_regularizer_is_added_to_the_loss_of_the_discriminator(precision):
    """In float32 at every precision, with the discriminator's weight; the generator's update does not change."""

    def settings():
        half = precision == "16-mixed"
        return {"plugins": [half_precision(init_scale=2.0**4)]} if half else {"precision": precision}

    plain, regularized = (restorer(discriminator=shallow(), regularizer=each) for each in (None, R1(gamma=10)))
    discriminator, (batch,) = copy.deepcopy(plain.discriminator), batches(1)
    penalty = R1(gamma=10)(discriminator_context(discriminator, batch.hr, batch.hr))
    gradients = torch.autograd.grad(WEIGHTS["discriminator"] * penalty, discriminator.parameters(), allow_unused=True)
    fit(plain, [batch], **settings())
    logged = fit(regularized, [batch], **settings()).callback_metrics
    torch.testing.assert_close(logged["train/regularizer"], penalty.detach())
    assert max(gradient.abs().max() for gradient in gradients if gradient is not None) > 1e-3
    pairs = zip(plain.discriminator.parameters(), regularized.discriminator.parameters(), strict=True)
    for (one, two), gradient in zip(pairs, gradients, strict=True):
        change = torch.zeros_like(one) if gradient is None else gradient
        torch.testing.assert_close(one - two, 0.1 * change, rtol=1e-4, atol=1e-6)
    for one, two in zip(plain.generator.parameters(), regularized.generator.parameters(), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize(("precision", "tolerance"), [("32-true", 1e-6), ("bf16-mixed", 1e-3)])
@pytest.mark.parametrize("gan", [Vanilla, Relativistic])
def test_accumulated_parts_are_regularized_like_the_batch(gan, precision, tolerance):
    batch, parts = (
        restorer(discriminator=shallow(), gan=gan(), regularizer=R1(), accumulate=count) for count in (1, 3)
    )
    for module in (batch, parts):
        fit(module, batches(2), precision=precision)
    for one, two in zip(batch.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(one, two, rtol=10 * tolerance, atol=tolerance)


class LastBias:
    """A regularizer whose gradient is 1 for the last bias of the discriminator; counts its calls."""

    def __init__(self, discriminator, every):
        self.bias, self.every, self.calls = discriminator.dense[-1].bias, every, 0

    def __call__(self, context):
        self.calls += 1
        return self.bias.sum()


@pytest.mark.parametrize(("count", "difference"), [(1, 0.0), (2, 0.4), (3, 0.4)])
def test_a_lazy_regularizer_is_multiplied_by_its_interval(count, difference):
    """In every second update, by 2, beside the discriminator's weight of 2 and the learning rate of 0.1.

    The hinge loss is linear in the logits here, so the gradient of the bias does not depend on the bias.
    """
    biases = []
    for lazy in (False, True):
        module = restorer(gan=Hinge(), scheduler=partial(torch.optim.lr_scheduler.ConstantLR, factor=1.0))
        module.regularizer = LastBias(module.discriminator, every=2) if lazy else None
        fit(module, batches(count))
        biases.append(module.discriminator.dense[-1].bias.item())
        assert not lazy or module.regularizer.calls == count // 2
    assert biases[0] - biases[1] == pytest.approx(difference, abs=1e-6)


def test_a_regularizer_skips_iterations_that_do_not_update_the_discriminator():
    module = restorer(discriminator_start=1, discriminator_every=2)
    module.regularizer = LastBias(module.discriminator, every=1)
    fit(module, batches(6))
    assert module.regularizer.calls == 2
