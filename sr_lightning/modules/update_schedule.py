"""Schedule of the updates of generator and discriminator."""

from typing import NamedTuple

MINIMUM = {"discriminator_start": 0, "discriminator_every": 1, "generator_start": 0}


class Updates(NamedTuple):
    """Networks that an iteration updates."""

    generator: bool
    discriminator: bool


class UpdateSchedule:
    """Decides which networks an iteration updates, as a function of the iteration alone.

    Iterations are counted from 0, as by ``trainer.global_step`` before the update.

    Args:
        discriminator_start: iterations in which the generator trains with its objective alone.
        discriminator_every: after that, the discriminator is updated in every n-th iteration, the generator in all.
        generator_start: iterations in which the discriminator trains alone, in each of them.
    Raises:
        ValueError: a number below its minimum, or both networks wait for each other.
    """

    def __init__(self, discriminator_start: int = 0, discriminator_every: int = 1, generator_start: int = 0) -> None:
        self.discriminator_start, self.discriminator_every = discriminator_start, discriminator_every
        self.generator_start = generator_start
        for name, minimum in MINIMUM.items():
            if getattr(self, name) < minimum:
                raise ValueError(f"{name} must be at least {minimum}, got {getattr(self, name)}")
        if discriminator_start and generator_start:
            raise ValueError("discriminator_start and generator_start: set one of them, both networks cannot wait")

    def adversarial_steps(self, iteration: int) -> int:
        """Return the number of adversarial iterations up to this one, including it."""
        return max(0, iteration + 1 - self.discriminator_start)

    def discriminator_updates(self, iteration: int) -> int:
        """Return the number of updates of the discriminator up to this iteration, including it."""
        steps = self.adversarial_steps(iteration)
        alone = min(steps, self.generator_start)
        return alone + steps // self.discriminator_every - alone // self.discriminator_every

    def updates(self, iteration: int) -> Updates:
        """Return the networks that an iteration updates."""
        steps, generator = self.adversarial_steps(iteration), iteration >= self.generator_start
        return Updates(generator, steps > 0 and (not generator or steps % self.discriminator_every == 0))
