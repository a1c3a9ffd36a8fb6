"""Stages one after the other; a chain is a stage itself."""

from collections.abc import Mapping

from torch import Tensor

from sr_lightning.degradations.dice import Dice, Record
from sr_lightning.degradations.stage import Stage


class Chain:
    """Named stages, in the order of their names or in a random one.

    A record has them in the order in which they were done; those that did nothing have None.

    Args:
        stages: None leaves one out.
        shuffle: draw an order for each sample.
    """

    def __init__(self, stages: Mapping[str, Stage | None], shuffle: bool = False) -> None:
        self.stages = {name: stage for name, stage in stages.items() if stage is not None}
        self.shuffle = shuffle

    def draw(self, dice: Dice) -> Record:
        names = list(self.stages)
        if self.shuffle:
            names = dice.order(names)
        return {name: self.stages[name].draw(dice.within(name)) for name in names}

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        for name, drawn in record.items():
            if drawn is not None:
                image = self.stages[name].apply(image, drawn, size)
        return image
