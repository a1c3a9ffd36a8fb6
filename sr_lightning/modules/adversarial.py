"""Adversarial training of a generator and a discriminator."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from sr_lightning.data.batch import Batch
from sr_lightning.losses import Reconstruction
from sr_lightning.losses.gan import GAN
from sr_lightning.losses.regularizers import Regularizer, discriminator_context
from sr_lightning.modules import tensor_groups
from sr_lightning.modules.distributed import average_gradients, broadcast_buffers
from sr_lightning.modules.lightning_compat import exclude_from_global_step, lightning_optimizers, one_scaler_update
from sr_lightning.modules.microbatches import Logits, Part, complete, split
from sr_lightning.modules.optimizers import fuse
from sr_lightning.modules.restorer import Restorer
from sr_lightning.modules.update_schedule import Updates, UpdateSchedule
from sr_lightning.system.torch_compat import allow_schedule_before_step

NETWORKS = ("generator", "discriminator")


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
        regularizer: additional loss of the discriminator, e.g. R1, computed in a separate pass in float32, with the
            weight of the discriminator's loss; None: no regularizer.
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
        regularizer: Regularizer | None = None,
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
        self.regularizer = regularizer
        self.clip = dict(clip or {})
        if not self.clip.keys() <= set(NETWORKS):
            raise ValueError(f"clip: set {' or '.join(NETWORKS)}, got {', '.join(self.clip)}")
        if accumulate < 1:
            raise ValueError(f"accumulate must be at least 1, got {accumulate}")
        self.accumulate = accumulate
        self.discriminator_lr = discriminator_lr
        self.update_schedule = UpdateSchedule(discriminator_start, discriminator_every, generator_start)

    @property
    def adversarial_steps(self) -> int:
        """Number of adversarial iterations so far, including the current one."""
        return self.update_schedule.adversarial_steps(self.trainer.global_step)

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        for name, own in zip(("lr", "discriminator_lr"), self.trainer.optimizers, strict=True):
            self.log_number(name, own.param_groups[0]["lr"])
        optimizers = lightning_optimizers(self)
        for optimizer in optimizers:
            optimizer.zero_grad()
        updates = self.update_schedule.updates(self.trainer.global_step)
        parts = split(batch.lr, batch.hr, self.accumulate)
        needs_batch = self.adversarial_steps and len(parts) > 1 and self.gan.compares
        batch_logits = self.logits_without_gradients(parts) if needs_batch else []
        for part in parts:
            self.add_gradients(part, updates, batch_logits)
        average_gradients(self)
        if updates.generator:
            exclude_from_global_step(optimizers[1])
        with one_scaler_update(self.trainer):
            for optimizer, update in zip(optimizers, updates, strict=True):
                if update:
                    optimizer.step()
        broadcast_buffers(self)
        for config in self.trainer.lr_scheduler_configs:
            allow_schedule_before_step(config.scheduler.optimizer)  # of a network that is not trained yet
            self.lr_scheduler_step(config.scheduler, None)

    @torch.no_grad()
    def logits_without_gradients(self, parts: Sequence[Part]) -> list[Logits]:
        """Compute the logits of all parts of a batch, without changing running statistics."""
        with tensor_groups.restored(self.buffers()):
            logits = [self.discriminate(self.generator(part.lr), self.real_images(part.hr)) for part in parts]
        torch.clear_autocast_cache()  # torch before 2.11 caches weights that were cast without gradients
        return logits

    def real_images(self, hr: Tensor) -> Tensor:
        """Return what the discriminator sees as real: hr, or hr sharpened by unsharp masking."""
        return self.objective.targets(hr, ["adversarial"])["adversarial"]

    def discriminate(self, sr: Tensor, real: Tensor) -> Logits:
        """Return the discriminator's logits of real and of generated images."""
        return Logits(self.discriminator(real), self.discriminator(sr))

    def add_gradients(self, part: Part, updates: Updates, batch_logits: Sequence[Logits] = ()) -> None:
        """Accumulate the gradients of one part of the batch; each loss only reaches the parameters of its network.

        The generator may be compiled. The discriminator may not: torch.compile refuses to retain a graph (or does so
        only by chance, by its version and the order of iterations).

        Args:
            part: images of this part.
            updates: networks whose gradients are computed.
            batch_logits: logits of all parts, for losses that compare images with each other.
        """
        with torch.set_grad_enabled(updates.generator):
            sr = self.generator(part.lr)
        losses = self.objective.compare(sr, part.hr) if updates.generator else {}
        if self.adversarial_steps:
            logits = self.discriminate(sr, self.real_images(part.hr))
            if batch_logits:
                logits = complete(logits, part.number, batch_logits)
            if updates.generator:
                losses["adversarial"] = self.gan.generator(logits.real.detach(), logits.fake)
            discriminator_loss = self.discriminator_loss(logits, len(part.hr))
        # The discriminator's loss goes first: then only the discriminator's graph is retained and traversed twice. The
        # generator's is traversed once, so its memory is freed on the way and torch.compile may reuse its buffers.
        if updates.discriminator:
            self.manual_backward(
                discriminator_loss * part.share,
                inputs=list(self.discriminator.parameters()),
                retain_graph=updates.generator,
            )
            self.add_regularizer_gradients(part, sr)
        if updates.generator:
            total = self.total(losses, len(part.hr)) * part.share
            self.manual_backward(total, inputs=list(self.generator.parameters()))

    def discriminator_loss(self, logits: Logits, batch_size: int) -> Tensor:
        """Return the weighted loss of the discriminator; log it and the mean logits."""
        loss = self.total({"discriminator": self.gan.discriminator(*logits)}, batch_size)
        means = {f"train/d_{name}": value.detach().float().mean() for name, value in logits._asdict().items()}
        self.log_dict(dict(means), batch_size=batch_size)
        return loss

    def add_regularizer_gradients(self, part: Part, sr: Tensor) -> None:
        """Accumulate the gradients of the regularizer, if it is due in this update of the discriminator."""
        regularizer, count = self.regularizer, self.update_schedule.discriminator_updates(self.trainer.global_step)
        if regularizer is None or count % regularizer.every:
            return
        context = discriminator_context(self.discriminator, self.real_images(part.hr), sr)
        with torch.autocast(self.device.type, enabled=False):  # for the operations of both backward passes too
            loss = regularizer(context)
            factor = self.weights["discriminator"] * regularizer.every * part.share
            self.manual_backward(factor * loss, inputs=list(self.discriminator.parameters()))
        self.record_losses({"regularizer": loss}, len(part.hr))

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Clip and log the gradient norm, after a gradient scaler has unscaled the gradients."""
        networks = zip(NETWORKS, self.trainer.optimizers, strict=True)
        name = next(name for name, own in networks if own is optimizer)
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
