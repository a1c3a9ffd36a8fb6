"""Stages one after the other; a chain is a stage itself."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from sr_lightning.degradations.random_draws import Dice, Record
from sr_lightning.degradations.stage import Stage


class Chain:
    """Named stages, in the order of their names or in a random one.

    A record has them in the order in which they were done; those that did nothing have None.

    Args:
        stages: None leaves one out.
        shuffle: draw an order for each sample.
        ordered: stages that have this order among themselves all the same.
    Raises:
        ValueError: an order of stages that there are not.
    """

    def __init__(self, stages: Mapping[str, Stage | None], shuffle: bool = False, ordered: Sequence[str] = ()) -> None:
        unknown = [name for name in ordered if name not in stages]
        if unknown:
            raise ValueError(f"ordered knows {', '.join(stages)}, got {unknown[0]}")
        self.stages = {name: stage for name, stage in stages.items() if stage is not None}
        self.shuffle = shuffle
        self.ordered = [name for name in ordered if name in self.stages]

    def draw(self, dice: Dice) -> Record:
        names = list(self.stages)
        if self.shuffle:
            following = iter(self.ordered)
            names = [next(following) if name in self.ordered else name for name in dice.order(names)]
        return {name: self.stages[name].draw(dice.within(name)) for name in names}

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        for name, drawn in record.items():
            if drawn is not None:
                image = self.stages[name].apply(image, drawn, size)
        return image
