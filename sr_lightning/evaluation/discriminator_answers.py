"""Answers of a discriminator on crops of photographs, and what the generator learns from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sr_lightning.callbacks.batch_norm_gap import use_batch_statistics
from sr_lightning.evaluation.photographs import Photograph
from sr_lightning.evaluation.tables import Row
from sr_lightning.visuals.crop_selection import same_place, select_squares
from sr_lightning.visuals.panels import panels

Terms = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Maps the logits of real and generated images to two scalars."""


@dataclass(frozen=True)
class Answers:
    """Crops and their logits.

    Attributes:
        real: (B, 3, side, side) in [0, 1].
        fake: generated crops of the same shape, which require gradients.
        real_logits: (B,)
        fake_logits: (B,)
    """

    real: Tensor
    fake: Tensor
    real_logits: Tensor
    fake_logits: Tensor

    def standard(self) -> tuple[Tensor, Tensor]:
        """Return the probabilities that real and generated crops are real: D(x) = sigmoid(C(x)). Shape: (B,), (B,)"""
        return self.real_logits.detach().sigmoid(), self.fake_logits.detach().sigmoid()

    def relativistic(self) -> tuple[Tensor, Tensor]:
        """Return the probabilities that crops are more real than the average of the others. Shape: (B,), (B,)

        Source:
            ESRGAN, arXiv:1809.00219, sec. 3.2.
        """
        real, fake = self.real_logits.detach(), self.fake_logits.detach()
        return (real - fake.mean()).sigmoid(), (fake - real.mean()).sigmoid()

    def picture(self, side: int = 150) -> Tensor:
        """Draw real crops above generated ones, with the logit C and both probabilities.

        Args:
            side: of each crop in the drawing, in pixels.
        Shape:
            -> (3, H, W) in [0, 1]
        """
        crops, values = [], {}
        rows = zip(("real", "generated"), (self.real, self.fake), (self.real_logits, self.fake_logits),
                   self.standard(), self.relativistic(), strict=True)  # fmt: skip
        for kind, images, logits, standard, relativistic in rows:
            for number, image in enumerate(images):
                name = f"{kind} {number + 1}"
                crops.append((name, image))
                values[name] = f"C {logits[number]:.1f}  D {standard[number]:.2f}  Ra {relativistic[number]:.2f}"
        return panels(crops, len(self.real), side, values)

    def table(self) -> list[Row]:
        """Return a row of mean answers for real and for generated crops."""
        answers = zip(("real", "generated"), (self.real_logits, self.fake_logits), self.standard(),
                      self.relativistic(), strict=True)  # fmt: skip
        return [
            {"crops": kind, "logit C": f"{logits.mean():.2f}", "standard D": f"{standard.mean():.3f}",
             "relativistic D": f"{relativistic.mean():.3f}"}
            for kind, logits, standard, relativistic in answers
        ]  # fmt: skip

    def gradients(self, terms: Terms) -> tuple[Tensor, Tensor]:
        """Return the gradients of both terms of a generator's loss with respect to the generated crops.

        Args:
            terms: such as ``relativistic_terms``.
        Shape:
            -> two tensors (B, 3, side, side)
        """
        zero = torch.zeros_like(self.fake)
        first, second = (
            torch.autograd.grad(term, self.fake, retain_graph=True)[0] if term.requires_grad else zero
            for term in terms(self.real_logits, self.fake_logits)
        )
        return first, second


def ask_discriminator(
    discriminator: nn.Module, photographs: Sequence[Photograph], outputs: Sequence[Tensor], count: int = 3
) -> Answers:
    """Evaluate a discriminator on real and generated crops of the same places, where the photographs have most edges.

    As in training, real and generated crops are separate batches, and batch norm uses the statistics of each.

    Args:
        discriminator: for crops of side ``crop`` if it has this attribute, else 96.
        photographs: source of the real crops.
        outputs: one generated image per photograph, (3, H, W).
        count: crops per photograph, at most.
    """
    real, fake = [], []
    for photograph, output in zip(photographs, outputs, strict=True):
        width = photograph.hr.shape[-1]
        for square in select_squares([photograph.hr], getattr(discriminator, "crop", 96), count):
            real.append(same_place(square, photograph.hr, width))
            fake.append(same_place(square, output, width))
    generated = torch.stack(fake).detach().requires_grad_()
    with use_batch_statistics(discriminator):
        logits = [discriminator(images).flatten(1).mean(1) for images in (torch.stack(real), generated)]
    return Answers(torch.stack(real), generated, logits[0], logits[1])
