"""A sequence of stages."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from sr_lightning.degradations.random_draws import Record, SampleRNG
from sr_lightning.degradations.stage import Stage


class Chain:
    """Apply named stages in order, or in an order drawn per sample; a chain is itself a stage.

    A record maps the name of each stage to its record, in the order of application; None marks a skipped stage.

    Args:
        stages: name -> stage; None removes a stage.
        shuffle: draw the order for each sample.
        ordered: names of stages that keep this relative order when shuffled.
    Raises:
        ValueError: ``ordered`` names an unknown stage.
    """

    def __init__(self, stages: Mapping[str, Stage | None], shuffle: bool = False, ordered: Sequence[str] = ()) -> None:
        unknown = [name for name in ordered if name not in stages]
        if unknown:
            raise ValueError(f"ordered: unknown stage {unknown[0]}; the stages are {', '.join(stages)}")
        self.stages = {name: stage for name, stage in stages.items() if stage is not None}
        self.shuffle = shuffle
        self.ordered = [name for name in ordered if name in self.stages]

    def draw(self, rng: SampleRNG) -> Record:
        names = list(self.stages)
        if self.shuffle:
            in_order = iter(self.ordered)
            names = [next(in_order) if name in self.ordered else name for name in rng.permutation(names)]
        return {name: self.stages[name].draw(rng.for_stage(name)) for name in names}

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        for name, parameters in record.items():
            if parameters is not None:
                image = self.stages[name].apply(image, parameters, size)
        return image
