"""Adversarial training of a generator and a discriminator."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import Optimizer

from sr_lightning.data.batch import Batch
from sr_lightning.losses import Reconstruction
from sr_lightning.losses.gan import GAN
from sr_lightning.modules import tensor_groups
from sr_lightning.modules.distributed import average_gradients, broadcast_buffers
from sr_lightning.modules.lightning_compat import do_not_count, one_factor
from sr_lightning.modules.microbatches import Logits, completed
from sr_lightning.modules.optimizers import fuse
from sr_lightning.modules.restorer import Restorer

PLAYERS = ("generator", "discriminator")
LEAST = {"accumulate": 1, "discriminator_start": 0, "discriminator_every": 1, "generator_start": 0}


class AdversarialRestorer(Restorer):
    """One update of the generator and one of the discriminator per batch, by manual optimization.

    The discriminator is applied once to real and once to generated images, and both losses are computed from these
    logits, i.e. from the discriminator before its update. The gradients equal those of the usual two phases, which take
    five passes through the discriminator instead of two.

    One batch is one iteration: ``trainer.global_step`` counts updates of the generator, and those of a discriminator
    that trains alone.

    Args:
        objective: losses of (sr, hr), e.g. pixel and perceptual.
        discriminator: (B, C, H, W) -> logits.
        gan: losses of generator and discriminator.
        clip: maximum gradient norm of each network, e.g. ``{generator: 1.0}``; None: no clipping.
        accumulate: number of parts into which a batch is split to save memory. The update is that of the complete
            batch, except for batch norm, which sees one part at a time. A relativistic loss compares all images, so
            their logits are computed in an additional pass. Logged losses are those of the last part.
        discriminator_start: iterations in which the generator trains with its objective alone; until then the
            discriminator keeps its initial weights (``disc_start`` of VQGAN's code, arXiv:2012.09841).
        discriminator_every: after that, update the discriminator in every n-th iteration, the generator in all.
        discriminator_lr: learning rate of the discriminator; None: that of the generator.
        generator_start: iterations in which the discriminator trains alone, so that a pretrained generator does not
            follow an untrained discriminator.
        restorer: arguments of ``Restorer``; both networks use the same kinds of optimizer and schedule.
    Raises:
        ValueError: an unknown network in ``clip``, a number below its minimum, or both networks wait for each other.
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
    def adversarial_steps(self) -> int:
        """Number of adversarial iterations so far, this one included; computed from ``trainer.global_step`` alone."""
        return max(0, self.trainer.global_step + 1 - self.discriminator_start)

    @property
    def moving(self) -> tuple[bool, bool]:
        """Return whether this iteration updates the generator, and whether it updates the discriminator."""
        generator = self.trainer.global_step >= self.generator_start
        due = self.adversarial_steps % self.discriminator_every == 0
        return generator, self.adversarial_steps > 0 and (due or not generator)

    def training_step(self, batch: Batch, batch_idx: int) -> None:  # type: ignore[override]
        for name, own in zip(("lr", "discriminator_lr"), self.trainer.optimizers, strict=True):
            self.log_number(name, own.param_groups[0]["lr"])
        optimizers: list[LightningOptimizer] = self.optimizers()  # type: ignore[assignment]
        for optimizer in optimizers:
            optimizer.zero_grad()
        moving = self.moving
        parts = list(zip(batch.lr.chunk(self.accumulate), batch.hr.chunk(self.accumulate), strict=True))
        known = self.look_ahead(parts) if self.adversarial_steps and len(parts) > 1 and self.gan.compares else []
        for number, (lr, hr) in enumerate(parts):
            self.add_gradients(lr, hr, *moving, len(hr) / len(batch.hr), number, known)
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

    @torch.no_grad()
    def look_ahead(self, parts: Sequence[tuple[Tensor, Tensor]]) -> list[Logits]:
        """Compute the logits of all parts (lr, hr) of a batch, without changing running statistics."""
        groups = tensor_groups.by_type(self.buffers())
        kept = [tensor_groups.join(group) for group in groups]
        found = [self.discriminate(self.generator(lr), hr) for lr, hr in parts]
        for group, values in zip(groups, kept, strict=True):
            tensor_groups.spread(values, group)
        torch.clear_autocast_cache()  # torch before 2.11 caches weights that were cast without gradients
        return found

    def discriminate(self, sr: Tensor, hr: Tensor) -> Logits:
        """Return the discriminator's logits of real and generated images."""
        true = self.objective.targets(hr, ["adversarial"])["adversarial"]
        return Logits(self.discriminator(true), self.discriminator(sr))

    def add_gradients(
        self,
        lr: Tensor,
        hr: Tensor,
        generator: bool,
        discriminator: bool,
        share: float = 1.0,
        number: int = 0,
        known: Sequence[Logits] = (),
    ) -> None:
        """Accumulate the gradients of one part of the batch; each loss only reaches the parameters of its network.

        The generator may be compiled. The discriminator may not: torch.compile refuses to retain a graph (or does so
        only by chance, by its version and the order of iterations).

        Args:
            generator: compute gradients of the generator.
            discriminator: compute gradients of the discriminator.
            share: fraction of the batch in this part.
            number: index of this part.
            known: logits of all parts, for losses that compare images with each other.
        """
        with torch.set_grad_enabled(generator):
            sr = self.generator(lr)
        losses = self.objective.compare(sr, hr) if generator else {}
        if self.adversarial_steps:
            real, fake = self.discriminate(sr, hr)
            if known:
                real = completed(real, number, [each.real for each in known])
                fake = completed(fake, number, [each.fake for each in known])
            if generator:
                losses["adversarial"] = self.gan.generator(real.detach(), fake)
            against = self.total({"discriminator": self.gan.discriminator(real, fake)}, len(hr))
            self.log_dict(
                {"train/d_real": real.detach().float().mean(), "train/d_fake": fake.detach().float().mean()},
                batch_size=len(hr),
            )
        # The discriminator's loss goes first: then only the discriminator's graph is retained and traversed twice. The
        # generator's is traversed once, so its memory is freed on the way and torch.compile may reuse its buffers.
        if discriminator:
            self.manual_backward(against * share, inputs=list(self.discriminator.parameters()), retain_graph=generator)
        if generator:
            total = self.total(losses, len(hr)) * share
            self.manual_backward(total, inputs=list(self.generator.parameters()))

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Clip and log the gradient norm, after a gradient scaler has unscaled the gradients."""
        players = zip(PLAYERS, self.optimizers(use_pl_optimizer=False), strict=True)  # type: ignore[arg-type]
        name = next(name for name, own in players if own is optimizer)
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        limit = self.clip.get(name)
        norm = nn.utils.clip_grad_norm_(parameters, float("inf") if limit is None else limit)
        if all(parameter.grad is None for parameter in parameters):
            norm = torch.full_like(norm, torch.nan)  # non-finite gradients have been removed
        self.log(f"gradient_norm/{name}", norm)

    def configure_optimizers(self) -> Any:
        rate = {} if self.discriminator_lr is None else {"lr": self.discriminator_lr}
        optimizers = [
            fuse(self.optimizer(self.generator.parameters())),
            fuse(self.optimizer(self.discriminator.parameters(), **rate)),
        ]
        return optimizers, [self.scheduler(optimizer) for optimizer in optimizers]
