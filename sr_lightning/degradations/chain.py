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
        before: name of a stage -> name of the stage that it precedes, e.g. ``{"vignette": "jpeg"}``. This inserts a
            stage into a configured chain without repeating the other stages; the rest keep their order.
    Raises:
        ValueError: ``ordered`` or ``before`` names an unknown stage, or ``before`` is combined with ``shuffle``.
    """

    def __init__(
        self,
        stages: Mapping[str, Stage | None],
        shuffle: bool = False,
        ordered: Sequence[str] = (),
        before: Mapping[str, str] | None = None,
    ) -> None:
        before = before or {}
        for setting, names in (("ordered", ordered), ("before", [*before, *before.values()])):
            unknown = [name for name in names if name not in stages]
            if unknown:
                raise ValueError(f"{setting}: unknown stage {unknown[0]}; the stages are {', '.join(stages)}")
        if before and shuffle:
            raise ValueError("before: has no effect in a shuffled chain; use ordered")
        order = arrange(list(stages), before)
        self.stages = {name: stage for name in order if (stage := stages[name]) is not None}
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


def arrange(names: Sequence[str], before: Mapping[str, str]) -> list[str]:
    """Move each name in ``before`` directly in front of another one.

    Args:
        names: in their original order.
        before: name to move -> name that it precedes; applied one after the other.
    Raises:
        ValueError: a name that precedes itself.
    Example:
        >>> arrange(["blur", "jpeg", "vignette"], {"vignette": "jpeg"})
        ['blur', 'vignette', 'jpeg']
    """
    order = list(names)
    for name, following in before.items():
        if name == following:
            raise ValueError(f"before: stage {name} cannot precede itself")
        order.remove(name)
        order.insert(order.index(following), name)
    return order
