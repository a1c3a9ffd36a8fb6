"""The images between the stages of a degradation."""

from collections.abc import Iterator

from torch import Tensor

from sr_lightning.degradations.chain import Chain
from sr_lightning.degradations.random_draws import Record


def steps(chain: Chain, image: Tensor, record: Record, size: tuple[int, int]) -> Iterator[tuple[str, Tensor]]:
    """Yield the name of each applied stage and the image after it; chains inside the chain are entered.

    The last image equals ``chain.apply(image, record, size)``. Skipped stages are left out.

    Args:
        chain: of stages, e.g. ``RandomDegradation.chain``.
        image: HR.
        record: drawn parameters of all stages.
        size: height and width of the final LR image.
    Shape:
        image (C, H, W) -> images (C, h, w) of varying size, in [0, 1]
    """
    for name, parameters in record.items():
        stage = chain.stages[name]
        if parameters is None:
            continue
        if isinstance(stage, Chain):
            for inner, after in steps(stage, image, parameters, size):
                image = after
                yield inner, after
        else:
            image = stage.apply(image, parameters, size)
            yield name.replace("_", " "), image
