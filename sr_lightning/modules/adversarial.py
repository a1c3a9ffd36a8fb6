"""Training of a generator against a discriminator."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from lightning import Trainer
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import Optimizer

from sr_lightning.data.batch import Batch
from sr_lightning.losses import Reconstruction
from sr_lightning.losses.adversarial import GAN
from sr_lightning.modules.fused import fuse
from sr_lightning.modules.restorer import Restorer
from sr_lightning.modules.synchronise import average_gradients, broadcast_buffers

PLAYERS = ("generator", "discriminator")
LEAST = {"accumulate": 1, "discriminator_start": 0, "discriminator_every": 1, "generator_start": 0}


class AdversarialRestorer(Restorer):
    """One update of the generator and one of the discriminator for each batch, by manual optimization.

    The discriminator sees real and generated images once, and both players' losses are computed from these logits: both
    use the discriminator of before the step. The gradients are those of the usual two phases with five passes through
    the discriminator, for two.

    One batch is one iteration: ``trainer.global_step`` counts updates of the generator, and those of a discriminator
    that trains alone.

    Args:
        objective: losses of (sr, hr), e.g. pixel and perceptual.
        discriminator: (B, C, H, W) -> logits.
        gan: the two players' losses.
        clip: largest norm of the gradient of each player, e.g. ``{generator: 1.0}``; without one it is not clipped.
        accumulate: parts into which a batch is cut; less memory, the same update but for statistics, which are then
            those of a part: batch norm's, and the means of a relativistic loss. Logged losses are of the last part.
        discriminator_start: iterations in which the generator trains by its objective alone, before the game begins;
            the discriminator waits at its first weights (``disc_start`` of VQGAN's code, arXiv:2012.09841).
        discriminator_every: of the iterations after that, each n-th updates the discriminator, and all the generator.
        discriminator_lr: learning rate of the discriminator, where it is not the generator's.
        generator_start: iterations in which the discriminator trains alone, so that a generator that is good already
            does not follow one that knows nothing.
        restorer: everything else that a Restorer takes; both players have optimizers and schedules of one kind.
    Raises:
        ValueError: an unknown player in ``clip``, a count below its least, or both players wait for each other.
    """

    objective: Reconstruction

    def __init__(
        self,
        *,
        objective: Reconstruction,
        discriminator: nn.Module,
        gan: GAN,
        clip: Mapping[str, float | None] | None = None,
        accumulate: int = 1,
        discriminator_start: int = 0,
        discriminator_every: int = 1,
        discriminator_lr: float | None = None,
        generator_start: int = 0,
        **restorer: Any,
    ) -> None:
        super().__init__(objective=objective, **restorer)
        self.automatic_optimization = False
        self.discriminator = discriminator
        self.gan = gan
        self.clip = dict(clip or {})
        if not self.clip.keys() <= set(PLAYERS):
            raise ValueError(f"clip knows {' and '.join(PLAYERS)}, got {', '.join(self.clip)}")
        self.accumulate = accumulate
        self.discriminator_start, self.discriminator_every = discriminator_start, discriminator_every
        self.discriminator_lr, self.generator_start = discriminator_lr, generator_start
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if discriminator_start and generator_start:
            raise ValueError("discriminator_start and generator_start: only one player can wait for the other")

    @property
    def played(self) -> int:
        """Iterations of the game, this one included: a function of the count of iterations and nothing else."""
        return max(0, self.trainer.global_step + 1 - self.discriminator_start)

    @property
    def moving(self) -> tuple[bool, bool]:
        """Whether this iteration updates the generator and the discriminator."""
        generator = self.trainer.global_step >= self.generator_start
        due = self.played % self.discriminator_every == 0
        return generator, self.played > 0 and (due or not generator)

    def training_step(self, batch: Batch, batch_idx: int) -> None:  # type: ignore[override]
        for name, known in zip(("lr", "discriminator_lr"), self.trainer.optimizers, strict=True):
            self.log_number(name, known.param_groups[0]["lr"])
        optimizers: list[LightningOptimizer] = self.optimizers()  # type: ignore[assignment]
        for optimizer in optimizers:
            optimizer.zero_grad()
        moving = self.moving
        for lr, hr in zip(batch.lr.chunk(self.accumulate), batch.hr.chunk(self.accumulate), strict=True):
            self.add_gradients(lr, hr, *moving, share=len(hr) / len(batch.hr))
        average_gradients(self)
        if moving[0]:
            do_not_count(optimizers[1])
        with one_factor(self.trainer):
            for optimizer, moves in zip(optimizers, moving, strict=True):
                if moves:
                    optimizer.step()
        broadcast_buffers(self)
        for scheduler in self.lr_schedulers():  # type: ignore[union-attr]
            scheduler.step()

    def add_gradients(self, lr: Tensor, hr: Tensor, generator: bool, discriminator: bool, share: float = 1.0) -> None:
        """Add the gradients of one part of the batch, each player's to its own parameters only.

        Args:
            generator: whether it gets any.
            discriminator: likewise.
            share: of this part in the batch.
        """
        with torch.set_grad_enabled(generator):
            sr = self.generator(lr)
        losses = self.objective.compare(sr, hr) if generator else {}
        if self.played:
            true = self.objective.targets(hr, ["adversarial"])["adversarial"]
            real, fake = self.discriminator(true), self.discriminator(sr)
            if generator:
                losses["adversarial"] = self.gan.generator(real.detach(), fake)
            against = self.total({"discriminator": self.gan.discriminator(real, fake)}, len(hr))
            self.log_dict(
                {"train/d_real": real.detach().float().mean(), "train/d_fake": fake.detach().float().mean()},
                batch_size=len(hr),
            )
        if generator:
            total = self.total(losses, len(hr)) * share
            self.manual_backward(total, inputs=list(self.generator.parameters()), retain_graph=discriminator)
        if discriminator:
            self.manual_backward(against * share, inputs=list(self.discriminator.parameters()))

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Clip and log the gradient's norm, after a gradient scaler has taken its factor out."""
        players = zip(PLAYERS, self.optimizers(use_pl_optimizer=False), strict=True)  # type: ignore[arg-type]
        name = next(name for name, own in players if own is optimizer)
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        limit = self.clip.get(name)
        norm = nn.utils.clip_grad_norm_(parameters, float("inf") if limit is None else limit)
        if all(parameter.grad is None for parameter in parameters):
            norm = torch.full_like(norm, torch.nan)  # they were not finite, and are gone
        self.log(f"gradient_norm/{name}", norm)

    def configure_optimizers(self) -> Any:
        rate = {} if self.discriminator_lr is None else {"lr": self.discriminator_lr}
        optimizers = [
            fuse(self.optimizer(self.generator.parameters())),
            fuse(self.optimizer(self.discriminator.parameters(), **rate)),
        ]
        return optimizers, [self.scheduler(optimizer) for optimizer in optimizers]


def do_not_count(optimizer: LightningOptimizer) -> None:
    """Keep the coming step of one optimizer out of ``trainer.global_step``.

    Lightning counts the steps of all optimizers; its counting hangs on these two hooks, which each loop installs anew.
    """
    optimizer._on_before_step = lambda: None
    optimizer._on_after_step = lambda: None


@contextmanager
def one_factor(trainer: Trainer) -> Iterator[None]:
    """Let a gradient scaler change its factor once, after the steps of both players, whose gradients have the old one.

    Lightning changes it after each step.
    """
    scaler = getattr(trainer.precision_plugin, "scaler", None)
    if scaler is None:
        yield
        return
    scaler.update = lambda: None
    try:
        yield
    finally:
        del scaler.update
    scaler.update()
